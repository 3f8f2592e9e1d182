-- name: repositories_with_images
SELECT r.id, g.url, r.name
FROM repositories r
JOIN registries g ON g.id = r.registry_id
WHERE g.id IN (SELECT value FROM json_each(:registries));

-- name: repositories_of_images
-- The + keeps SQLite from going through all repositories for a few of their images.
SELECT it.manifest_id, it.repository_id
FROM image_tags it
WHERE it.until IS NULL AND it.manifest_id BETWEEN :first AND :last AND +it.repository_id IN (
      SELECT id FROM repositories WHERE registry_id IN (SELECT value FROM json_each(:registries)));

-- name: number_of_manifests
SELECT COUNT(*) FROM manifests;

-- name: number_of_findings
SELECT COUNT(*) FROM findings;

-- name: findings_of_components
-- Findings in whose JSON one of the ids stands, all of them without patterns.
SELECT c.id, c.purl, c.package, f.finding
FROM findings f
JOIN components c ON c.package_version_id = f.package_version_id
WHERE f.package_version_id BETWEEN :first AND :last AND (
      :patterns = '[]'
      OR EXISTS (SELECT 1 FROM json_each(:patterns) p WHERE f.finding LIKE p.value ESCAPE '!'));

-- name: paths_of_components
SELECT DISTINCT component_id, path
FROM set_components
WHERE component_id IN (SELECT value FROM json_each(:components));

-- name: severities_by_set_of
-- Of findings given as [component, path or null for any, and the number of each severity].
-- CROSS JOIN has SQLite go through the sets in their order: nothing has to be sorted, which takes memory.
WITH counted AS MATERIALIZED (
    SELECT CAST(json_extract(value, '$[0]') AS BIGINT) AS component_id, json_extract(value, '$[1]') AS path,
           json_extract(value, '$[2]') AS critical, json_extract(value, '$[3]') AS high,
           json_extract(value, '$[4]') AS medium, json_extract(value, '$[5]') AS low,
           json_extract(value, '$[6]') AS unknown
    FROM json_each(:findings))
SELECT sc.set_id, SUM(w.critical), SUM(w.high), SUM(w.medium), SUM(w.low), SUM(w.unknown)
FROM set_components sc CROSS JOIN counted w
WHERE w.component_id = sc.component_id AND (w.path IS NULL OR sc.path = w.path)
  AND sc.set_id IN (
      SELECT set_id FROM set_components WHERE component_id IN (SELECT component_id FROM counted))
GROUP BY sc.set_id;
