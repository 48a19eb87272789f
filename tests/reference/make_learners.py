"""Writes learners.json: Poisson and Tweedie regression and Gaussian naive Bayes by scikit-learn, which the Rust side must
meet to 1e-6 (1e-9 for naive Bayes).

    pip install scikit-learn==1.9.1 && python make_learners.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import TweedieRegressor
from sklearn.naive_bayes import GaussianNB

rng = np.random.default_rng(20130304)
amounts = []
for name, n, p in [("ordinary", 200, 3), ("fewer rows than columns", 8, 12), ("a constant column", 100, 3)]:
    x = np.round(rng.normal(size=(n, p)), 6)
    if name == "a constant column":
        x[:, 0] = 1.5
    mean = np.exp(0.5 + x @ (0.4 * rng.normal(size=p)))
    count = rng.poisson(mean).astype(float)
    amount = np.round(np.where(rng.uniform(size=n) < 0.4, 0.0, mean * rng.gamma(2.0, 0.5, size=n)), 6)
    weight = np.round(rng.uniform(0.2, 2.0, size=n), 3)
    for power, y in [(1.0, count), (1.5, amount), (1.9, amount), (2.0, amount + 0.1)]:
        for strength in [0.5, 5.0]:
            for w in [None, weight]:
                total = n if w is None else w.sum()
                model = TweedieRegressor(
                    power=power, alpha=strength / total, link="log", solver="newton-cholesky", tol=1e-12, max_iter=1000
                )
                model.fit(x, y, sample_weight=w)
                amounts.append(
                    {
                        "name": name,
                        "power": power,
                        "strength": strength,
                        "x": x.tolist(),
                        "y": y.tolist(),
                        "row_weights": [] if w is None else w.tolist(),
                        "intercept": float(model.intercept_),
                        "weights": model.coef_.tolist(),
                    }
                )

bayes = []
for name, n, k in [("two classes", 60, 2), ("three classes", 90, 3)]:
    x = rng.normal(size=(n, 2)).astype(np.float32).astype(float)
    y = rng.integers(0, k, size=n)
    x[:, 0] = (x[:, 0] + y).astype(np.float32)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    model = GaussianNB().fit(scaled, y)
    bayes.append(
        {"name": name, "classes": k, "x": x.tolist(), "y": y.tolist(), "p": model.predict_proba(scaled).tolist()}
    )

text = json.dumps({"amounts": amounts, "bayes": bayes})
Path(__file__).with_name("learners.json").write_text(text + "\n")
