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
SELECT r.id, r.name, g.url FROM repositories AS r JOIN registries AS g ON g.id = r.registry_id;

-- name: purls_of_event
-- What the packages of an event's package version are called.
SELECT DISTINCT c.purl
FROM events AS e
JOIN components AS c ON c.package_version_id = e.package_version_id
WHERE e.seq = :seq
ORDER BY c.purl;

-- name: sets_of_events
SELECT event_seq, set_id FROM event_sets WHERE event_seq IN (SELECT value FROM json_each(:events));

-- name: touched_layers
-- Layers through whose sets the events (a JSON list of numbers) touched images, and how many: a manifest
-- known before :seq counts once for each repository where a tag pointed to it at :time, itself or through
-- an index. :repositories is a JSON list of ids, or null for all.
SELECT ml.layer_id, ml.set_id, SUM((
    SELECT COUNT(DISTINCT repository_id) FROM (
        SELECT t.repository_id FROM tags AS t
        WHERE t.manifest_id = ml.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
        UNION ALL
        SELECT t.repository_id
        FROM index_children AS i JOIN tags AS t ON t.manifest_id = i.index_id
        WHERE i.manifest_id = ml.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
    ) AS tagged
    WHERE :repositories IS NULL OR repository_id IN (SELECT value FROM json_each(:repositories))
)) AS images_total
FROM (
    SELECT DISTINCT set_id FROM event_sets WHERE event_seq IN (SELECT value FROM json_each(:events))
) AS s
JOIN manifest_layers AS ml ON ml.set_id = s.set_id
JOIN manifests AS m ON m.id = ml.manifest_id AND m.known_since_event < :seq
GROUP BY ml.layer_id, ml.set_id
HAVING images_total > 0
ORDER BY images_total DESC, ml.layer_id, ml.set_id;

-- name: touched_total
-- How many images the same events touched through any layer, each counted once.
SELECT SUM((
    SELECT COUNT(DISTINCT repository_id) FROM (
        SELECT t.repository_id FROM tags AS t
        WHERE t.manifest_id = c.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
        UNION ALL
        SELECT t.repository_id
        FROM index_children AS i JOIN tags AS t ON t.manifest_id = i.index_id
        WHERE i.manifest_id = c.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
    ) AS tagged
    WHERE :repositories IS NULL OR repository_id IN (SELECT value FROM json_each(:repositories))
))
FROM (
    SELECT DISTINCT ml.manifest_id
    FROM event_sets AS es
    JOIN manifest_layers AS ml ON ml.set_id = es.set_id
    JOIN manifests AS m ON m.id = ml.manifest_id AND m.known_since_event < :seq
    WHERE es.event_seq IN (SELECT value FROM json_each(:events))
) AS c;

-- name: touched_manifests
-- At most :most of the manifests behind one row of touched_layers, without their repositories.
SELECT ml.manifest_id, ml.position, ml.created_by, l.digest, l.diff_id, m.digest, m.platform
FROM manifest_layers AS ml
JOIN manifests AS m ON m.id = ml.manifest_id AND m.known_since_event < :seq
JOIN layers AS l ON l.id = ml.layer_id
WHERE ml.set_id = :set AND ml.layer_id = :layer
    AND (
        EXISTS (
            SELECT 1 FROM tags AS t
            WHERE t.manifest_id = ml.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
                AND (
                    :repositories IS NULL
                    OR t.repository_id IN (SELECT value FROM json_each(:repositories))
                )
        )
        OR EXISTS (
            SELECT 1 FROM index_children AS i JOIN tags AS t ON t.manifest_id = i.index_id
            WHERE i.manifest_id = ml.manifest_id
                AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
                AND (
                    :repositories IS NULL
                    OR t.repository_id IN (SELECT value FROM json_each(:repositories))
                )
        )
    )
LIMIT :most;

-- name: tags_of_images
-- Tags that pointed to the manifests (a JSON list of ids) at a time, themselves or through an index.
WITH tagged AS (
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
)
SELECT tagged.manifest_id, g.url, r.name, tagged.name
FROM tagged
JOIN repositories AS r ON r.id = tagged.repository_id
JOIN registries AS g ON g.id = r.registry_id
WHERE :repositories IS NULL OR r.id IN (SELECT value FROM json_each(:repositories))
ORDER BY g.url, r.name, tagged.name;

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
