-- Since when nobody needs what has no other time; pruning notes it, and forgets it when that is long ago.

-- A manifest that was never analysed, and to which no tag leads.
ALTER TABLE manifests ADD COLUMN unneeded_since TEXT;
CREATE INDEX manifests_unneeded ON manifests (unneeded_since) WHERE unneeded_since IS NOT NULL;

-- A layer that no analysed image has.
ALTER TABLE layers ADD COLUMN unneeded_since TEXT;
CREATE INDEX layers_unneeded ON layers (unneeded_since) WHERE unneeded_since IS NOT NULL;

-- Last time that a crawl could list the registry.
ALTER TABLE registries ADD COLUMN crawled_at TEXT;

-- Tells whether any event is old without reading all of them.
CREATE INDEX events_by_time ON events (time);

-- Tells which images are old, and which manifests never were analysed, without reading their configurations.
CREATE INDEX manifests_by_analysis ON manifests (analysed_at, id);

-- The view image_tags reads nothing else of a row: with both columns the index is all that it needs.
DROP INDEX index_children_by_manifest;
CREATE INDEX index_children_by_manifest ON index_children (manifest_id, index_id);
