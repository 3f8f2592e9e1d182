-- Tells whether an event still speaks of a component set that no image has any more.
CREATE INDEX event_sets_by_set ON event_sets (set_id);
