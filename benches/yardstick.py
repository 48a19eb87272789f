"""What the benchmark `year` is measured against: the same task as a bare script with pandas and LightGBM.

    python benches/yardstick.py LANDING

LANDING is a folder of daily CSV files (`LANDFALL_BENCH_LANDING=folder cargo bench --bench year` writes it). Reads them,
derives the features, trains on all but the last 14 days with early stopping on those, fits once more on everything,
predicts the last day and writes that. No ledger, no rejects, no history, no report.
"""

import glob
import resource
import sys
import tempfile
import time

began = time.perf_counter()

import lightgbm  # noqa: E402
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
    rows["weekday"] = (hour - pandas.Timedelta(hours=9)).dt.weekday + 1
    for name in CATEGORIES:
        rows[name] = rows[name].astype("category")
    features, known = rows[CATEGORIES + NUMBERS], rows["arr_delay"].notna()
    late, train = (rows["arr_delay"] > 15).astype(float), hour < hour.max() - pandas.Timedelta(days=14)
    fit = lightgbm.Dataset(features[known & train], late[known & train], free_raw_data=False)
    held = fit.create_valid(features[known & ~train], late[known & ~train])
    stop = lightgbm.early_stopping(30, verbose=False)
    model = lightgbm.train(SETTINGS, fit, num_boost_round=200, valid_sets=[held], callbacks=[stop])
    everything = lightgbm.Dataset(features[known], late[known])
    model = lightgbm.train(SETTINGS, everything, num_boost_round=model.best_iteration)
    last = hour >= hour.max().floor("D")
    rows.loc[last, "prediction"] = model.predict(features[last])
    with tempfile.TemporaryDirectory() as folder:
        rows[last].to_csv(f"{folder}/predictions.csv", index=False)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"{len(rows)} rows in {len(files)} files, {model.num_trees()} trees: {seconds:.2f} s, peak {peak / 1e6:.0f} MB")


main(sys.argv[1])
