-- What the engine asks all day costs the same with a million files and a hundred thousand runs.

CREATE INDEX files_by_pipeline ON files (pipeline, id);
CREATE INDEX files_by_data ON files (pipeline, data_to) WHERE data_to IS NOT NULL;
CREATE INDEX runs_open ON runs (id) WHERE state IN ('queued', 'running');
CREATE INDEX parts_by_commit ON parts (pipeline, kind, committed, last) WHERE committed IS NOT NULL;
CREATE INDEX models_by_run ON models (run);
CREATE INDEX triggers_by_run ON triggers (run);
CREATE INDEX alert_history_by_alert ON alert_history (alert);
