"""Predicts the rows of a CSV file with an exported model, and prints one number a line.

    python exported.py FOLDER FILE
"""

import csv
import sys

import numpy as np

folder, file = sys.argv[1:]
sys.path.insert(0, folder)

import landfall_model

with open(file, newline="", encoding="utf-8") as lines:
    rows = list(csv.DictReader(lines))
READ = {"temperature": float, "humidity": float, "weather": str, "working_day": lambda text: float(text == "true")}
columns = {name: [read(row[name]) if row[name] else None for row in rows] for name, read in READ.items()}
model = landfall_model.load(folder)
predictions = model.predict(columns)
if model.linear is not None:
    from sklearn.linear_model import LinearRegression

    line = LinearRegression()
    line.coef_, line.intercept_ = np.array(model.linear["weights"]), model.linear["intercept"]
    assert np.allclose(line.predict(model.standardised(columns)), predictions, rtol=1e-12, atol=0)
for prediction in predictions:
    print(repr(float(prediction)))
