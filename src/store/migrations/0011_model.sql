-- What a figure says of the predictions of one run, whichever run measured it: outcomes come late.
ALTER TABLE metrics ADD COLUMN of_run INTEGER;
CREATE INDEX metrics_of_run ON metrics (of_run) WHERE of_run IS NOT NULL;
