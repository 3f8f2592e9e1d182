-- name: contents_of_images
SELECT mc.manifest_id, ml.layer_id, mc.set_id
FROM manifest_contents mc
LEFT JOIN manifest_layers ml ON ml.manifest_id = mc.manifest_id AND ml.position = mc.position
WHERE mc.manifest_id IN (SELECT value FROM json_each(:images)) AND mc.kind = :kind;
