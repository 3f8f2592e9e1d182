-- The limit that forbids to read a layer, a field of analyzers.limits.Limits; empty when it is none of them.
ALTER TABLE layers ADD COLUMN limit_name TEXT NOT NULL DEFAULT '';
