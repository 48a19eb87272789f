"""What LightGBM reaches on the demo's three tasks: trained on January and February, judged on March.

    python benches/demo_tasks.py        (with the packages of benches/learn/requirements.txt, in the repository)

The features are those of the shipped pipelines; rounds are found on every sixth day, then all of both months are learned.
"""

from pathlib import Path

import lightgbm
import numpy
import pandas
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score, root_mean_squared_error

ASSETS = Path(__file__).parent.parent / "assets"
CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = ["distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib", "departure", "arrival", "planned", "weekday"]
SETTINGS = {
    "learning_rate": 0.1,
    "num_leaves": 31,
    "max_bin": 128,
    "min_sum_hessian_in_leaf": 5.0,
    "min_data_in_leaf": 1,
    "lambda_l2": 1.0,
    "verbosity": -1,
    "num_threads": 1,
    "seed": 1,
}


def minutes(clock):
    return clock // 100 * 60 + clock % 100


def flights():
    rows = pandas.read_csv(ASSETS / "flights-2013-q1.csv.gz")
    rows = rows.merge(pandas.read_csv(ASSETS / "weather-2013-q1.csv.gz"), on=["time_hour", "origin"], how="left")
    rows["departure"], rows["arrival"] = minutes(rows["sched_dep_time"]), minutes(rows["sched_arr_time"])
    rows["planned"] = (rows["arrival"] - rows["departure"]) % 1440
    rows["hour"] = pandas.to_datetime(rows["time_hour"], utc=True)
    rows["weekday"] = (rows["hour"] - pandas.Timedelta(hours=9)).dt.day_of_week + 1
    for name in CATEGORIES:
        rows[name] = rows[name].value_counts().index.get_indexer(rows[name]).astype(float)
    return rows


def march(rows, target, known, **more):
    """Predictions for the known rows of March, and what happened."""
    settings, features = SETTINGS | more, rows[CATEGORIES + NUMBERS]
    late = rows["time_hour"] >= "2013-03-01T05"
    day = (rows["hour"].dt.floor("D") - rows["hour"].min().floor("D")).dt.days
    train, test = known & ~late, known & late
    search, aside = train & (day % 6 != 3), train & (day % 6 == 3)
    data = lightgbm.Dataset(features[search], target[search])
    stop = lightgbm.early_stopping(30, verbose=False)
    validation = data.create_valid(features[aside], target[aside])
    rounds = lightgbm.train(settings, data, 400, valid_sets=[validation], callbacks=[stop]).best_iteration
    model = lightgbm.train(settings, lightgbm.Dataset(features[train], target[train]), round(1.2 * rounds))
    return model.predict(features[test]), target[test], target[train]


def main():
    rows = flights()
    known, cancelled = rows["arr_delay"].notna(), rows["dep_time"].isna()
    p, y, _ = march(rows, (rows["arr_delay"] > 15).astype(float), known, objective="binary")
    print(f"late: AUC {roc_auc_score(y, p):.4f}, log loss {log_loss(y, p):.4f}")
    for leaf in [5.0, 20.0, 100.0]:
        p, y, past = march(rows, rows["arr_delay"], known, objective="regression", min_sum_hessian_in_leaf=leaf)
        mean = root_mean_squared_error(y, numpy.full(len(y), past.mean()))
        print(f"minutes, leaf {leaf}: RMSE {root_mean_squared_error(y, p):.3f}, R2 {r2_score(y, p):.4f}, mean {mean:.3f}")
    late, early = rows["arr_delay"] > 15, rows["arr_delay"] < -5
    outcome = pandas.Series(numpy.select([cancelled, late, early], [0, 1, 3], 2), index=rows.index)
    p, y, past = march(rows, outcome, known | cancelled, objective="multiclass", num_class=4)
    shares = numpy.tile(past.value_counts(normalize=True).sort_index(), (len(y), 1))
    print(f"outcome: log loss {log_loss(y, p):.4f} (shares {log_loss(y, shares):.4f}), accuracy", end=" ")
    print(f"{accuracy_score(y, p.argmax(1)):.4f}, AUC of cancelled {roc_auc_score(y == 0, p[:, 0]):.4f}")


main()
