-- What Cleanbill remembers. One schema for SQLite and PostgreSQL: only types, constraints and indexes
-- that both read the same way. BYTEA is PostgreSQL's for bytes; SQLite keeps bytes as they are whatever
-- the column is called. Row ids are made by us from content (store.ids), so every insert may be repeated.
-- Times are RFC 3339 UTC text of fixed width, which sorts; digests are "sha256:…" text.

-- Local sequence numbers, each the last one given out or reached.
CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO cursors (name, value) VALUES ('advisory_seq', 0), ('matched_through', 0), ('event_seq', 0);

CREATE TABLE registries (
    id BIGINT PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    -- End of the first complete crawl; until then tags are recorded without telling anybody.
    baseline_at TEXT
);

CREATE TABLE repositories (
    id BIGINT PRIMARY KEY,
    registry_id BIGINT NOT NULL REFERENCES registries (id),
    name TEXT NOT NULL
);
CREATE UNIQUE INDEX repositories_by_name ON repositories (registry_id, name);

-- Every manifest met, whatever it turned out to be.
CREATE TABLE manifests (
    id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    -- pending · analysed · not_an_image · failed · too_large
    state TEXT NOT NULL,
    -- not_an_image: what it is; failed, too_large: why.
    reason TEXT NOT NULL DEFAULT '',
    attempts BIGINT NOT NULL DEFAULT 0,
    retry_at TEXT,
    -- "linux/amd64", empty for what is not an image.
    platform TEXT NOT NULL DEFAULT '',
    config_digest TEXT NOT NULL DEFAULT '',
    config BYTEA,
    -- The operating system as JSON of analyzers.inventory.Release; null when none was found.
    release TEXT,
    -- What could not be read, as JSON.
    problems TEXT NOT NULL DEFAULT '[]',
    analysed_at TEXT,
    -- Fingerprint of the analyzers' versions; another one means the image is to be analysed again.
    analysed_with TEXT NOT NULL DEFAULT '',
    -- Events up to this number are older than this image: they did not touch it.
    known_since_event BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX manifests_by_state ON manifests (state);

CREATE TABLE index_children (
    index_id BIGINT NOT NULL REFERENCES manifests (id),
    manifest_id BIGINT NOT NULL REFERENCES manifests (id),
    platform TEXT NOT NULL,
    PRIMARY KEY (index_id, manifest_id)
);
CREATE INDEX index_children_by_manifest ON index_children (manifest_id);

-- What a tag pointed to, and from when to when; until is null for what it points to now.
CREATE TABLE tags (
    repository_id BIGINT NOT NULL REFERENCES repositories (id),
    name TEXT NOT NULL,
    since TEXT NOT NULL,
    until TEXT,
    manifest_id BIGINT NOT NULL REFERENCES manifests (id),
    -- 1 once the change that began (ended) this row is in the event log or was decided to be silent.
    told_since BIGINT NOT NULL DEFAULT 0,
    told_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (repository_id, name, since)
);
CREATE UNIQUE INDEX tags_now ON tags (repository_id, name) WHERE until IS NULL;
CREATE INDEX tags_by_manifest ON tags (manifest_id, until);
CREATE INDEX tags_untold ON tags (repository_id) WHERE told_since = 0 OR (told_until = 0 AND until IS NOT NULL);

-- Tags of images, also through an index.
CREATE VIEW image_tags AS
SELECT manifest_id, repository_id, name, since, until FROM tags
UNION ALL
SELECT c.manifest_id, t.repository_id, t.name, t.since, t.until
FROM tags t JOIN index_children c ON c.index_id = t.manifest_id;

CREATE TABLE layers (
    id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    size_bytes BIGINT NOT NULL,
    diff_id TEXT NOT NULL DEFAULT '',
    unpacked_bytes BIGINT NOT NULL DEFAULT 0,
    entries BIGINT NOT NULL DEFAULT 0,
    -- JSON object: id of each analyzer that has read the layer → its version.
    analyzers TEXT NOT NULL DEFAULT '{}',
    -- Empty when it was read; else why not, and when to try again (null: never, the bytes will not change).
    reason TEXT NOT NULL DEFAULT '',
    retry_at TEXT
);

-- What an analyzer found in a layer; no row where it found nothing. "walk" holds what belongs to no analyzer.
CREATE TABLE inventories (
    layer_id BIGINT NOT NULL REFERENCES layers (id),
    analyzer TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (layer_id, analyzer)
);

CREATE TABLE component_sets (
    id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL
);

CREATE TABLE manifest_layers (
    manifest_id BIGINT NOT NULL REFERENCES manifests (id),
    position BIGINT NOT NULL,
    layer_id BIGINT NOT NULL REFERENCES layers (id),
    -- The packages credited to this layer that survive in this image.
    set_id BIGINT NOT NULL REFERENCES component_sets (id),
    created_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (manifest_id, position)
);
CREATE INDEX manifest_layers_by_set ON manifest_layers (set_id, manifest_id);
CREATE INDEX manifest_layers_by_layer ON manifest_layers (layer_id);

-- What advisories are matched with: a name and version in an ecosystem ("Debian:12"), judged once.
CREATE TABLE package_versions (
    id BIGINT PRIMARY KEY,
    -- The ecosystem without its release, which is also the feed's name; empty when there is none.
    feed TEXT NOT NULL,
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    -- pending (a reason says why it cannot be judged yet) · matched · unchecked (the reason says why not)
    -- · again (was unchecked; advisories that may speak of it have come: what they say is news)
    state TEXT NOT NULL DEFAULT 'pending',
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX package_versions_by_name ON package_versions (feed, name);
CREATE INDEX package_versions_pending ON package_versions (feed, id) WHERE state IN ('pending', 'again');

-- A package as an image carries it; several (libssl3, openssl) may share one package version.
CREATE TABLE components (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    purl TEXT NOT NULL,
    -- JSON of analyzers.inventory.Package.
    package TEXT NOT NULL,
    package_version_id BIGINT NOT NULL REFERENCES package_versions (id)
);
CREATE INDEX components_by_package_version ON components (package_version_id);
CREATE INDEX components_by_name ON components (name, version);

CREATE TABLE set_components (
    set_id BIGINT NOT NULL REFERENCES component_sets (id),
    component_id BIGINT NOT NULL REFERENCES components (id),
    path TEXT NOT NULL,
    PRIMARY KEY (set_id, component_id, path)
);
CREATE INDEX set_components_by_component ON set_components (component_id, set_id);

-- One row for each ecosystem that is followed.
CREATE TABLE feeds (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    -- ok · partial (some records unreadable) · failed · absent (the source does not have it)
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    -- Last time the feed was known to be complete and current; null: never.
    current_at TEXT,
    -- Validators of the list of changes, for the next conditional request.
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT ''
);

-- The ecosystems, with their releases, that records of a feed speak about ("Debian:12").
CREATE TABLE feed_ecosystems (
    feed TEXT NOT NULL,
    ecosystem TEXT NOT NULL,
    PRIMARY KEY (feed, ecosystem)
);

CREATE TABLE advisories (
    id BIGINT PRIMARY KEY,
    osv_id TEXT NOT NULL UNIQUE,
    modified TEXT NOT NULL,
    -- The time that the feed's list of changes gave for the stored record; what to compare the next list with.
    listed TEXT NOT NULL,
    withdrawn BIGINT NOT NULL DEFAULT 0,
    -- The OSV record, deflated JSON.
    body BYTEA NOT NULL
);

-- The OSV `affected` blocks of an advisory, by package.
CREATE TABLE affected (
    feed TEXT NOT NULL,
    name TEXT NOT NULL,
    advisory_id BIGINT NOT NULL REFERENCES advisories (id),
    blocks BYTEA NOT NULL,
    PRIMARY KEY (feed, name, advisory_id)
);
CREATE INDEX affected_by_advisory ON affected (advisory_id);

-- Every id that names an advisory: its own, its aliases, its upstream ones.
CREATE TABLE advisory_names (
    name TEXT NOT NULL,
    advisory_id BIGINT NOT NULL REFERENCES advisories (id),
    PRIMARY KEY (name, advisory_id)
);
CREATE INDEX advisory_names_by_advisory ON advisory_names (advisory_id);

-- Packages whose advisories changed, above the cursor matched_through.
CREATE TABLE advisory_changes (
    seq BIGINT NOT NULL,
    feed TEXT NOT NULL,
    name TEXT NOT NULL,
    advisory_id BIGINT NOT NULL REFERENCES advisories (id),
    PRIMARY KEY (seq, feed, name)
);

-- What each record says of a package version; no row where the version is not affected.
CREATE TABLE verdicts (
    package_version_id BIGINT NOT NULL REFERENCES package_versions (id),
    advisory_id BIGINT NOT NULL REFERENCES advisories (id),
    -- JSON of analyzers.findings.Match.
    match TEXT NOT NULL,
    PRIMARY KEY (package_version_id, advisory_id)
);
CREATE INDEX verdicts_by_advisory ON verdicts (advisory_id);

-- Verdicts of records that name each other, taken together: derived, kept because every report reads them.
CREATE TABLE findings (
    package_version_id BIGINT NOT NULL REFERENCES package_versions (id),
    id TEXT NOT NULL,
    severity TEXT NOT NULL,
    -- JSON of analyzers.findings.Finding.
    finding TEXT NOT NULL,
    PRIMARY KEY (package_version_id, id)
);

-- Append only.
CREATE TABLE events (
    seq BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    type TEXT NOT NULL,
    -- Events of one cause are told together: an advisory's id and change, or a tag's move.
    cause TEXT NOT NULL,
    severity TEXT NOT NULL,
    fixable BIGINT NOT NULL,
    -- Set for events about a package version, whose images are found through event_sets.
    package_version_id BIGINT,
    data TEXT NOT NULL
);

-- The component sets through which an event touched images when it happened.
CREATE TABLE event_sets (
    event_seq BIGINT NOT NULL REFERENCES events (seq),
    set_id BIGINT NOT NULL REFERENCES component_sets (id),
    PRIMARY KEY (event_seq, set_id)
);

CREATE TABLE endpoints (
    name TEXT PRIMARY KEY,
    -- Why nothing is sent any more (it answered 410); empty while it is in use.
    disabled TEXT NOT NULL DEFAULT '',
    disabled_at TEXT
);

CREATE TABLE deliveries (
    -- The message id that the receiver sees; the same at every attempt.
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL REFERENCES endpoints (name),
    -- The events of one cause have consecutive numbers.
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    -- due · delivered · dead · filtered
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at TEXT NOT NULL,
    last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_due ON deliveries (endpoint, first_seq) WHERE state = 'due';
