-- name: repositories_with_images
SELECT r.id, g.url, r.name
FROM repositories r
JOIN registries g ON g.id = r.registry_id
WHERE g.id IN (SELECT value FROM json_each(:registries));

-- name: repositories_of_images
SELECT DISTINCT it.manifest_id, it.repository_id
FROM image_tags it
WHERE it.until IS NULL AND it.repository_id IN (
      SELECT id FROM repositories WHERE registry_id IN (SELECT value FROM json_each(:registries)));

-- name: findings_of_components
-- Findings in whose JSON one of the ids stands, all of them without patterns.
SELECT c.id, c.purl, c.package, f.finding
FROM findings f
JOIN components c ON c.package_version_id = f.package_version_id
WHERE :patterns = '[]'
   OR EXISTS (SELECT 1 FROM json_each(:patterns) p WHERE f.finding LIKE p.value ESCAPE '!');

-- name: paths_of_components
SELECT DISTINCT component_id, path
FROM set_components
WHERE component_id IN (SELECT value FROM json_each(:components));

-- name: severities_by_set_of
-- Of findings given as [component, path or null for any, severity, number].
SELECT sc.set_id, w.severity, SUM(w.number)
FROM (SELECT json_extract(value, '$[0]') AS component_id, json_extract(value, '$[1]') AS path,
             json_extract(value, '$[2]') AS severity, json_extract(value, '$[3]') AS number
      FROM json_each(:findings)) w
JOIN set_components sc ON sc.component_id = w.component_id AND (w.path IS NULL OR sc.path = w.path)
GROUP BY sc.set_id, w.severity;
