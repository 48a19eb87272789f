"""Writes isotonic.json: heights by scikit-learn's IsotonicRegression that the Rust side must meet to 1e-9.

    pip install scikit-learn==1.9.1 && python make_isotonic.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression

rng = np.random.default_rng(20130303)


def case(name, x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    model = IsotonicRegression(out_of_bounds="clip").fit(x, y)
    at = np.concatenate([np.linspace(x.min() - 0.1, x.max() + 0.1, 41), x[:10]])
    return {"name": name, "x": x.tolist(), "y": y.tolist(), "at": at.tolist(), "height": model.predict(at).tolist()}


p = np.round(rng.uniform(size=200), 4)
cases = [
    case("outcomes", p, (rng.uniform(size=200) < p).astype(float)),
    case("ties", np.round(p, 1), (rng.uniform(size=200) < p).astype(float)),
    case("rising already", [0.1, 0.2, 0.3], [0.0, 0.5, 1.0]),
    case("falling", [0.1, 0.2, 0.3], [1.0, 0.5, 0.0]),
    case("one row", [0.4], [1.0]),
    case("one place", [0.4, 0.4, 0.4], [1.0, 0.0, 1.0]),
    case("numbers", p[:60], p[:60] * 10 + rng.normal(size=60)),
]
Path(__file__).with_name("isotonic.json").write_text(json.dumps(cases) + "\n")
