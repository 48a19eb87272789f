"""Writes metrics.json: figures by scikit-learn and numpy that the Rust metrics must meet to 1e-9.

    pip install scikit-learn==1.9.1 && python make_metrics.py

Inputs are written with the figures, so the Rust side needs no random numbers.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.calibration import calibration_curve


def binary(name, truth, p, threshold=0.5):
    truth = np.asarray(truth, dtype=int)
    p = np.asarray(p, dtype=float)
    label = (p >= threshold).astype(int)
    both = len(set(truth.tolist())) == 2
    tn, fp, fn, tp = m.confusion_matrix(truth, label, labels=[0, 1]).ravel()
    edges = np.linspace(0, 1, 11)
    which = np.searchsorted(edges[1:-1], p)
    ece = sum(
        (which == b).mean() * abs(truth[which == b].mean() - p[which == b].mean())
        for b in range(10)
        if (which == b).any()
    )
    share, mean = calibration_curve(truth, p, n_bins=10) if both else ([], [])
    false_rate, true_rate, _ = m.roc_curve(truth, p, drop_intermediate=False) if both else ([], [], None)
    precision, recall, _ = m.precision_recall_curve(truth, p) if truth.any() else ([], [], None)
    return {
        "name": name,
        "truth": truth.tolist(),
        "p": p.tolist(),
        "threshold": threshold,
        "auc": m.roc_auc_score(truth, p) if both else None,
        "average_precision": m.average_precision_score(truth, p) if truth.any() else None,
        "log_loss": m.log_loss(truth, p, labels=[0, 1]),
        "brier": m.brier_score_loss(truth, p, pos_label=1),
        "accuracy": m.accuracy_score(truth, label),
        "balanced_accuracy": m.balanced_accuracy_score(truth, label),
        "precision": m.precision_score(truth, label, zero_division=0),
        "recall": m.recall_score(truth, label, zero_division=0),
        "f1": m.f1_score(truth, label, zero_division=0),
        "mcc": m.matthews_corrcoef(truth, label),
        "confusion": [int(tn), int(fp), int(fn), int(tp)],
        "ece": float(ece),
        "curve_share": list(share),
        "curve_mean": list(mean),
        "roc": [[float(a), float(b)] for a, b in zip(false_rate, true_rate)],
        # From the highest threshold on, without the point (0, 1) that belongs to none.
        "precision_recall": [[float(a), float(b)] for a, b in zip(recall, precision)][-2::-1],
        "top": {str(share): top(truth, p, share) for share in [0.01, 0.05, 0.1]},
    }


def top(truth, p, share):
    """Recall and lift of the highest scores; rows of the score at the edge count in part."""
    if not truth.any():
        return None
    taken = int(np.ceil(np.round(share * len(p), 9)))
    edge = np.sort(p)[::-1][taken - 1]
    above, at = p > edge, p == edge
    found = truth[above].sum() + truth[at].mean() * (taken - above.sum())
    return [float(found / truth.sum()), float(found / taken / truth.mean())]


def regression(name, truth, p):
    truth = np.asarray(truth, dtype=float)
    p = np.asarray(p, dtype=float)
    return {
        "name": name,
        "truth": truth.tolist(),
        "p": p.tolist(),
        "rmse": m.root_mean_squared_error(truth, p),
        "mae": m.mean_absolute_error(truth, p),
        "median_ae": m.median_absolute_error(truth, p),
        "max_error": m.max_error(truth, p),
        "r2": m.r2_score(truth, p) if len(truth) > 1 else None,
        "mse": m.mean_squared_error(truth, p),
        "mape": m.mean_absolute_percentage_error(truth, p),
        "msle": m.mean_squared_log_error(truth, p) if min(truth.min(), p.min()) > -1 else None,
        "explained_variance": m.explained_variance_score(truth, p),
        "wape": float(np.abs(p - truth).sum() / np.abs(truth).sum()) if truth.any() else None,
        "bias": float((p - truth).mean()),
        "p05": float(np.quantile(p, 0.05)),
        "p50": float(np.quantile(p, 0.50)),
        "p95": float(np.quantile(p, 0.95)),
    }


def main():
    rng = np.random.default_rng(20130301)
    p = rng.beta(1, 4, 400)
    truth = rng.random(400) < p
    sharp = 1 / (1 + np.exp(-12 * rng.standard_normal(120)))
    y = 40 * rng.standard_normal(300) + 7
    cases = {
        "sklearn": sklearn.__version__,
        "binary": [
            binary("continuous scores", truth, p),
            binary("many ties", truth, np.round(p, 1)),
            binary("another threshold", truth, np.round(p, 2), threshold=0.2),
            binary("sharp scores", rng.random(120) < 0.5, sharp),
            binary("zeros and ones", [0, 1, 1, 0, 1, 0], [0.0, 1.0, 0.0, 1.0, 0.5, 0.1]),
            binary("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
            binary("inverse", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
            binary("all scores equal", [0, 1, 0, 1, 1], [0.3] * 5),
            binary("only positives", [1, 1, 1], [0.2, 0.7, 0.9]),
            binary("only negatives", [0, 0], [0.2, 0.7]),
            binary("on the edges of bins", [0, 1, 0, 1, 1, 0], [0.1, 0.2, 0.3, 0.6, 0.7, 1.0]),
        ],
        "regression": [
            regression("noise", y, y + 5 * rng.standard_normal(300) + 1),
            regression("far from zero", y + 1e9, y + 1e9 + rng.standard_normal(300)),
            regression("constant truth", [3.0, 3.0, 3.0], [2.0, 3.0, 5.0]),
            regression("constant truth met", [3.0, 3.0], [3.0, 3.0]),
            regression("one row", [2.0], [5.0]),
            regression("counts", rng.poisson(3, 200), rng.gamma(3, 1, 200)),
            regression("nothing ever happens", [0.0, 0.0, 0.0], [0.5, 0.0, 0.25]),
            regression("all off by the same", [1.0, 4.0, 9.0], [3.0, 6.0, 11.0]),
            regression("down to -1", [-1.0, 2.0], [0.0, 1.0]),
        ],
    }
    out = Path(__file__).with_name("metrics.json")
    out.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
