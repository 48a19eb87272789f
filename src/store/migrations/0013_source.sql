-- Where a file version was seen: a landing that is pointed elsewhere has other files, also of the same names. Empty for
-- those from before.

ALTER TABLE files ADD COLUMN source TEXT NOT NULL DEFAULT '';
