-- What an image holds besides packages, as it is counted and compared: the secrets, failed checks and licences
-- of one layer that are left in it. Addressed by content, as component sets are.
CREATE TABLE content_sets (
    id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    -- What could not be read is in the body, too; here is how much that is.
    problems BIGINT NOT NULL,
    -- A store.content_sets.ContentSet, packed.
    body BYTEA NOT NULL
);

-- Rows only where there is something.
CREATE TABLE manifest_contents (
    manifest_id BIGINT NOT NULL REFERENCES manifests (id),
    -- secret · misconfiguration · license
    kind TEXT NOT NULL,
    -- Of the layer in the image; -1 for its configuration.
    position BIGINT NOT NULL,
    set_id BIGINT NOT NULL REFERENCES content_sets (id),
    PRIMARY KEY (manifest_id, kind, position)
);
CREATE INDEX manifest_contents_by_set ON manifest_contents (set_id);
