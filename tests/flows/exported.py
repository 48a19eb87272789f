"""Predicts the rows of a CSV file with an exported model, and prints one number a line: the predictions, or with
`contributions` what XGBoost says that features add to them (row by row, class by class, the base last).

    python exported.py FOLDER FILE [contributions]
"""

import csv
import sys

import numpy as np

folder, file = sys.argv[1:3]
sys.path.insert(0, folder)

import landfall_model

with open(file, newline="", encoding="utf-8") as lines:
    rows = list(csv.DictReader(lines))
READ = {"temperature": float, "humidity": float, "weather": str, "working_day": lambda text: float(text == "true")}
columns = {name: [read(row[name]) if row[name] else None for row in rows] for name, read in READ.items()}
model = landfall_model.load(folder)
if sys.argv[3:] == ["contributions"]:
    import xgboost

    for part in np.ravel(model.booster.predict(xgboost.DMatrix(model.trees(columns)), pred_contribs=True)):
        print(repr(float(part)))
    sys.exit()
predictions = model.predict(columns)
raw, seen = model.raw(columns), None if model.linear is None else model.standardised(columns)
if seen is not None and model.task == "regression":
    from sklearn.linear_model import LinearRegression

    line = LinearRegression()
    line.coef_, line.intercept_ = np.array(model.linear["weights"]), model.linear["intercept"]
    given = line.predict(seen)
    if model.content["algorithm"] in landfall_model.LOGARITHMIC:
        given = np.exp(given)
    assert np.allclose(given, raw, rtol=1e-12, atol=0)
elif seen is not None:
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression()
    lines = model.linear.get("lines", [model.linear])
    line.coef_, line.intercept_ = np.array([one["weights"] for one in lines]), np.array([one["intercept"] for one in lines])
    line.classes_ = np.arange(max(len(lines), 2))
    given = line.predict_proba(seen)
    assert np.allclose(given if len(lines) > 1 else given[:, 1], raw, rtol=1e-9, atol=1e-12)
for prediction in np.ravel(predictions):
    print(repr(float(prediction)))
