-- name: add_endpoint
INSERT INTO endpoints (name) VALUES (?) ON CONFLICT (name) DO NOTHING;

-- name: add_delivery
INSERT INTO deliveries (id, endpoint, first_seq, last_seq, created_at, state, due_at)
VALUES (?, ?, ?, ?, ?, 'due', ?) ON CONFLICT (id) DO NOTHING;

-- name: next_delivery
-- The oldest due delivery of an endpoint that is in use.
SELECT d.id, d.endpoint, d.first_seq, d.last_seq, d.created_at, d.state, d.attempts, d.due_at, d.last_error
FROM deliveries AS d
JOIN endpoints AS e ON e.name = d.endpoint AND e.disabled = ''
WHERE d.endpoint = :endpoint AND d.state = 'due'
ORDER BY d.first_seq LIMIT 1;

-- name: settle_delivery
UPDATE deliveries SET state = :state, attempts = attempts + :attempted, last_error = :error
WHERE id = :id AND state = 'due';

-- name: postpone_delivery
UPDATE deliveries SET attempts = attempts + 1, due_at = :due_at, last_error = :error
WHERE id = :id AND state = 'due';

-- name: disable_endpoint
UPDATE endpoints SET disabled = :reason, disabled_at = :now WHERE name = :endpoint AND disabled = '';

-- name: enable_endpoint
UPDATE endpoints SET disabled = '', disabled_at = NULL WHERE name = :endpoint AND disabled <> '';

-- name: settle_strangers
UPDATE deliveries SET state = 'dead', last_error = :error
WHERE state = 'due' AND endpoint NOT IN (SELECT value FROM json_each(:endpoints));

-- name: all_endpoints
SELECT name, disabled, disabled_at FROM endpoints ORDER BY name;

-- name: replay_deliveries
UPDATE deliveries SET state = 'due', attempts = 0, due_at = :now, last_error = ''
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: replay_endpoint
-- Also what waits for its next attempt is tried at once.
UPDATE deliveries SET state = 'due', attempts = 0, due_at = :now, last_error = ''
WHERE endpoint = :endpoint AND state IN ('due', 'dead');

-- name: replay_dead
UPDATE deliveries SET state = 'due', attempts = 0, due_at = :now, last_error = '' WHERE state = 'dead';

-- name: list_deliveries
SELECT id, endpoint, first_seq, last_seq, created_at, state, attempts, due_at, last_error
FROM deliveries
WHERE (:state IS NULL OR state = :state) AND (:endpoint IS NULL OR endpoint = :endpoint)
ORDER BY first_seq DESC, endpoint LIMIT :limit;

-- name: count_deliveries
SELECT endpoint, state, COUNT(*) FROM deliveries GROUP BY endpoint, state ORDER BY endpoint, state;

-- name: count_due
SELECT COUNT(*) FROM deliveries
WHERE endpoint IN (SELECT value FROM json_each(:endpoints)) AND state = 'due';
