-- name: ended_tags
-- What came or went and is not told yet has to stay, and what was there before it.
SELECT t.repository_id, t.name, t.since, t.manifest_id FROM tags t
WHERE t.until < :before AND t.told_since = 1 AND t.told_until = 1
  AND NOT EXISTS (
    SELECT 1 FROM tags n
    WHERE n.repository_id = t.repository_id AND n.name = t.name AND n.since = t.until AND n.told_since = 0)
LIMIT :limit;

-- name: drop_tag
DELETE FROM tags WHERE repository_id = ? AND name = ? AND since = ?;

-- name: set_crawled
UPDATE registries SET crawled_at = :now WHERE url = :url;

-- name: count_from_now
-- Stores of older versions do not know when a registry was crawled.
UPDATE registries SET crawled_at = :now WHERE crawled_at IS NULL;

-- name: unwatched_registries
SELECT id FROM registries WHERE crawled_at < :before AND url NOT IN (SELECT value FROM json_each(:watched));

-- name: drop_baselines
UPDATE registries SET baseline_at = NULL WHERE id IN (SELECT value FROM json_each(:ids));

-- name: tags_of_registries
SELECT t.repository_id, t.name, t.since, t.manifest_id
FROM repositories r JOIN tags t ON t.repository_id = r.id
WHERE r.registry_id IN (SELECT value FROM json_each(:ids))
LIMIT :limit;

-- name: drop_empty_repositories
DELETE FROM repositories WHERE NOT EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = repositories.id);

-- name: drop_registries
DELETE FROM registries
WHERE id IN (SELECT value FROM json_each(:ids))
  AND NOT EXISTS (SELECT 1 FROM repositories r WHERE r.registry_id = registries.id);

-- name: untagged_images
-- Among them those that no tag ever pointed to: they were scanned one at a time.
SELECT m.id FROM manifests m
WHERE m.analysed_at < :before
  AND NOT EXISTS (SELECT 1 FROM image_tags it WHERE it.manifest_id = m.id);

-- name: manifests_newly_unneeded
SELECT m.id FROM manifests m
WHERE m.analysed_at IS NULL
  AND m.id NOT IN (SELECT id FROM manifests WHERE unneeded_since IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM image_tags it WHERE it.manifest_id = m.id);

-- name: manifests_long_unneeded
SELECT id FROM manifests WHERE unneeded_since < :before;

-- name: mark_manifests
UPDATE manifests SET unneeded_since = :since WHERE id IN (SELECT value FROM json_each(:ids));

-- name: layers_newly_unneeded
-- An index holds all that is asked for of each layer, with the column it would not.
SELECT l.id FROM layers l
WHERE NOT EXISTS (SELECT 1 FROM manifest_layers ml WHERE ml.layer_id = l.id)
  AND l.id NOT IN (SELECT id FROM layers WHERE unneeded_since IS NOT NULL);

-- name: layers_long_unneeded
SELECT id FROM layers WHERE unneeded_since < :before;

-- name: mark_layers
UPDATE layers SET unneeded_since = :since WHERE id IN (SELECT value FROM json_each(:ids));

-- name: children_of
SELECT manifest_id FROM index_children WHERE index_id IN (SELECT value FROM json_each(:ids));

-- name: indexes_of
SELECT index_id FROM index_children WHERE manifest_id IN (SELECT value FROM json_each(:ids));

-- name: unused_manifests
SELECT m.id FROM manifests m
WHERE m.id IN (SELECT value FROM json_each(:ids))
  AND (m.analysed_at IS NULL OR m.analysed_at < :before)
  AND NOT EXISTS (SELECT 1 FROM image_tags it WHERE it.manifest_id = m.id);

-- name: parts_of_manifests
SELECT DISTINCT layer_id, set_id FROM manifest_layers
WHERE manifest_id IN (SELECT value FROM json_each(:ids));

-- name: drop_layers_of
DELETE FROM manifest_layers WHERE manifest_id IN (SELECT value FROM json_each(:ids));

-- name: content_sets_of_manifests
SELECT DISTINCT set_id FROM manifest_contents WHERE manifest_id IN (SELECT value FROM json_each(:ids));

-- name: drop_contents_of
DELETE FROM manifest_contents WHERE manifest_id IN (SELECT value FROM json_each(:ids));

