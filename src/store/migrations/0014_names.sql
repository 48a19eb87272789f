-- Which figures there are is found by going from name to name, not by reading every figure.

CREATE INDEX metrics_named ON metrics (pipeline, name, split, who, day) WHERE column_name IS NULL AND of_run IS NULL;
