-- What an advisory touched is told from indexes alone: rows of manifests are long, and those of layers lie apart.

-- Images that have a component set, with the layer that each has it from.
DROP INDEX manifest_layers_by_set;
CREATE INDEX manifest_layers_by_set ON manifest_layers (set_id, manifest_id, layer_id);

-- Images that have a set from a layer, and at which height; some end with it.
DROP INDEX manifest_layers_by_layer;
CREATE INDEX manifest_layers_by_layer ON manifest_layers (layer_id, set_id, manifest_id, position);

-- Images that are newer than an event; for one just told those are few.
CREATE INDEX manifests_by_event ON manifests (known_since_event, id);
