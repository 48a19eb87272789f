-- Where reading stands in the partitions of streams. A position moves in the transaction that enters the file which
-- holds what was read.

CREATE TABLE streams (
    pipeline TEXT NOT NULL,
    source TEXT NOT NULL,                -- what is read, with its generation
    partition TEXT NOT NULL,
    position TEXT NOT NULL,              -- where reading goes on: the next offset, the last second
    mark TEXT,                           -- what the last record was, to know the stream again
    behind INTEGER NOT NULL,             -- records after the position when it was last looked at
    records INTEGER NOT NULL DEFAULT 0,  -- taken so far
    batches INTEGER NOT NULL DEFAULT 0,
    looked INTEGER NOT NULL,
    moved INTEGER,                       -- when something was taken last
    lost INTEGER NOT NULL DEFAULT 0,     -- records that had gone before they were read
    lost_at INTEGER,
    PRIMARY KEY (pipeline, source, partition)
) STRICT, WITHOUT ROWID;
