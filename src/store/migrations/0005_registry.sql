-- Names that operators gave to model versions. The newest row of a name says what it stands for; without a version the
-- name was taken away. `champion` and `challenger` are not here: they follow from `champions` and `models`.
CREATE TABLE aliases (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    reason TEXT
) STRICT;
CREATE INDEX aliases_by_name ON aliases (pipeline, name, id);
