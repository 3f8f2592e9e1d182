-- name: event_cursor
SELECT value FROM cursors WHERE name = 'event_seq';

-- name: set_event_cursor
UPDATE cursors SET value = :value WHERE name = 'event_seq';

-- name: known_events
-- Which of the ids (a JSON list) the log holds.
SELECT id FROM events WHERE id IN (SELECT value FROM json_each(:ids));

-- name: add_event
INSERT INTO events (seq, id, time, type, cause, severity, fixable, package_version_id, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: add_event_set
INSERT INTO event_sets (event_seq, set_id) VALUES (?, ?);

-- name: events_since
SELECT seq, id, time, type, cause, severity, fixable, package_version_id, data
FROM events WHERE seq > :seq ORDER BY seq LIMIT :limit;

-- name: events_between
SELECT seq, id, time, type, cause, severity, fixable, package_version_id, data
FROM events WHERE seq BETWEEN :first AND :last ORDER BY seq;

-- name: touchable_repositories
SELECT id, name FROM repositories;

-- name: touched_images
-- Images that the events (a JSON list of numbers) touched: they carry one of the event's sets, were known
-- before it, and a tag pointed to them when it happened, itself or through an index. At most :most for each
-- event and layer, with how many there are; :repositories is a JSON list of ids, or null for all.
WITH carried AS (
    SELECT es.event_seq, e.time, ml.layer_id, ml.manifest_id, ml.position, ml.set_id
    FROM event_sets AS es
    JOIN events AS e ON e.seq = es.event_seq
    JOIN manifest_layers AS ml ON ml.set_id = es.set_id
    JOIN manifests AS m ON m.id = ml.manifest_id AND m.known_since_event < es.event_seq
    WHERE es.event_seq IN (SELECT value FROM json_each(:events))
),
tagged AS (
    SELECT c.event_seq, c.layer_id, c.manifest_id, c.position, c.set_id, t.repository_id
    FROM carried AS c
    JOIN tags AS t ON t.manifest_id = c.manifest_id
        AND t.since <= c.time AND (t.until IS NULL OR t.until > c.time)
    UNION
    SELECT c.event_seq, c.layer_id, c.manifest_id, c.position, c.set_id, t.repository_id
    FROM carried AS c
    JOIN index_children AS i ON i.manifest_id = c.manifest_id
    JOIN tags AS t ON t.manifest_id = i.index_id
        AND t.since <= c.time AND (t.until IS NULL OR t.until > c.time)
),
counted AS (
    SELECT tagged.*,
        COUNT(*) OVER (PARTITION BY event_seq, layer_id) AS images_total,
        ROW_NUMBER() OVER (PARTITION BY event_seq, layer_id ORDER BY repository_id, manifest_id) AS place
    FROM tagged
    WHERE :repositories IS NULL OR repository_id IN (SELECT value FROM json_each(:repositories))
)
SELECT k.event_seq, k.layer_id, k.images_total, k.position, k.set_id, k.manifest_id, k.repository_id,
    l.digest, l.diff_id, ml.created_by, g.url, r.name, m.digest, m.platform
FROM counted AS k
JOIN layers AS l ON l.id = k.layer_id
JOIN manifest_layers AS ml ON ml.manifest_id = k.manifest_id AND ml.position = k.position
JOIN manifests AS m ON m.id = k.manifest_id
JOIN repositories AS r ON r.id = k.repository_id
JOIN registries AS g ON g.id = r.registry_id
WHERE k.place <= :most
ORDER BY k.event_seq, k.images_total DESC, l.digest, k.place;

-- name: touched_images_total
-- How many images (a digest in a repository) the same events touched, each counted once.
WITH carried AS (
    SELECT DISTINCT es.event_seq, e.time, ml.manifest_id
    FROM event_sets AS es
    JOIN events AS e ON e.seq = es.event_seq
    JOIN manifest_layers AS ml ON ml.set_id = es.set_id
    JOIN manifests AS m ON m.id = ml.manifest_id AND m.known_since_event < es.event_seq
    WHERE es.event_seq IN (SELECT value FROM json_each(:events))
),
tagged AS (
    SELECT c.manifest_id, t.repository_id
    FROM carried AS c
    JOIN tags AS t ON t.manifest_id = c.manifest_id
        AND t.since <= c.time AND (t.until IS NULL OR t.until > c.time)
    UNION
    SELECT c.manifest_id, t.repository_id
    FROM carried AS c
    JOIN index_children AS i ON i.manifest_id = c.manifest_id
    JOIN tags AS t ON t.manifest_id = i.index_id
        AND t.since <= c.time AND (t.until IS NULL OR t.until > c.time)
)
SELECT COUNT(*) FROM tagged
WHERE :repositories IS NULL OR repository_id IN (SELECT value FROM json_each(:repositories));

-- name: tags_of_images
-- Tags that pointed to the manifests (a JSON list of ids) at a time, themselves or through an index.
SELECT t.manifest_id, t.repository_id, t.name
FROM json_each(:manifests) AS j
JOIN tags AS t ON t.manifest_id = j.value
WHERE t.since <= :time AND (t.until IS NULL OR t.until > :time)
UNION
SELECT i.manifest_id, t.repository_id, t.name
FROM json_each(:manifests) AS j
JOIN index_children AS i ON i.manifest_id = j.value
JOIN tags AS t ON t.manifest_id = i.index_id
WHERE t.since <= :time AND (t.until IS NULL OR t.until > :time)
ORDER BY 1, 2, 3;

-- name: touched_components
-- What an event's package version is called, and where it lies, in each of the sets (a JSON list of ids).
SELECT DISTINCT e.seq, sc.set_id, c.name, c.version, c.purl, sc.path
FROM events AS e
JOIN components AS c ON c.package_version_id = e.package_version_id
JOIN json_each(:sets) AS j
JOIN set_components AS sc ON sc.set_id = j.value AND sc.component_id = c.id
WHERE e.seq IN (SELECT value FROM json_each(:events))
ORDER BY e.seq, sc.set_id, c.name, c.version, sc.path;

-- name: base_image
-- A tagged image whose layers are those of :manifest up to and with :position, and no more.
WITH ends AS MATERIALIZED (
    SELECT b.manifest_id
    FROM manifest_layers AS b
    WHERE b.layer_id = :layer AND b.position = :position
        AND NOT EXISTS (
            SELECT 1 FROM manifest_layers AS above
            WHERE above.manifest_id = b.manifest_id AND above.position > :position
        )
        AND NOT EXISTS (
            SELECT 1 FROM manifest_layers AS mine
            LEFT JOIN manifest_layers AS theirs ON theirs.manifest_id = b.manifest_id
                AND theirs.position = mine.position AND theirs.layer_id = mine.layer_id
            WHERE mine.manifest_id = :manifest AND mine.position < :position AND theirs.layer_id IS NULL
        )
),
tagged AS (
    SELECT ends.manifest_id, t.repository_id, t.name
    FROM ends JOIN tags AS t ON t.manifest_id = ends.manifest_id
    WHERE t.since <= :time AND (t.until IS NULL OR t.until > :time)
    UNION
    SELECT ends.manifest_id, t.repository_id, t.name
    FROM ends
    JOIN index_children AS i ON i.manifest_id = ends.manifest_id
    JOIN tags AS t ON t.manifest_id = i.index_id
    WHERE t.since <= :time AND (t.until IS NULL OR t.until > :time)
)
SELECT g.url, r.name, tagged.name, tagged.manifest_id
FROM tagged
JOIN repositories AS r ON r.id = tagged.repository_id
JOIN registries AS g ON g.id = r.registry_id
ORDER BY g.url, r.name, tagged.name
LIMIT 1;