-- name: drop_indexes
DELETE FROM index_children
WHERE index_id IN (SELECT value FROM json_each(:ids)) OR manifest_id IN (SELECT value FROM json_each(:ids));

-- name: drop_manifests
DELETE FROM manifests WHERE id IN (SELECT value FROM json_each(:ids));

-- name: unused_layers
SELECT l.id FROM layers l
WHERE l.id IN (SELECT value FROM json_each(:ids))
  AND NOT EXISTS (SELECT 1 FROM manifest_layers ml WHERE ml.layer_id = l.id);

-- name: drop_inventories_of
DELETE FROM inventories WHERE layer_id IN (SELECT value FROM json_each(:ids));

-- name: drop_layers
DELETE FROM layers WHERE id IN (SELECT value FROM json_each(:ids));

-- name: unused_sets
SELECT s.id FROM component_sets s
WHERE s.id IN (SELECT value FROM json_each(:ids))
  AND NOT EXISTS (SELECT 1 FROM manifest_layers ml WHERE ml.set_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM event_sets es WHERE es.set_id = s.id);

-- name: stray_sets
SELECT s.id FROM component_sets s
WHERE NOT EXISTS (SELECT 1 FROM manifest_layers ml WHERE ml.set_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM event_sets es WHERE es.set_id = s.id);

-- name: components_of
SELECT DISTINCT component_id FROM set_components WHERE set_id IN (SELECT value FROM json_each(:ids));

-- name: drop_set_components
DELETE FROM set_components WHERE set_id IN (SELECT value FROM json_each(:ids));

-- name: drop_sets
DELETE FROM component_sets WHERE id IN (SELECT value FROM json_each(:ids));

-- name: unused_components
SELECT c.id, c.package_version_id FROM components c
WHERE c.id IN (SELECT value FROM json_each(:ids))
  AND NOT EXISTS (SELECT 1 FROM set_components sc WHERE sc.component_id = c.id);

-- name: stray_components
SELECT c.id FROM components c
WHERE NOT EXISTS (SELECT 1 FROM set_components sc WHERE sc.component_id = c.id);

-- name: drop_components
DELETE FROM components WHERE id IN (SELECT value FROM json_each(:ids));

-- name: unused_package_versions
SELECT pv.id FROM package_versions pv
WHERE pv.id IN (SELECT value FROM json_each(:ids))
  AND NOT EXISTS (SELECT 1 FROM components c WHERE c.package_version_id = pv.id);

-- name: stray_package_versions
-- A newer version of this program may call the same package something else.
SELECT pv.id FROM package_versions pv
WHERE NOT EXISTS (SELECT 1 FROM components c WHERE c.package_version_id = pv.id);

-- name: drop_findings_of
DELETE FROM findings WHERE package_version_id IN (SELECT value FROM json_each(:ids));

-- name: drop_verdicts_of
DELETE FROM verdicts WHERE package_version_id IN (SELECT value FROM json_each(:ids));

-- name: drop_package_versions
DELETE FROM package_versions WHERE id IN (SELECT value FROM json_each(:ids));

-- name: drop_deliveries
-- What is due is sent however late it is, unless its endpoint said that it wants no more.
DELETE FROM deliveries
WHERE created_at < :before
  AND (state <> 'due' OR endpoint IN (SELECT name FROM endpoints WHERE disabled <> ''));

-- name: old_events
-- A policy that expired is told once, however long ago that was. So is what an index brought of which another
-- image cannot be read: its tag is not told as a whole, and only the event log knows which part was.
SELECT seq FROM events
WHERE time < :before
  AND type <> 'policy.expired'
  AND (type IN ('finding.opened', 'finding.changed', 'finding.closed')
    OR NOT EXISTS (SELECT 1 FROM tags WHERE told_since = 0 AND since < :before))
  AND seq < COALESCE((SELECT MIN(first_seq) FROM deliveries WHERE state = 'due'), seq + 1)
ORDER BY time LIMIT :limit;

-- name: old_event_sets
SELECT DISTINCT set_id FROM event_sets WHERE event_seq IN (SELECT value FROM json_each(:seqs));

-- name: drop_event_sets
DELETE FROM event_sets WHERE event_seq IN (SELECT value FROM json_each(:seqs));

-- name: drop_events
DELETE FROM events WHERE seq IN (SELECT value FROM json_each(:seqs));
