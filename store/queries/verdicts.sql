-- name: cursor
SELECT value FROM cursors WHERE name = :name;

-- name: set_cursor
UPDATE cursors SET value = :value WHERE name = :name;

-- name: changes_end
SELECT seq FROM advisory_changes WHERE seq > :after ORDER BY seq LIMIT 1 OFFSET :rows;

-- name: advisory_seq_reached
SELECT MAX(seq) FROM advisory_changes;

-- name: changed_keys
SELECT DISTINCT feed, name, advisory_id FROM advisory_changes WHERE seq > :after AND seq <= :through;

-- name: drop_changes
DELETE FROM advisory_changes WHERE seq <= :through;

-- name: judged_versions_of
SELECT pv.id, pv.feed, pv.ecosystem, pv.name, pv.version, pv.state, pv.reason
FROM (SELECT DISTINCT json_extract(value, '$[0]') AS feed, json_extract(value, '$[1]') AS name
      FROM json_each(:keys)) k
JOIN package_versions pv ON pv.feed = k.feed AND pv.name = k.name
WHERE pv.state IN ('matched', 'unchecked');

-- name: versions_to_judge
SELECT id, feed, ecosystem, name, version, state, reason FROM package_versions
WHERE state IN ('pending', 'again') AND feed IN (SELECT value FROM json_each(:feeds)) AND id > :after
ORDER BY id LIMIT :limit;

-- name: blocks_of_names
SELECT a.feed, a.name, a.advisory_id, a.blocks
FROM (SELECT DISTINCT json_extract(value, '$[0]') AS feed, json_extract(value, '$[1]') AS name
      FROM json_each(:keys)) k
JOIN affected a ON a.feed = k.feed AND a.name = k.name
JOIN advisories r ON r.id = a.advisory_id
WHERE r.withdrawn = 0;

-- name: blocks_of_changes
SELECT a.feed, a.name, a.advisory_id, a.blocks
FROM json_each(:keys) k
JOIN affected a ON a.feed = json_extract(k.value, '$[0]') AND a.name = json_extract(k.value, '$[1]')
    AND a.advisory_id = json_extract(k.value, '$[2]')
JOIN advisories r ON r.id = a.advisory_id
WHERE r.withdrawn = 0;

-- name: advisory_bodies
SELECT id, body FROM advisories WHERE id IN (SELECT value FROM json_each(:ids));

-- name: verdicts_of
SELECT package_version_id, advisory_id, match FROM verdicts
WHERE package_version_id IN (SELECT value FROM json_each(:ids));

-- name: findings_of
SELECT package_version_id, finding FROM findings
WHERE package_version_id IN (SELECT value FROM json_each(:ids))
ORDER BY package_version_id, id;

-- name: drop_verdict
DELETE FROM verdicts WHERE package_version_id = ? AND advisory_id = ?;

-- name: put_verdict
INSERT INTO verdicts (package_version_id, advisory_id, match) VALUES (?, ?, ?)
ON CONFLICT (package_version_id, advisory_id) DO UPDATE SET match = excluded.match;

-- name: drop_findings
DELETE FROM findings WHERE package_version_id = ?;

-- name: add_finding
INSERT INTO findings (package_version_id, id, severity, finding) VALUES (?, ?, ?, ?);

-- name: set_version_state
UPDATE package_versions SET state = ?, reason = ? WHERE id = ?;

-- name: live_sets_of
-- Whether a set is in a tagged image is asked once for each set, however many versions are in it.
WITH carried AS MATERIALIZED (
    SELECT DISTINCT c.package_version_id, sc.set_id
    FROM json_each(:ids) p
    JOIN components c ON c.package_version_id = p.value
    JOIN set_components sc ON sc.component_id = c.id
), live AS MATERIALIZED (
    SELECT set_id FROM (SELECT DISTINCT set_id FROM carried) s
    WHERE EXISTS (
            SELECT 1 FROM manifest_layers ml JOIN tags t ON t.manifest_id = ml.manifest_id
            WHERE ml.set_id = s.set_id AND t.until IS NULL)
       OR EXISTS (
            SELECT 1 FROM manifest_layers ml
            JOIN index_children ic ON ic.manifest_id = ml.manifest_id
            JOIN tags t ON t.manifest_id = ic.index_id
            WHERE ml.set_id = s.set_id AND t.until IS NULL)
)
SELECT package_version_id, set_id FROM carried WHERE set_id IN (SELECT set_id FROM live);

-- name: feeds_needed
SELECT DISTINCT feed FROM package_versions WHERE feed <> '';

-- name: feed_ecosystems
SELECT feed, ecosystem FROM feed_ecosystems;

-- name: unjudged_because
UPDATE package_versions SET state = :state, reason = :reason
WHERE feed = :feed AND state = 'pending' AND (state <> :state OR reason <> :reason);
