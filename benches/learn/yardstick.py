"""One measurement of the benchmark `learn`, the way a careful person does it with pandas, scikit-learn and LightGBM.

    LANDFALL_BENCH_PARTS=folder python benches/learn/yardstick.py CASE

Prints one line of JSON; `benches/learn/main.rs` says what counts.
"""

import json
import os
import resource
import sys
import time

import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge
from sklearn.metrics import log_loss, r2_score, roc_auc_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = ["distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib", "departure", "arrival", "planned", "weekday"]
TREES = 100
# Minutes late from which the next class begins.
LATE = [-5, 16, 61]
# LightGBM's names for the settings of the other side.
SETTINGS = {
    "learning_rate": 0.1,
    "num_leaves": 31,
    "max_bin": 128,
    "min_sum_hessian_in_leaf": 5.0,
    "min_data_in_leaf": 1,
    "min_data_in_bin": 1,
    "lambda_l2": 1.0,
    "verbosity": -1,
    "seed": 1,
}


def columns(kind):
    """The standardised view: means of the target instead of categories, as the other side has it."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = make_pipeline(TargetEncoder(target_type=kind, smooth=20.0), StandardScaler())
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("categories", categories, CATEGORIES)])


class Ranks:
    """Categories as their rank by frequency, everything else as it is."""

    def fit(self, rows):
        self.levels = {name: rows[name].value_counts().index for name in CATEGORIES}
        return self

    def transform(self, rows):
        ranks = {name: levels.get_indexer(rows[name]).astype("float32") for name, levels in self.levels.items()}
        ranks = {name: numpy.where(rank < 0, numpy.nan, rank) for name, rank in ranks.items()}
        return numpy.column_stack([*ranks.values(), *(rows[name].to_numpy("float32") for name in NUMBERS)])


class Boosted:
    def __init__(self, objective):
        import lightgbm

        self.lightgbm, self.settings = lightgbm, SETTINGS | {"objective": objective}

    def fit(self, rows, target):
        self.ranks = Ranks().fit(rows)
        data = self.lightgbm.Dataset(self.ranks.transform(rows), target)
        self.model = self.lightgbm.train(self.settings, data, num_boost_round=TREES)

    def predict(self, rows):
        return self.model.predict(self.ranks.transform(rows))


def learner(case, rows):
    if case == "ridge":
        return make_pipeline(columns("continuous"), Ridge(alpha=1.0))
    if case == "elastic-net":
        return make_pipeline(columns("continuous"), ElasticNet(alpha=1.0 / rows, l1_ratio=0.5))
    if case == "multinomial":
        return make_pipeline(columns("multiclass"), LogisticRegression(C=1.0))
    if case == "logistic":
        return make_pipeline(columns("binary"), LogisticRegression(C=1.0))
    return Boosted("regression" if case == "boosted-numbers" else "binary")


def peak():
    """Most resident memory in bytes: VmHWM where there is one, for ru_maxrss survives an exec."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(case, folder):
    wanted = ["time_hour", "arr_delay", *CATEGORIES, *NUMBERS]
    rows = pandas.read_parquet(folder, columns=wanted).dropna(subset=["arr_delay"])
    rows = rows.astype({name: "category" for name in CATEGORIES} | {name: "float32" for name in NUMBERS})
    rows = rows.sort_values("time_hour", kind="stable", ignore_index=True)
    first, last = rows["time_hour"].iloc[[0, -1]]
    cut = int((rows["time_hour"] <= first + (last - first) * 0.8).sum())
    numbers = case in ("ridge", "elastic-net", "boosted-numbers")
    target = rows.pop("arr_delay").to_numpy("float64")
    several = case == "multinomial"
    if several:
        target = numpy.digitize(target, LATE)
    elif not numbers:
        target = (target > 15).astype("float64")
    del rows["time_hour"]
    train, test = rows.iloc[:cut], rows.iloc[cut:]
    model = learner(case, len(train))

    began = time.perf_counter(), time.process_time()
    model.fit(train, target[:cut])
    fitted = time.perf_counter(), time.process_time()
    predictions = model.predict_proba(test) if case in ("logistic", "multinomial") else model.predict(test)
    predictions = predictions[:, 1] if case == "logistic" else predictions
    done = time.perf_counter(), time.process_time()

    truth = target[cut:]
    loss = root_mean_squared_error(truth, predictions) if numbers else log_loss(truth, predictions)
    rank = r2_score(truth, predictions) if numbers else roc_auc_score(truth, predictions, multi_class="ovr")
    told = {"train": cut, "test": len(test)}
    told |= {"fit": fitted[0] - began[0], "fit_cpu": fitted[1] - began[1]}
    told |= {"predict": done[0] - fitted[0], "predict_cpu": done[1] - fitted[1]}
    print(json.dumps(told | {"peak": peak(), "loss": loss, "rank": rank}))


main(sys.argv[1], os.environ["LANDFALL_BENCH_PARTS"])
