"""What the benchmark `year` is measured against: the same task as a bare script with pandas and LightGBM.

    python benches/yardstick.py LANDING

LANDING is a folder of daily CSV files (`LANDFALL_BENCH_LANDING=folder cargo bench --bench year` writes it). Reads them,
derives the features and does the fits that Landfall's train stage does with its defaults: one before the last 14 days,
its number of rounds found on every sixth day, judged on those 14 days, and one more on everything. Predicts the last
day and writes that. No ledger, no rejects, no history, no linear rival, no report.
"""

import glob
import resource
import sys
import tempfile
import time

began = time.perf_counter()

import lightgbm  # noqa: E402
import numpy  # noqa: E402
import pandas  # noqa: E402

CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = ["distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib", "departure", "arrival", "planned", "weekday"]
SETTINGS = {"objective": "binary", "learning_rate": 0.1, "num_leaves": 31, "verbosity": -1, "seed": 1}


def minutes(clock):
    return clock // 100 * 60 + clock % 100


def main(landing):
    files = sorted(glob.glob(f"{landing}/*.csv"))
    rows = pandas.concat([pandas.read_csv(file) for file in files], ignore_index=True)
    hour = pandas.to_datetime(rows["time_hour"], utc=True)
    rows["departure"], rows["arrival"] = minutes(rows["sched_dep_time"]), minutes(rows["sched_arr_time"])
    rows["planned"] = (rows["arrival"] - rows["departure"]) % 1440
    rows["weekday"] = (hour - pandas.Timedelta(hours=9)).dt.day_of_week + 1
    for name in CATEGORIES:
        rows[name] = rows[name].astype("category")
    features, known = rows[CATEGORIES + NUMBERS], rows["arr_delay"].notna()
    late = (rows["arr_delay"] > 15).astype(float)
    day = (hour.dt.floor("D") - hour.min().floor("D")).dt.days
    before = hour < hour.max() - pandas.Timedelta(days=14)
    search, aside = known & before & (day % 6 != 3), known & before & (day % 6 == 3)
    fit = lightgbm.Dataset(features[search], late[search])
    stop = lightgbm.early_stopping(30, verbose=False)
    validation = fit.create_valid(features[aside], late[aside])
    found = lightgbm.train(SETTINGS, fit, num_boost_round=400, valid_sets=[validation], callbacks=[stop])
    held = known & ~before
    chances = found.predict(features[held]).clip(1e-15, 1 - 1e-15)
    loss = -numpy.where(late[held] > 0, numpy.log(chances), numpy.log(1 - chances)).mean()
    rounds = round(found.best_iteration * min(known.sum() / search.sum(), 1.2))
    model = lightgbm.train(SETTINGS, lightgbm.Dataset(features[known], late[known]), num_boost_round=rounds)
    last = hour >= hour.max().floor("D")
    rows.loc[last, "prediction"] = model.predict(features[last])
    with tempfile.TemporaryDirectory() as folder:
        rows[last].to_csv(f"{folder}/predictions.csv", index=False)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"{len(rows)} rows in {len(files)} files, {found.current_iteration()} and {model.num_trees()} trees", end=", ")
    print(f"holdout log loss {loss:.4f}: {seconds:.2f} s, peak {peak / 1e6:.0f} MB")


main(sys.argv[1])
