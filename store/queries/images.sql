-- name: manifest_states
SELECT digest, media_type, state, reason, attempts, retry_at, analysed_with
FROM manifests
WHERE digest IN (SELECT value FROM json_each(:digests));

-- name: add_manifest
INSERT INTO manifests (id, digest, media_type, size_bytes, state, reason)
VALUES (:id, :digest, :media_type, :size_bytes, 'pending', :reason)
-- Whoever meets it again may need it.
ON CONFLICT (digest) DO UPDATE SET unneeded_since = NULL;

-- name: set_manifest_state
UPDATE manifests
SET state = :state, reason = :reason, attempts = :attempts, retry_at = :retry_at, analysed_with = :analysed_with
WHERE id = :id;

-- name: ask_for_manifests
UPDATE manifests SET reason = ''
WHERE state = 'pending' AND reason = :reason AND digest IN (SELECT value FROM json_each(:digests));

-- name: set_manifest_analysed
UPDATE manifests
SET state = 'analysed', reason = '', attempts = 0, retry_at = NULL, platform = :platform,
    config_digest = :config_digest, config = :config, release = :release, problems = :problems,
    known_since_event = CASE WHEN analysed_at IS NULL
        THEN (SELECT value FROM cursors WHERE name = 'event_seq') ELSE known_since_event END,
    analysed_at = :now, analysed_with = :analysed_with
WHERE id = :id;

-- name: drop_index_children
DELETE FROM index_children WHERE index_id = :index_id;

-- name: add_index_child
INSERT INTO index_children (index_id, manifest_id, platform)
VALUES (:index_id, :manifest_id, :platform)
ON CONFLICT (index_id, manifest_id) DO NOTHING;

-- name: index_children
SELECT m.digest, c.platform
FROM index_children c JOIN manifests m ON m.id = c.manifest_id
WHERE c.index_id = :index_id;

-- name: layer_row
SELECT size_bytes, diff_id, analyzers, reason, limit_name, retry_at FROM layers WHERE id = :id;

-- name: put_layer
INSERT INTO layers
    (id, digest, size_bytes, diff_id, unpacked_bytes, entries, analyzers, reason, limit_name, retry_at)
VALUES
    (:id, :digest, :size_bytes, :diff_id, :unpacked_bytes, :entries, :analyzers, :reason, :limit_name, :retry_at)
ON CONFLICT (digest) DO UPDATE SET
    size_bytes = excluded.size_bytes, diff_id = excluded.diff_id, unpacked_bytes = excluded.unpacked_bytes,
    entries = excluded.entries, analyzers = excluded.analyzers, reason = excluded.reason,
    limit_name = excluded.limit_name, retry_at = excluded.retry_at, unneeded_since = NULL;

-- name: drop_inventories
DELETE FROM inventories
WHERE layer_id = :layer_id AND analyzer IN (SELECT value FROM json_each(:analyzers));

-- name: add_inventory
INSERT INTO inventories (layer_id, analyzer, body) VALUES (:layer_id, :analyzer, :body);

-- name: inventories
SELECT analyzer, body FROM inventories WHERE layer_id = :layer_id;

-- name: image_inventories
SELECT ml.position, i.analyzer, i.body
FROM manifest_layers ml JOIN inventories i ON i.layer_id = ml.layer_id
WHERE ml.manifest_id = :manifest_id AND i.analyzer IN (SELECT value FROM json_each(:analyzers))
ORDER BY ml.position, i.analyzer;

-- name: known_sets
SELECT id FROM component_sets WHERE id IN (SELECT value FROM json_each(:ids));

-- name: add_set
INSERT INTO component_sets (id, digest, size) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING;

-- name: add_set_component
INSERT INTO set_components (set_id, component_id, path) VALUES (?, ?, ?)
ON CONFLICT (set_id, component_id, path) DO NOTHING;

-- name: add_component
INSERT INTO components (id, kind, name, version, purl, package, package_version_id)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: add_package_version
INSERT INTO package_versions (id, feed, ecosystem, name, version, state, reason)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: drop_manifest_layers
DELETE FROM manifest_layers WHERE manifest_id = :manifest_id;

-- name: add_manifest_layer
INSERT INTO manifest_layers (manifest_id, position, layer_id, set_id, created_by) VALUES (?, ?, ?, ?, ?);

-- name: count_layers
SELECT COUNT(*) FROM layers WHERE id IN (SELECT value FROM json_each(:ids));

-- name: image_row
SELECT platform, config_digest, config, release, problems, reason
FROM manifests WHERE id = :manifest_id AND state = 'analysed';

-- name: image_layers
SELECT l.digest, l.diff_id, l.unpacked_bytes, ml.created_by
FROM manifest_layers ml JOIN layers l ON l.id = ml.layer_id
WHERE ml.manifest_id = :manifest_id
ORDER BY ml.position;

-- name: image_components
SELECT ml.position, sc.path, c.package, c.purl, pv.id, pv.feed, pv.state, pv.reason
FROM manifest_layers ml
JOIN set_components sc ON sc.set_id = ml.set_id
JOIN components c ON c.id = sc.component_id
JOIN package_versions pv ON pv.id = c.package_version_id
WHERE ml.manifest_id = :manifest_id
ORDER BY c.kind, c.name, c.version, sc.path, ml.position;
