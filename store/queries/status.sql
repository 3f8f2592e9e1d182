-- name: alive
SELECT 1;

-- name: count_images
SELECT state, COUNT(*) FROM manifests GROUP BY state;

-- name: count_rows
SELECT (SELECT COUNT(*) FROM layers), (SELECT COUNT(*) FROM package_versions);

-- name: count_unchecked
SELECT reason, COUNT(*) FROM package_versions WHERE state = 'unchecked' GROUP BY reason ORDER BY 2 DESC, 1;

-- name: count_findings
SELECT severity, COUNT(*) FROM findings GROUP BY severity;

-- name: feed_states
SELECT name, state, current_at FROM feeds ORDER BY name;

-- name: registry_baselines
SELECT url, baseline_at FROM registries ORDER BY url;
