-- The ledger says which rule decided, what else it was about, and what was in a file.

ALTER TABLE files ADD COLUMN rule TEXT;                   -- the rule by which it was found complete
ALTER TABLE files ADD COLUMN other INTEGER;               -- the file version it is a duplicate of, or superseded by
ALTER TABLE files ADD COLUMN promised INTEGER;            -- rows that its manifest promises
ALTER TABLE files ADD COLUMN data_from INTEGER;           -- earliest and latest event time of its usable rows
ALTER TABLE files ADD COLUMN data_to INTEGER;
ALTER TABLE files ADD COLUMN archived TEXT;               -- where it lies since it was archived
ALTER TABLE file_history ADD COLUMN before TEXT;          -- the state it left; null: it was new
ALTER TABLE file_history ADD COLUMN run INTEGER;          -- the run that had it then
