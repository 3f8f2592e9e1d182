-- name: add_registry
INSERT INTO registries (id, url) VALUES (:id, :url) ON CONFLICT (url) DO NOTHING;

-- name: add_repository
INSERT INTO repositories (id, registry_id, name) VALUES (:id, :registry_id, :name) ON CONFLICT (id) DO NOTHING;

-- name: registry_baseline
SELECT baseline_at FROM registries WHERE id = :id;

-- name: set_registry_baseline
UPDATE registries SET baseline_at = :now WHERE id = :id AND baseline_at IS NULL;

-- name: repository_names
SELECT name FROM repositories r
WHERE registry_id = :registry_id
  AND EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = r.id AND t.until IS NULL);

-- name: repositories_of
SELECT DISTINCT r.name FROM tags t JOIN repositories r ON r.id = t.repository_id
WHERE t.manifest_id = :manifest_id AND t.until IS NULL AND r.registry_id = :registry_id
ORDER BY r.name;

-- name: tags_now
SELECT t.name, m.digest FROM tags t JOIN manifests m ON m.id = t.manifest_id
WHERE t.repository_id = :repository_id AND t.until IS NULL;

-- name: end_tag
UPDATE tags SET until = :now, told_until = :told
WHERE repository_id = :repository_id AND name = :name AND until IS NULL;

-- name: begin_tag
INSERT INTO tags (repository_id, name, since, manifest_id) VALUES (:repository_id, :name, :now, :manifest_id);

-- name: untold_tags
SELECT t.repository_id, r.name, t.name, t.since, t.until, t.told_since, t.told_until, m.digest, m.state
FROM tags t
JOIN repositories r ON r.id = t.repository_id
JOIN manifests m ON m.id = t.manifest_id
WHERE r.registry_id = :registry_id
  AND (t.told_since = 0 OR (t.told_until = 0 AND t.until IS NOT NULL))
ORDER BY t.since, r.name, t.name;

-- name: tag_before
SELECT m.digest FROM tags t JOIN manifests m ON m.id = t.manifest_id
WHERE t.repository_id = :repository_id AND t.name = :name AND t.until = :since;

-- name: tag_began_at
SELECT m.digest FROM tags t JOIN manifests m ON m.id = t.manifest_id
WHERE t.repository_id = :repository_id AND t.name = :name AND t.since = :since;

-- name: tag_told
-- An end that came after :until was read is still to be told.
UPDATE tags
SET told_since = 1, told_until = CASE WHEN :until IS NULL THEN told_until ELSE 1 END
WHERE repository_id = :repository_id AND name = :name AND since = :since;

-- name: silence_tags
UPDATE tags SET told_since = 1, told_until = CASE WHEN until IS NULL THEN 0 ELSE 1 END
WHERE repository_id IN (SELECT id FROM repositories WHERE registry_id = :registry_id)
  AND manifest_id IN (SELECT id FROM manifests WHERE state IN ('analysed', 'not_an_image'))
  AND NOT EXISTS (
    SELECT 1 FROM index_children c JOIN manifests m ON m.id = c.manifest_id
    WHERE c.index_id = tags.manifest_id AND m.state IN ('failed', 'too_large'));

-- name: tag_at
SELECT m.digest, t.since FROM tags t
JOIN repositories r ON r.id = t.repository_id
JOIN registries g ON g.id = r.registry_id
JOIN manifests m ON m.id = t.manifest_id
WHERE g.url = :registry_url AND r.name = :repository AND t.name = :tag
  AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
ORDER BY t.since DESC;

-- name: next_retry
-- Not by the view image_tags, all of which would be read: few images are unreadable.
SELECT MIN(CASE WHEN m.retry_at > :now THEN m.retry_at END), COUNT(CASE WHEN m.retry_at <= :now THEN 1 END)
FROM manifests m
WHERE m.state IN ('failed', 'too_large') AND (
    EXISTS (
        SELECT 1 FROM tags t CROSS JOIN repositories r
        WHERE t.manifest_id = m.id AND t.until IS NULL
          AND r.id = t.repository_id AND r.registry_id = :registry_id)
    OR EXISTS (
        SELECT 1 FROM index_children c CROSS JOIN tags t CROSS JOIN repositories r
        WHERE c.manifest_id = m.id AND t.manifest_id = c.index_id AND t.until IS NULL
          AND r.id = t.repository_id AND r.registry_id = :registry_id));
