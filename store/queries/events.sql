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
SELECT event_seq, set_id FROM event_sets
WHERE event_seq IN (SELECT value FROM json_each(:events))
ORDER BY event_seq, set_id;

-- name: known_between
-- Whether an image came to be known between two events.
SELECT id FROM manifests WHERE known_since_event >= :seq AND known_since_event < :until LIMIT 1;

-- name: touched_layers
-- Layers from which images have the sets (a JSON list of ids), and how many do: a manifest known before :seq
-- counts once for each repository where a tag pointed to it at :time, itself or through an index.
-- :repositories is a JSON list of ids, or null for all.
-- CROSS JOIN has SQLite keep the order. Which manifests are newer is asked once, not of each: they are few.
WITH carrying AS (
    SELECT ml.set_id, ml.manifest_id, ml.layer_id
    FROM json_each(:sets) AS j CROSS JOIN manifest_layers AS ml
    WHERE ml.set_id = j.value
        AND ml.manifest_id NOT IN (SELECT id FROM manifests WHERE known_since_event >= :seq)
),
images AS (
    SELECT c.set_id, c.manifest_id, c.layer_id, t.repository_id
    FROM carrying AS c CROSS JOIN tags AS t
    WHERE t.manifest_id = c.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
        AND (:repositories IS NULL OR t.repository_id IN (SELECT value FROM json_each(:repositories)))
    UNION
    SELECT c.set_id, c.manifest_id, c.layer_id, t.repository_id
    FROM carrying AS c CROSS JOIN index_children AS i CROSS JOIN tags AS t
    WHERE i.manifest_id = c.manifest_id AND t.manifest_id = i.index_id
        AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
        AND (:repositories IS NULL OR t.repository_id IN (SELECT value FROM json_each(:repositories)))
)
SELECT layer_id, set_id, COUNT(*) FROM images GROUP BY layer_id, set_id;

-- name: touched_again
-- How often touched_layers counts an image that it has counted for another of the sets.
WITH several AS (
    SELECT ml.manifest_id, COUNT(*) - 1 AS again
    FROM json_each(:sets) AS j CROSS JOIN manifest_layers AS ml
    WHERE ml.set_id = j.value
        AND ml.manifest_id NOT IN (SELECT id FROM manifests WHERE known_since_event >= :seq)
    GROUP BY ml.manifest_id
    HAVING COUNT(*) > 1
),
images AS (
    SELECT s.again, s.manifest_id, t.repository_id
    FROM several AS s CROSS JOIN tags AS t
    WHERE t.manifest_id = s.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
        AND (:repositories IS NULL OR t.repository_id IN (SELECT value FROM json_each(:repositories)))
    UNION
    SELECT s.again, s.manifest_id, t.repository_id
    FROM several AS s CROSS JOIN index_children AS i CROSS JOIN tags AS t
    WHERE i.manifest_id = s.manifest_id AND t.manifest_id = i.index_id
        AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
        AND (:repositories IS NULL OR t.repository_id IN (SELECT value FROM json_each(:repositories)))
)
SELECT COALESCE(SUM(again), 0) FROM images;

-- name: touched_manifests
-- The first manifests behind rows of touched_layers, without their repositories. :places is a JSON list of
-- (layer, set, how many at most).
WITH RECURSIVE walked AS (
    SELECT json_extract(value, '$[0]') AS layer_id, json_extract(value, '$[1]') AS set_id,
        json_extract(value, '$[2]') AS most, -1 AS manifest_id
    FROM json_each(:places)
    UNION ALL
    -- From each manifest to the next, so that of the many behind a row only the first are read.
    SELECT w.layer_id, w.set_id, w.most - 1, (
        SELECT ml.manifest_id
        FROM manifest_layers AS ml CROSS JOIN manifests AS m
        WHERE ml.layer_id = w.layer_id AND ml.set_id = w.set_id AND ml.manifest_id > w.manifest_id
            AND m.id = ml.manifest_id AND m.known_since_event < :seq
            AND EXISTS (
                SELECT 1 FROM image_tags AS t
                WHERE t.manifest_id = ml.manifest_id
                    AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
                    AND (
                        :repositories IS NULL
                        OR t.repository_id IN (SELECT value FROM json_each(:repositories))
                    )
            )
        ORDER BY ml.manifest_id LIMIT 1
    )
    FROM walked AS w
    WHERE w.most > 0 AND w.manifest_id IS NOT NULL
)
SELECT w.layer_id, w.set_id, m.id, m.digest, m.platform
FROM walked AS w CROSS JOIN manifests AS m
WHERE m.id = w.manifest_id;

