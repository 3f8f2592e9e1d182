-- name: findings_apart
-- What both images have in the same place has the same findings there. They matter only for packages of which
-- one of the images has another version, or one more.
WITH had AS (SELECT DISTINCT set_id FROM manifest_layers WHERE manifest_id = :old),
has AS (SELECT DISTINCT set_id FROM manifest_layers WHERE manifest_id = :new),
own_sets AS (
    SELECT set_id, 'old' AS side FROM had WHERE set_id NOT IN (SELECT set_id FROM has)
    UNION ALL
    SELECT set_id, 'new' FROM has WHERE set_id NOT IN (SELECT set_id FROM had)
),
placed AS MATERIALIZED (
    SELECT sc.component_id, sc.path, CASE WHEN MIN(o.side) = MAX(o.side) THEN o.side ELSE 'both' END AS side
    FROM own_sets o
    CROSS JOIN set_components sc ON sc.set_id = o.set_id
    GROUP BY sc.component_id, sc.path
),
names AS MATERIALIZED (
    SELECT DISTINCT c.name FROM placed p CROSS JOIN components c ON c.id = p.component_id WHERE p.side <> 'both'
),
told AS (
    SELECT component_id, path, side FROM placed
    UNION ALL
    SELECT sc.component_id, sc.path, 'both'
    FROM had CROSS JOIN set_components sc ON sc.set_id = had.set_id
    WHERE had.set_id IN (SELECT set_id FROM has) AND EXISTS (SELECT 1 FROM names)
)
SELECT t.side, c.name, c.version, t.path, c.purl, c.package, f.finding
FROM told t
CROSS JOIN components c ON c.id = t.component_id AND c.name IN (SELECT name FROM names)
CROSS JOIN findings f ON f.package_version_id = c.package_version_id
ORDER BY c.name, c.version, f.id, t.path;

-- name: undecided_of_manifest
-- Mostly nothing is pending anywhere, which an index tells at once.
SELECT CASE WHEN EXISTS (
    SELECT 1 FROM package_versions WHERE state IN ('pending', 'again') AND state = 'pending'
) THEN (
    SELECT COUNT(*)
    FROM manifest_layers ml
    JOIN set_components sc ON sc.set_id = ml.set_id
    JOIN components c ON c.id = sc.component_id
    JOIN package_versions pv ON pv.id = c.package_version_id
    WHERE ml.manifest_id = :manifest_id AND pv.state = 'pending'
) ELSE 0 END;

-- name: severities_by_set
-- CROSS JOIN has SQLite go through the sets in their order: nothing has to be sorted, which takes memory.
WITH counted AS MATERIALIZED (
    SELECT c.id AS component_id,
           SUM(f.severity = 'CRITICAL') AS critical, SUM(f.severity = 'HIGH') AS high,
           SUM(f.severity = 'MEDIUM') AS medium, SUM(f.severity = 'LOW') AS low,
           SUM(f.severity = 'UNKNOWN') AS unknown
    FROM findings f
    JOIN components c ON c.package_version_id = f.package_version_id
    GROUP BY c.id)
SELECT sc.set_id, SUM(w.critical), SUM(w.high), SUM(w.medium), SUM(w.low), SUM(w.unknown)
FROM set_components sc CROSS JOIN counted w
WHERE w.component_id = sc.component_id
GROUP BY sc.set_id;

-- name: sets_of_images
-- The sets of each image as JSON; a set may be there twice.
SELECT manifest_id, json_group_array(set_id)
FROM manifest_layers
WHERE manifest_id IN (SELECT value FROM json_each(:images))
GROUP BY manifest_id;

-- name: tagged_image_names
-- CROSS JOIN has SQLite take the tags one by one rather than write all of them down first.
SELECT it.manifest_id, MIN(g.url || '/' || r.name || ':' || it.name)
FROM image_tags it CROSS JOIN repositories r CROSS JOIN registries g
WHERE r.id = it.repository_id AND g.id = r.registry_id
  AND it.until IS NULL AND it.manifest_id IN (SELECT value FROM json_each(:manifest_ids))
  AND g.id IN (SELECT value FROM json_each(:registries))
GROUP BY it.manifest_id;

-- name: tagged_states
SELECT m.state, CASE m.state WHEN 'analysed' THEN '' ELSE m.reason END, COUNT(*)
FROM manifests m
WHERE EXISTS (
    SELECT 1 FROM image_tags it
    WHERE it.manifest_id = m.id AND it.until IS NULL AND it.repository_id IN (
        SELECT id FROM repositories WHERE registry_id IN (SELECT value FROM json_each(:registries))))
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: tagged_failures
SELECT MIN(g.url || '/' || r.name || ':' || it.name), m.state, m.reason
FROM image_tags it
JOIN manifests m ON m.id = it.manifest_id
JOIN repositories r ON r.id = it.repository_id
JOIN registries g ON g.id = r.registry_id
WHERE it.until IS NULL AND m.state IN ('failed', 'too_large')
  AND g.id IN (SELECT value FROM json_each(:registries))
GROUP BY m.id, r.id
ORDER BY 1;

-- name: images_with_problems
-- CROSS JOIN has SQLite keep the order: it would rather pair all repositories with all analysed manifests.
SELECT MIN(g.url || '/' || r.name || ':' || it.name)
FROM image_tags it CROSS JOIN manifests m CROSS JOIN repositories r CROSS JOIN registries g
WHERE m.id = it.manifest_id AND r.id = it.repository_id AND g.id = r.registry_id
  AND it.until IS NULL AND m.state = 'analysed' AND (m.problems <> '[]' OR m.reason <> '' OR EXISTS (
        SELECT 1 FROM manifest_contents mc JOIN content_sets s ON s.id = mc.set_id
        WHERE mc.manifest_id = m.id AND s.problems > 0))
  AND it.repository_id IN (
      SELECT id FROM repositories WHERE registry_id IN (SELECT value FROM json_each(:registries)))
GROUP BY m.id
ORDER BY 1;

-- name: undecided_findings
SELECT COUNT(*) FROM findings WHERE json_extract(finding, '$.status') = 'unknown';

-- name: unchecked_reasons
-- CROSS JOIN has SQLite look for images of unchecked packages only.
SELECT pv.reason, COUNT(*)
FROM package_versions pv CROSS JOIN components c
WHERE c.package_version_id = pv.id AND pv.state <> 'matched' AND EXISTS (
    SELECT 1 FROM set_components sc JOIN manifest_layers ml ON ml.set_id = sc.set_id
    WHERE sc.component_id = c.id AND EXISTS (
        SELECT 1 FROM image_tags it
        WHERE it.manifest_id = ml.manifest_id AND it.until IS NULL AND it.repository_id IN (
            SELECT id FROM repositories WHERE registry_id IN (SELECT value FROM json_each(:registries)))))
GROUP BY pv.reason
ORDER BY 2 DESC, 1;
