"""Writes linear.json: coefficients by scikit-learn that the linear solvers must meet to 1e-6 (closed forms to 1e-9).

    pip install scikit-learn==1.9.1 && python make_linear.py

Inputs are written with the figures, so the Rust side needs no random numbers.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge

rng = np.random.default_rng(20130301)


def rounded(a):
    return np.round(np.asarray(a, dtype=float), 6)


def rows(n, p, kind):
    x = rng.normal(size=(n, p))
    if kind == "correlated":
        x[:, 1] = x[:, 0] + 0.05 * rng.normal(size=n)
    if kind == "far":
        x = x * [10.0 ** (i - 1) for i in range(p)] + 1_000.0
    if kind == "constant":
        x[:, 0] = 3.0
    if kind == "sparse":
        x = (x > 1.0).astype(float)
    return rounded(x)


cases = []
for name, n, p, kind in [
    ("ordinary", 200, 4, ""),
    ("correlated", 150, 4, "correlated"),
    ("far from the origin", 120, 3, "far"),
    ("a constant column", 80, 3, "constant"),
    ("mostly zero", 300, 5, "sparse"),
    ("fewer rows than columns", 6, 9, ""),
    ("one row", 1, 2, ""),
]:
    x = rows(n, p, kind)
    w = rng.normal(size=p)
    score = (x - x.mean(axis=0)) @ w / max(1.0, float(np.std(x @ w)))
    y = rounded(5.0 + score + 0.3 * rng.normal(size=n))
    label = (score + rng.normal(size=n) > 0.2).astype(int)
    fits = []
    for strength in [0.0, 1.0, 25.0]:
        for l1_ratio in [0.0, 0.5, 1.0]:
            if strength == 0.0 and (l1_ratio > 0.0 or n <= p or kind == "constant"):
                continue
            if strength == 0.0:
                model = LinearRegression()
            elif l1_ratio == 0.0:
                model = Ridge(alpha=strength, solver="cholesky", tol=1e-14)
            else:
                model = ElasticNet(alpha=strength / n, l1_ratio=l1_ratio, tol=1e-15, max_iter=10_000_000)
            model.fit(x, y)
            fits.append(
                {
                    "strength": strength,
                    "l1_ratio": l1_ratio,
                    "intercept": float(model.intercept_),
                    "weights": model.coef_.tolist(),
                }
            )
    logistic = []
    if len(set(label.tolist())) == 2:
        for strength in [0.1, 1.0, 10.0]:
            model = LogisticRegression(C=1.0 / strength, solver="newton-cholesky", tol=1e-14, max_iter=10_000)
            model.fit(x, label)
            logistic.append(
                {"strength": strength, "intercept": float(model.intercept_[0]), "weights": model.coef_[0].tolist()}
            )
    cases.append(
        {"name": name, "x": x.tolist(), "y": y.tolist(), "label": label.tolist(), "fits": fits, "logistic": logistic}
    )

target = Path(__file__).with_name("linear.json")
target.write_text(json.dumps({"scikit_learn": sklearn.__version__, "cases": cases}) + "\n")