-- name: described_layers
-- How images have layers; :places is a JSON list of (layer, set, manifest).
SELECT ml.layer_id, ml.set_id, ml.manifest_id, ml.position, ml.created_by, l.digest, l.diff_id
FROM json_each(:places) AS j CROSS JOIN manifest_layers AS ml CROSS JOIN layers AS l
WHERE ml.layer_id = json_extract(j.value, '$[0]') AND ml.set_id = json_extract(j.value, '$[1]')
    AND ml.manifest_id = json_extract(j.value, '$[2]') AND l.id = ml.layer_id;

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
-- What an event's package version is called, and where it lies, in component sets; :pairs is a JSON list of
-- (event, set).
SELECT DISTINCT e.seq, sc.set_id, c.name, c.version, c.purl, sc.path
FROM json_each(:pairs) AS j CROSS JOIN events AS e CROSS JOIN components AS c CROSS JOIN set_components AS sc
WHERE e.seq = json_extract(j.value, '$[0]') AND c.package_version_id = e.package_version_id
    AND sc.set_id = json_extract(j.value, '$[1]') AND sc.component_id = c.id
ORDER BY e.seq, sc.set_id, c.name, c.version, sc.path;

-- name: base_images
-- Tagged images that end with a layer and have below it what an image built on it has; the first is the one
-- to name. :places is a JSON list of (number, layer, position of it, manifest of the image built on it).
WITH places AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS number, json_extract(value, '$[1]') AS layer_id,
        json_extract(value, '$[2]') AS position, json_extract(value, '$[3]') AS manifest_id
    FROM json_each(:places)
),
ends AS MATERIALIZED (
    SELECT p.number, b.manifest_id
    FROM places AS p CROSS JOIN manifest_layers AS b
    WHERE b.layer_id = p.layer_id AND b.position = p.position
        AND NOT EXISTS (
            SELECT 1 FROM manifest_layers AS above
            WHERE above.manifest_id = b.manifest_id AND above.position > p.position
        )
        AND NOT EXISTS (
            SELECT 1 FROM manifest_layers AS mine
            LEFT JOIN manifest_layers AS theirs ON theirs.manifest_id = b.manifest_id
                AND theirs.position = mine.position AND theirs.layer_id = mine.layer_id
            WHERE mine.manifest_id = p.manifest_id AND mine.position < p.position
                AND theirs.layer_id IS NULL
        )
),
tagged AS (
    SELECT ends.number, ends.manifest_id, t.repository_id, t.name
    FROM ends CROSS JOIN tags AS t
    WHERE t.manifest_id = ends.manifest_id AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
    UNION
    SELECT ends.number, ends.manifest_id, t.repository_id, t.name
    FROM ends CROSS JOIN index_children AS i CROSS JOIN tags AS t
    WHERE i.manifest_id = ends.manifest_id AND t.manifest_id = i.index_id
        AND t.since <= :time AND (t.until IS NULL OR t.until > :time)
)
SELECT tagged.number, g.url, r.name, tagged.name, tagged.manifest_id
FROM tagged
JOIN repositories AS r ON r.id = tagged.repository_id
JOIN registries AS g ON g.id = r.registry_id
ORDER BY tagged.number, g.url, r.name, tagged.name;
