-- Alerts that live, are delivered and are answered.

ALTER TABLE alerts ADD COLUMN evidence TEXT NOT NULL DEFAULT '{}';  -- JSON of Evidence
ALTER TABLE alerts ADD COLUMN fired INTEGER;              -- when it first fired; null: it never did
ALTER TABLE alerts ADD COLUMN clean INTEGER NOT NULL DEFAULT 0; -- clean looks in a row while it recovers
ALTER TABLE alerts ADD COLUMN needed INTEGER NOT NULL DEFAULT 0; -- of those, how many make it over
ALTER TABLE alerts ADD COLUMN before TEXT;                -- the state it returns to when it stops recovering
ALTER TABLE alerts ADD COLUMN inhibited_by INTEGER;       -- the alert that explains it: it is not told while that stands
ALTER TABLE alerts ADD COLUMN notified INTEGER;           -- when it was last queued for delivery
ALTER TABLE alerts ADD COLUMN told INTEGER;               -- when it was told that it fires; null: not since it last began to
ALTER TABLE alerts ADD COLUMN escalated INTEGER;          -- when it was escalated
ALTER TABLE alerts ADD COLUMN flapping INTEGER;           -- since when it comes and goes
ALTER TABLE alerts ADD COLUMN alarm TEXT;                 -- an operator's answer: true, false
ALTER TABLE alerts ADD COLUMN normal INTEGER;             -- when an operator called what was seen normal
UPDATE alerts SET fired = raised, told = raised;

CREATE INDEX alerts_flapping ON alerts (fingerprint) WHERE flapping IS NOT NULL;
CREATE INDEX alerts_by_fingerprint ON alerts (fingerprint, id);
CREATE INDEX alerts_by_run ON alerts (run);

CREATE TABLE mutes (
    fingerprint TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL,
    who TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE standings (                                  -- what each detector last said of each object
    pipeline TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    verdict TEXT NOT NULL,                                -- fine, bad, learning, cannot_check
    have INTEGER,
    need INTEGER,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL,                               -- when it began to say so
    at INTEGER NOT NULL,                                  -- when it last said so
    PRIMARY KEY (pipeline, kind, object)
) STRICT, WITHOUT ROWID;

CREATE TABLE deadlines (                                  -- every instant by which data had to be there
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    object TEXT NOT NULL,                                 -- arrival, data time or output
    slot INTEGER NOT NULL,                                -- the slot it belongs to
    due INTEGER NOT NULL,                                 -- slot and grace
    met INTEGER,                                          -- when what was due came
    missed INTEGER,                                       -- when it was seen to be missed; stays when it is met later
    excused TEXT,                                         -- why a miss does not count: holiday, blackout, downtime
    UNIQUE (pipeline, object, slot)
) STRICT;
CREATE INDEX deadlines_open ON deadlines (pipeline, due) WHERE met IS NULL;

CREATE TABLE outbox (                                     -- what is to be told, to whom, and how far that is
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    key TEXT NOT NULL,                                    -- the same key is told once
    alert INTEGER REFERENCES alerts (id),                 -- null for a test
    occasion TEXT NOT NULL,
    grouping TEXT NOT NULL,                               -- notices of one group that wait together go as one
    state TEXT NOT NULL,                                  -- waiting, delivered, failed, merged, dropped
    created INTEGER NOT NULL,
    due INTEGER NOT NULL,                                 -- not before
    expires INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    ended INTEGER,
    UNIQUE (channel, key)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (due) WHERE state = 'waiting';
CREATE INDEX outbox_by_alert ON outbox (alert);

CREATE TABLE deliveries (                                 -- every attempt
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    channel TEXT NOT NULL,
    occasion TEXT NOT NULL,
    grouping TEXT NOT NULL,
    alerts INTEGER NOT NULL,                              -- how many it told of
    alert INTEGER,                                        -- the one it is about, or the gravest
    outcome TEXT NOT NULL,                                -- delivered, retry, refused
    detail TEXT NOT NULL,
    ms INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_by_alert ON deliveries (alert);
CREATE INDEX deliveries_by_channel ON deliveries (channel, at);

CREATE TABLE receipts (                                   -- what a receiver calls an alert: a work item's number, …
    channel TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    remote TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (channel, fingerprint)
) STRICT, WITHOUT ROWID;

ALTER TABLE engine ADD COLUMN seen INTEGER;               -- the engine's newest sign of life
ALTER TABLE files ADD COLUMN columns TEXT;                -- JSON: the header as it was read, names in order
ALTER TABLE files ADD COLUMN types TEXT;                  -- JSON: types of those columns; [] when the format has none

CREATE VIEW alerts_now AS
    SELECT alerts.*, (SELECT until FROM mutes WHERE mutes.fingerprint = alerts.fingerprint) AS muted_until
    FROM alerts;
