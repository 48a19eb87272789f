"""Writes inputs.json: figures by scipy and scikit-learn that the drift of features and the expected metrics must meet
to 1e-9.

    pip install scipy==1.17.1 scikit-learn==1.9.1 numpy && python make_inputs.py

Inputs are written with the figures, so the Rust side needs no random numbers. `null` stands for undefined.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics


def table(name, reference, sample):
    """Stability index over the categories that occur, and chi-square of the table whose rare categories are one."""
    reference, sample = np.asarray(reference, dtype=float), np.asarray(sample, dtype=float)
    case = {"name": name, "reference": [int(x) for x in reference], "sample": [int(x) for x in sample]}
    none = dict.fromkeys(("psi", "psi_degrees", "chi2", "degrees", "p", "v"))
    if reference.sum() == 0 or sample.sum() == 0:
        return case | none
    seen = (reference + sample) > 0
    reference, sample = reference[seen], sample[seen]
    p, q = ((x + 0.5) / (x.sum() + 0.5 * len(x)) for x in (reference, sample))
    case |= none | {"psi": float(np.sum((q - p) * np.log(q / p))), "psi_degrees": len(p) - 1}
    both = np.array([reference, sample])
    expected = np.outer(both.sum(axis=1), both.sum(axis=0)) / both.sum()
    rare = expected.min(axis=0) < 5
    kept = both[:, ~rare]
    if rare.any():
        one = both[:, rare].sum(axis=1)
        enough = min(both.sum(axis=1)) / both.sum() * one.sum() >= 5
        if enough or kept.shape[1] == 0:
            kept = np.column_stack([kept, one])
        else:
            kept[:, kept.sum(axis=0).argmin()] += one
    if kept.shape[1] > 1:
        test = stats.chi2_contingency(kept, correction=False)
        v = stats.contingency.association(kept.astype(int), method="cramer")
        case |= {"chi2": test.statistic, "degrees": int(test.dof), "p": test.pvalue, "v": float(v)}
    return case


def expected_binary(name, p, threshold):
    """Every row is positive with weight p and negative with weight 1 - p."""
    p = np.asarray(p, dtype=float)
    truth = np.concatenate([np.ones(len(p)), np.zeros(len(p))])
    score, weight = np.concatenate([p, p]), np.concatenate([p, 1 - p])
    called = (score >= threshold).astype(float)
    weighted = {"sample_weight": weight}
    both = p.sum() > 0 and (1 - p).sum() > 0
    return {
        "name": name,
        "p": p.tolist(),
        "threshold": threshold,
        "auc": metrics.roc_auc_score(truth, score, **weighted) if both else None,
        "log_loss": metrics.log_loss(truth, score, **weighted),
        "accuracy": metrics.accuracy_score(truth, called, **weighted),
        "f1": metrics.f1_score(truth, called, zero_division=0, **weighted),
    }


def expected_classes(name, rows):
    rows = np.asarray(rows, dtype=float)
    n, k = rows.shape
    truth, score, weight = np.tile(np.arange(k), n), np.repeat(rows, k, axis=0), rows.ravel()
    return {
        "name": name,
        "rows": rows.tolist(),
        "accuracy": metrics.accuracy_score(truth, score.argmax(axis=1), sample_weight=weight),
        "log_loss": metrics.log_loss(truth, score, sample_weight=weight, labels=np.arange(k)),
    }


def delong(name, truth, score):
    """AUC and its interval by the placements of DeLong, DeLong and Clarke-Pearson (1988), pair by pair."""
    truth, score = np.asarray(truth, dtype=bool), np.asarray(score, dtype=float)
    x, y = score[truth], score[~truth]
    won = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    auc = metrics.roc_auc_score(truth, score)
    variance = won.mean(axis=1).var(ddof=1) / len(x) + won.mean(axis=0).var(ddof=1) / len(y)
    reach = stats.norm.ppf(0.975) * np.sqrt(variance)
    return {
        "name": name,
        "truth": truth.tolist(),
        "score": score.tolist(),
        "auc": auc,
        "low": max(auc - reach, 0.0),
        "high": min(auc + reach, 1.0),
    }


def main():
    rng = np.random.default_rng(20130309)
    truth = rng.random(120) < 0.4
    probabilities = rng.beta(1, 3, 200)
    cases = {
        "scipy": scipy.__version__,
        "sklearn": sklearn.__version__,
        "tables": [
            table("alike", [500, 300, 200, 0], [52, 29, 19, 0]),
            table("shifted", [500, 300, 200], [30, 30, 40]),
            table("a rare level", [500, 490, 10], [50, 45, 5]),
            table("rare ones that are enough together", [400, 30, 30, 30, 30], [40, 4, 1, 3, 6]),
            table("everything rare", [3, 2, 1], [1, 2, 3]),
            table("only in one", [100, 0, 50], [0, 20, 5]),
            table("one category", [100], [20]),
            table("many levels", rng.integers(0, 60, 30), rng.integers(0, 12, 30)),
            table("nothing", [0, 0], [3, 4]),
        ],
        "ks": [
            {"d": d, "n": n, "m": m, "p": float(stats.kstwobign.sf(d * np.sqrt(n * m / (n + m))))}
            for d in (0.0, 0.01, 0.05, 0.1, 0.3, 0.7, 1.0)
            for n, m in ((1, 1), (30, 500), (300, 20_000), (2_000, 300_000))
        ],
        "limits": [
            {"tail": tail, "degrees": k, "limit": float(stats.chi2.isf(tail, k))}
            for tail in (0.5, 0.05, 0.001, 1e-6)
            for k in (1, 2, 5, 9, 10, 21, 100)
        ],
        "binary": [
            expected_binary("skewed", probabilities, 0.5),
            expected_binary("skewed, low threshold", probabilities, 0.2),
            expected_binary("ties", np.round(probabilities, 1), 0.3),
            expected_binary("sure", [0.0, 1.0, 1.0, 0.0], 0.5),
            expected_binary("one row", [0.3], 0.5),
            expected_binary("all the same", [0.25] * 8, 0.5),
            expected_binary("none positive", [0.0] * 3, 0.5),
        ],
        "classes": [
            expected_classes("three", rng.dirichlet([2, 1, 1], 60)),
            expected_classes("five, sharp", rng.dirichlet([0.3] * 5, 40)),
        ],
        "intervals": [
            delong("apart", truth, rng.normal(size=120) + 0.8 * truth),
            delong("alike", truth, rng.normal(size=120)),
            delong("ties", truth, np.round(rng.normal(size=120) + 0.5 * truth)),
            delong("perfect", [False, False, True, True], [0.1, 0.2, 0.8, 0.9]),
        ],
    }
    Path(__file__).with_name("inputs.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
