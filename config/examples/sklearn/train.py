"""Trains a gradient-boosted classifier on the history that Landfall has cleaned.

Landfall runs this file as a stage. It finds in its environment
  LANDFALL_HISTORY  absolute paths of the Parquet files of the history, one a line
  LANDFALL_OUTPUT   a folder whose files become artifacts of the run
and what it prints as JSON lines becomes progress and metrics; anything else it prints is log.
"""

import json
import os
import pickle
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = ["distance", "sched_dep_time", "weekday"]
HOLDOUT = timedelta(days=14)


def say(**line):
    print(json.dumps(line), flush=True)


def read_history():
    """All rows with an outcome, by event time."""
    parts = os.environ["LANDFALL_HISTORY"].splitlines()
    rows = pl.concat([pl.read_parquet(part) for part in parts], how="diagonal_relaxed")
    rows = rows.with_columns(weekday=pl.col("time_hour").dt.weekday())
    return rows.filter(pl.col("late").is_not_null()).sort("time_hour", "_file", "_line")


def features(rows):
    """The columns the model sees, as a matrix: categories first."""
    return rows.select(CATEGORIES + NUMBERS).to_numpy()


def new_model():
    places = list(range(len(CATEGORIES)))
    # Levels that were not seen in training are missing values to the trees.
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"), max_categories=250)
    return make_pipeline(
        make_column_transformer((encoder, places), remainder="passthrough"),
        HistGradientBoostingClassifier(categorical_features=places, random_state=42),
    )


def main():
    rows = read_history()
    if rows.is_empty():
        sys.exit("the history holds no row with an outcome yet")
    cut = rows["time_hour"].max() - HOLDOUT
    train, test = rows.filter(pl.col("time_hour") <= cut), rows.filter(pl.col("time_hour") > cut)
    if train["late"].n_unique() < 2 or test["late"].n_unique() < 2:
        sys.exit(f"both classes are needed before and after {cut}: {train.height} and {test.height} rows are there")
    say(progress=0.2, note=f"training on {train.height} rows up to {cut}")
    model = new_model().fit(features(train), train["late"].to_numpy())

    say(progress=0.7, note=f"judging on {test.height} rows")
    truth, scores = test["late"].to_numpy(), model.predict_proba(features(test))[:, 1]
    say(metric="auc", value=roc_auc_score(truth, scores), n=test.height, split="holdout", who="challenger")
    say(metric="log_loss", value=log_loss(truth, scores), n=test.height, split="holdout", who="challenger")

    say(progress=0.8, note="fitting on all rows")
    model.fit(features(rows), rows["late"].to_numpy())
    with open(Path(os.environ["LANDFALL_OUTPUT"]) / "model.pickle", "wb") as file:
        pickle.dump(model, file)
    say(progress=1.0, note="done")


if __name__ == "__main__":
    main()
