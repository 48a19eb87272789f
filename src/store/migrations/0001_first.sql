-- Instants are whole milliseconds since the Unix epoch, UTC. States are the names in `domain`.

CREATE TABLE engine (
    id INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    boot TEXT NOT NULL,
    started INTEGER NOT NULL,
    stopped INTEGER
) STRICT;

CREATE TABLE pipelines (
    name TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    headline TEXT NOT NULL,              -- metric shown on the overview: auc or rmse, or empty
    stages TEXT NOT NULL,                -- JSON: names in order
    paused INTEGER NOT NULL DEFAULT 0,
    next_check INTEGER,
    generation INTEGER NOT NULL DEFAULT 0 -- counts commits: what was cleaned on an older one must be cleaned again
) STRICT;

CREATE TABLE files (
    id INTEGER PRIMARY KEY,              -- grows in order of arrival: of two rows with one key the later file wins
    pipeline TEXT NOT NULL,
    key TEXT NOT NULL,
    token TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    hash TEXT,
    first_seen INTEGER NOT NULL,
    unchanged_since INTEGER NOT NULL,
    settled INTEGER,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    rows INTEGER,
    rejected INTEGER,
    run INTEGER,                         -- the run that has it or took it
    attempts INTEGER NOT NULL DEFAULT 0,
    UNIQUE (pipeline, key, token)
) STRICT;
CREATE INDEX files_by_state ON files (pipeline, state);
CREATE INDEX files_by_hash ON files (pipeline, hash);
CREATE INDEX files_by_key ON files (pipeline, key, id);

CREATE TABLE file_history (
    id INTEGER PRIMARY KEY,
    file INTEGER NOT NULL REFERENCES files (id),
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX file_history_by_file ON file_history (file);

CREATE TABLE triggers (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    fired INTEGER NOT NULL,
    reason TEXT NOT NULL,
    ready INTEGER NOT NULL,
    settling INTEGER NOT NULL,
    run INTEGER
) STRICT;
CREATE INDEX triggers_by_pipeline ON triggers (pipeline, id);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    parent INTEGER,
    rerun_from TEXT,                     -- JSON of RerunFrom
    created INTEGER NOT NULL,
    started INTEGER,
    ended INTEGER,
    committing INTEGER,                  -- instant at which moving staged objects began
    committed INTEGER,                   -- instant of the commit
    generation INTEGER NOT NULL,         -- the pipeline's when the run was created
    config_hash TEXT NOT NULL,
    seed INTEGER NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    rows INTEGER,
    error_class TEXT,
    error TEXT
) STRICT;
CREATE INDEX runs_by_pipeline ON runs (pipeline, id);

CREATE TABLE run_files (
    run INTEGER NOT NULL REFERENCES runs (id),
    file INTEGER NOT NULL REFERENCES files (id),
    PRIMARY KEY (run, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE stages (
    run INTEGER NOT NULL REFERENCES runs (id),
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    needs TEXT NOT NULL,                 -- JSON list of names
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    started INTEGER,
    ended INTEGER,
    reused_from INTEGER,
    summary TEXT NOT NULL DEFAULT '',
    error TEXT,
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    run INTEGER NOT NULL,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    outcome TEXT,                        -- a stage state
    pid INTEGER,
    error_class TEXT,
    error TEXT,
    peak_memory INTEGER,
    cpu_ms INTEGER,
    PRIMARY KEY (run, stage, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX logs_by_stage ON logs (run, stage, id);

CREATE TABLE parts (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    run INTEGER NOT NULL,
    stage TEXT NOT NULL,
    kind TEXT NOT NULL,
    partition TEXT NOT NULL,
    path TEXT NOT NULL,
    staged TEXT NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    hash TEXT NOT NULL,
    first INTEGER,
    last INTEGER,
    replaces INTEGER NOT NULL,
    state TEXT NOT NULL,                 -- staged, live, retired, dropped
    committed INTEGER,
    retired INTEGER,
    retired_by INTEGER
) STRICT;
CREATE INDEX parts_live ON parts (pipeline, kind, state, partition);
CREATE INDEX parts_by_run ON parts (run);

CREATE TABLE metrics (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    run INTEGER NOT NULL,
    stage TEXT NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    n INTEGER NOT NULL,
    split TEXT NOT NULL,
    who TEXT NOT NULL,
    model INTEGER,
    day TEXT,
    column_name TEXT,
    first INTEGER,
    last INTEGER
) STRICT;
CREATE INDEX metrics_by_name ON metrics (pipeline, name, split, who, run);
CREATE INDEX metrics_by_run ON metrics (run);

CREATE TABLE models (
    pipeline TEXT NOT NULL,
    version INTEGER NOT NULL,
    run INTEGER NOT NULL,
    made INTEGER NOT NULL,
    committed INTEGER,                   -- null: its run has not committed (or never did)
    card TEXT NOT NULL,                  -- JSON of ModelCard
    PRIMARY KEY (pipeline, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE champions (
    id INTEGER PRIMARY KEY,              -- the newest row of a pipeline names its champion
    pipeline TEXT NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    run INTEGER,
    who TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX champions_by_pipeline ON champions (pipeline, id);

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    message TEXT NOT NULL,
    observed REAL,
    low REAL,
    high REAL,
    unit TEXT NOT NULL,
    rule TEXT NOT NULL,
    run INTEGER,
    raised INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    ended INTEGER,
    note TEXT,
    who TEXT
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (fingerprint) WHERE state <> 'resolved';
CREATE INDEX alerts_by_pipeline ON alerts (pipeline, id);

CREATE TABLE alert_history (
    id INTEGER PRIMARY KEY,
    alert INTEGER NOT NULL REFERENCES alerts (id),
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    who TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;

CREATE TABLE operations (                -- everything an operator did
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    target TEXT NOT NULL,
    why TEXT,
    result TEXT NOT NULL
) STRICT;

CREATE TABLE events (                    -- what happened, for the overview and the log
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    pipeline TEXT,
    run INTEGER,
    subject TEXT NOT NULL,               -- a stage, model, file, engine, config
    text TEXT NOT NULL
) STRICT;
