"""Writes promotion.json: what the rule of promotion computes, by numpy, scipy and scikit-learn.

    pip install numpy scipy==1.17.1 scikit-learn==1.9.1 && python make_promotion.py

Inputs are written with the figures, so the Rust side needs no random numbers. `null` stands for undefined.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.linear_model import LogisticRegression

EDGE = 1e-12


def slope(truth, p):
    truth, p = np.asarray(truth, dtype=bool), np.asarray(p, dtype=float)
    x = np.log(np.clip(p, EDGE, 1 - EDGE) / (1 - np.clip(p, EDGE, 1 - EDGE))).reshape(-1, 1)
    case = {"truth": truth.tolist(), "p": p.tolist(), "slope": None, "intercept": None, "error": None}
    if truth.all() or not truth.any() or np.ptp(x) == 0:
        return case
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, truth)
    fitted = model.predict_proba(x)[:, 1]
    design = np.hstack([np.ones_like(x), x])
    covariance = np.linalg.inv(design.T @ (design * (fitted * (1 - fitted))[:, None]))
    found = {"slope": float(model.coef_[0, 0]), "intercept": float(model.intercept_[0])}
    return case | found | {"error": float(np.sqrt(covariance[1, 1]))}


def comparison(days, differences):
    """Diebold and Mariano over days of unequal size, and the exact spread of the circular block bootstrap's means."""
    days, differences = np.asarray(days), np.asarray(differences, dtype=float)
    names = np.unique(days)
    sums = np.array([differences[days == day].sum() for day in names])
    rows = np.array([(days == day).sum() for day in names])
    mean = differences.mean()
    off = sums - mean * rows
    lags = int(np.floor(np.cbrt(len(names))))
    variance = off @ off
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (off[:-lag] @ off[lag:])
    statistic = differences.sum() / np.sqrt(variance)
    block = int(np.round(np.cbrt(len(names))))
    assert len(names) % block == 0 and len(set(rows)) == 1
    blocks = np.array([np.take(off, range(start, start + block), mode="wrap").sum() for start in range(len(names))])
    deviation = np.sqrt((len(names) / block) * np.mean(blocks**2)) / rows.sum()
    return {
        "days": days.tolist(),
        "differences": differences.tolist(),
        "mean": float(mean),
        "deviation": float(deviation),
        "p": float(2 * stats.norm.sf(abs(statistic))),
    }


def main():
    random = np.random.default_rng(20130101)
    slopes = []
    for n, factor in [(40, 1.0), (300, 0.6), (300, 1.8)]:
        logit = random.normal(-0.5, 1.2, n)
        truth = random.random(n) < 1 / (1 + np.exp(-logit))
        slopes.append(slope(truth, 1 / (1 + np.exp(-logit / factor))))
    slopes.append(slope([True, False, True, False], [0.0, 0.2, 1.0, 1.0]))
    slopes.append(slope([True] * 4, [0.1, 0.2, 0.3, 0.4]))
    slopes.append(slope([True, False], [0.5, 0.5]))
    comparisons = []
    for days, per_day, shift in [(14, 5, 0.0), (27, 6, 0.3), (64, 4, -0.1)]:
        weather = np.convolve(random.normal(0, 1, days + 2), [1, 0.6, 0.3], mode="valid")
        noise = random.normal(0, 0.5, days * per_day)
        comparisons.append(comparison(np.repeat(np.arange(days), per_day), shift + np.repeat(weather, per_day) + noise))
    versions = {"scipy": scipy.__version__, "sklearn": sklearn.__version__}
    Path(__file__).with_name("promotion.json").write_text(
        json.dumps({**versions, "slopes": slopes, "comparisons": comparisons}) + "\n"
    )


main()
