-- name: feed
SELECT name, url, state, reason, current_at, etag, last_modified FROM feeds WHERE name = :name;

-- name: feeds
SELECT name, url, state, reason, current_at, etag, last_modified FROM feeds ORDER BY name;

-- name: put_feed
INSERT INTO feeds (name, url, state, reason, current_at, etag, last_modified)
VALUES (:name, :url, :state, :reason, :current_at, :etag, :last_modified)
ON CONFLICT (name) DO UPDATE
SET url = excluded.url, state = excluded.state, reason = excluded.reason, current_at = excluded.current_at,
    etag = excluded.etag, last_modified = excluded.last_modified;

-- name: advisory_body
SELECT body FROM advisories WHERE osv_id = :osv_id;

-- name: listed_of_ids
SELECT a.osv_id, a.listed FROM json_each(:osv_ids) AS wanted JOIN advisories a ON a.osv_id = wanted.value;

-- name: stored_advisories
SELECT a.id, a.modified, a.listed, a.body
FROM json_each(:ids) AS wanted JOIN advisories a ON a.id = wanted.value;

-- name: affected_keys
SELECT k.advisory_id, k.feed, k.name
FROM json_each(:ids) AS wanted JOIN affected k ON k.advisory_id = wanted.value;

-- name: put_advisory
INSERT INTO advisories (id, osv_id, modified, listed, withdrawn, body)
VALUES (:id, :osv_id, :modified, :listed, :withdrawn, :body)
ON CONFLICT (id) DO UPDATE
SET modified = excluded.modified, listed = excluded.listed, withdrawn = excluded.withdrawn,
    body = excluded.body;

-- name: set_listed
UPDATE advisories SET listed = :listed WHERE id = :id;

-- name: drop_affected
DELETE FROM affected WHERE advisory_id IN (SELECT value FROM json_each(:ids));

-- name: add_affected
INSERT INTO affected (feed, name, advisory_id, blocks) VALUES (:feed, :name, :advisory_id, :blocks);

-- name: drop_advisory_names
DELETE FROM advisory_names WHERE advisory_id IN (SELECT value FROM json_each(:ids));

-- name: add_advisory_name
INSERT INTO advisory_names (name, advisory_id) VALUES (:name, :advisory_id);

-- name: journalled_feeds
SELECT value FROM json_each(:feeds) AS wanted
WHERE EXISTS (SELECT 1 FROM feeds f WHERE f.name = wanted.value AND f.current_at IS NOT NULL)
   OR EXISTS (SELECT 1 FROM package_versions p WHERE p.feed = wanted.value AND p.state IN ('matched', 'unchecked', 'again'));

-- name: advisory_seq
SELECT value FROM cursors WHERE name = 'advisory_seq';

-- name: set_advisory_seq
UPDATE cursors SET value = :value WHERE name = 'advisory_seq';

-- name: add_advisory_change
INSERT INTO advisory_changes (seq, feed, name, advisory_id) VALUES (:seq, :feed, :name, :advisory_id);

-- name: add_feed_ecosystem
INSERT INTO feed_ecosystems (feed, ecosystem) VALUES (?, ?) ON CONFLICT (feed, ecosystem) DO NOTHING;

-- name: reconsider_versions
UPDATE package_versions SET state = 'again', reason = '' WHERE feed = ? AND state = 'unchecked';
