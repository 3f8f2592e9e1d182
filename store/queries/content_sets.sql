-- name: add_content_set
INSERT INTO content_sets (id, digest, problems, body) VALUES (?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING;

-- name: known_content_sets
SELECT id FROM content_sets WHERE id IN (SELECT value FROM json_each(:ids));

-- name: add_contents
INSERT INTO manifest_contents (manifest_id, kind, position, set_id) VALUES (?, ?, ?, ?);

-- name: drop_content_sets
DELETE FROM content_sets
WHERE id IN (SELECT value FROM json_each(:ids))
  AND NOT EXISTS (SELECT 1 FROM manifest_contents mc WHERE mc.set_id = content_sets.id);

-- name: content_sets
SELECT id, body FROM content_sets WHERE id IN (SELECT value FROM json_each(:ids));

-- name: contents_of_image
SELECT s.body, l.digest, ml.created_by
FROM manifest_contents mc
JOIN content_sets s ON s.id = mc.set_id
LEFT JOIN manifest_layers ml ON ml.manifest_id = mc.manifest_id AND ml.position = mc.position
LEFT JOIN layers l ON l.id = ml.layer_id
WHERE mc.manifest_id = :manifest_id AND mc.kind = :kind
ORDER BY mc.position;

-- name: contents_of_images
SELECT mc.manifest_id, ml.layer_id, mc.set_id
FROM manifest_contents mc
LEFT JOIN manifest_layers ml ON ml.manifest_id = mc.manifest_id AND ml.position = mc.position
WHERE mc.manifest_id IN (SELECT value FROM json_each(:images)) AND mc.kind = :kind;
