-- name: all_registries
SELECT url FROM registries ORDER BY url;

-- name: spans_of_tag
SELECT t.since, t.until FROM tags t
JOIN repositories r ON r.id = t.repository_id
JOIN registries g ON g.id = r.registry_id
WHERE g.url = :registry AND r.name = :repository AND t.name = :tag
ORDER BY t.since;

-- name: feed_demand
SELECT feed, COUNT(*) FROM package_versions WHERE feed <> '' GROUP BY feed ORDER BY feed;

-- name: feed_sizes
SELECT feed, COUNT(DISTINCT advisory_id) FROM affected GROUP BY feed;

-- name: records_by_name
-- Records that an id (in lower case) names, with the spelling that the source uses.
SELECT DISTINCT n.name, a.osv_id, a.withdrawn, a.body
FROM advisory_names n JOIN advisories a ON a.id = n.advisory_id
WHERE lower(n.name) IN (SELECT lower(value) FROM json_each(:names))
ORDER BY a.osv_id, n.name;

-- name: findings_naming
-- Findings in whose JSON one of the ids stands; the patterns hold the ids as JSON texts.
SELECT package_version_id, finding FROM findings f
WHERE EXISTS (SELECT 1 FROM json_each(:patterns) p WHERE f.finding LIKE p.value ESCAPE '!');

-- name: components_of_versions
SELECT c.id, c.package_version_id FROM json_each(:ids) v
JOIN components c ON c.package_version_id = v.value;

-- name: components_by_purl
-- A coarse choice: the caller takes the purls apart.
SELECT id, purl, version FROM components
WHERE purl LIKE :prefix ESCAPE '!' AND purl LIKE :name ESCAPE '!';

-- name: places_of_components
-- One row for each layer of an image that has one of the components (a JSON list of ids).
SELECT ml.manifest_id, ml.layer_id, ml.created_by, c.id, sc.path
FROM json_each(:components) j
JOIN components c ON c.id = j.value
JOIN set_components sc ON sc.component_id = c.id
JOIN manifest_layers ml ON ml.set_id = sc.set_id;

-- name: components_named
SELECT id, package_version_id, name, version, purl, package FROM components
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: layers_named
SELECT id, digest, diff_id FROM layers WHERE id IN (SELECT value FROM json_each(:ids));

-- name: manifests_named
-- With whether a tag points to it now, and whether any ever did.
SELECT m.id, m.digest, m.platform,
    EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id AND t.until IS NULL)
        OR EXISTS (SELECT 1 FROM index_children i JOIN tags t ON t.manifest_id = i.index_id
                   WHERE i.manifest_id = m.id AND t.until IS NULL),
    EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id)
        OR EXISTS (SELECT 1 FROM index_children i JOIN tags t ON t.manifest_id = i.index_id
                   WHERE i.manifest_id = m.id)
FROM json_each(:ids) j JOIN manifests m ON m.id = j.value;

-- name: tags_of_manifests
SELECT t.manifest_id, g.url, r.name, t.name
FROM json_each(:ids) j
JOIN tags t ON t.manifest_id = j.value AND t.until IS NULL
JOIN repositories r ON r.id = t.repository_id
JOIN registries g ON g.id = r.registry_id
UNION
SELECT i.manifest_id, g.url, r.name, t.name
FROM json_each(:ids) j
JOIN index_children i ON i.manifest_id = j.value
JOIN tags t ON t.manifest_id = i.index_id AND t.until IS NULL
JOIN repositories r ON r.id = t.repository_id
JOIN registries g ON g.id = r.registry_id
ORDER BY 2, 3, 1, 4;

-- name: current_manifests
-- State and reason of what is no known non-image, unless tags pointed to it once and none does now.
SELECT m.state, m.reason, m.problems <> '[]', COUNT(*)
FROM manifests m
WHERE m.state <> 'not_an_image'
  AND (NOT (EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id)
            OR EXISTS (SELECT 1 FROM index_children i JOIN tags t ON t.manifest_id = i.index_id
                       WHERE i.manifest_id = m.id))
       OR EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id AND t.until IS NULL)
       OR EXISTS (SELECT 1 FROM index_children i JOIN tags t ON t.manifest_id = i.index_id
                  WHERE i.manifest_id = m.id AND t.until IS NULL))
GROUP BY 1, 2, 3;

-- name: unjudged_packages
-- Package versions without a verdict in the images of current_manifests.
SELECT pv.feed, pv.state, pv.reason, COUNT(*)
FROM package_versions pv
WHERE pv.state <> 'matched' AND EXISTS (
    SELECT 1 FROM components c
    JOIN set_components sc ON sc.component_id = c.id
    JOIN manifest_layers ml ON ml.set_id = sc.set_id
    WHERE c.package_version_id = pv.id
      AND (EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = ml.manifest_id AND t.until IS NULL)
           OR EXISTS (SELECT 1 FROM index_children i JOIN tags t ON t.manifest_id = i.index_id
                      WHERE i.manifest_id = ml.manifest_id AND t.until IS NULL)
           OR NOT (EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = ml.manifest_id)
                   OR EXISTS (SELECT 1 FROM index_children i JOIN tags t ON t.manifest_id = i.index_id
                              WHERE i.manifest_id = ml.manifest_id))))
GROUP BY pv.feed, pv.state, pv.reason
ORDER BY 4 DESC, 1, 3;

-- name: deliveries_of_ids
SELECT id, endpoint FROM deliveries WHERE id IN (SELECT value FROM json_each(:ids));

-- name: endpoints_with_dead
SELECT DISTINCT endpoint FROM deliveries WHERE state = 'dead' ORDER BY endpoint;
