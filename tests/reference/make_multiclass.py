"""Writes multiclass.json: figures and coefficients by scikit-learn that the Rust side must meet, 1e-9 for figures,
1e-6 for coefficients.

    pip install scikit-learn==1.9.1 && python make_multiclass.py

Inputs are written with the figures, so the Rust side needs no random numbers.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.linear_model import LogisticRegression

warnings.simplefilter("ignore")
rng = np.random.default_rng(20130302)


def figures(name, truth, p):
    truth, p = np.asarray(truth), np.asarray(p, dtype=float)
    k = p.shape[1]
    labels = list(range(k))
    called = p.argmax(axis=1)
    average = lambda f, how: float(f(truth, called, average=how, zero_division=0))
    all_occur = len(set(truth.tolist())) == k
    kappa = float(m.cohen_kappa_score(truth, called))
    some = len(set(truth.tolist())) > 1
    pairs = lambda how: float(m.roc_auc_score(truth, p, multi_class="ovo", average=how, labels=labels))
    return {
        "name": name,
        "classes": k,
        "truth": truth.tolist(),
        "p": p.ravel().tolist(),
        "log_loss": float(m.log_loss(truth, p, labels=labels)),
        "brier": float(m.brier_score_loss(truth, p, labels=labels)) if k > 2 else None,
        "accuracy": float(m.accuracy_score(truth, called)),
        "balanced_accuracy": float(m.balanced_accuracy_score(truth, called)),
        "precision": average(m.precision_score, "macro"),
        "recall": average(m.recall_score, "macro"),
        "f1": average(m.f1_score, "macro"),
        "f1_weighted": average(m.f1_score, "weighted"),
        "precision_weighted": average(m.precision_score, "weighted"),
        "recall_weighted": average(m.recall_score, "weighted"),
        "mcc": float(m.matthews_corrcoef(truth, called)),
        "kappa": None if np.isnan(kappa) else kappa,
        "top2": float(m.top_k_accuracy_score(truth, p, k=2, labels=labels)) if k > 2 else None,
        "auc": float(m.roc_auc_score(truth, p, multi_class="ovr", labels=labels)) if all_occur else None,
        "auc_weighted": float(m.roc_auc_score(truth, p, multi_class="ovr", average="weighted", labels=labels))
        if all_occur
        else None,
        "confusion": m.confusion_matrix(truth, called, labels=labels).tolist(),
        "auc_ovo": pairs("macro") if some else None,
        "auc_ovo_weighted": pairs("weighted") if some else None,
        "auc_micro": float(m.roc_auc_score(truth, p, multi_class="ovr", average="micro", labels=labels))
        if all_occur
        else None,
        "precision_micro": average(m.precision_score, "micro"),
        "recall_micro": average(m.recall_score, "micro"),
        "f1_micro": average(m.f1_score, "micro"),
    }


def soft(n, k, sharp):
    scores = sharp * rng.normal(size=(n, k))
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def drawn(p):
    return [int(rng.choice(p.shape[1], p=row)) for row in p]


p3, p5 = soft(120, 3, 1.0), soft(150, 5, 2.0)
tied = np.round(soft(60, 4, 1.0) * 5) + 1
tied /= tied.sum(axis=1, keepdims=True)
cases = [
    figures("three classes", drawn(p3), p3),
    figures("five classes", drawn(p5), p5),
    figures("ties", drawn(tied), tied),
    figures("a class that never occurs", [0, 1, 1, 0, 0, 1, 0, 1], soft(8, 3, 1.0)),
    figures("never called rightly", [0, 1, 2], [[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.5, 0.3, 0.2]]),
    figures("certain and right", [0, 1, 2, 1], np.eye(3)[[0, 1, 2, 1]]),
    figures("certain and wrong", [0, 1, 2, 1], np.eye(3)[[1, 2, 0, 0]]),
    figures("one class only, always called", [1, 1, 1], [[0.1, 0.8, 0.1]] * 3),
    figures("one row", [2], [[0.2, 0.3, 0.5]]),
]

fits = []
for name, n, p, k, kind in [
    ("ordinary", 200, 4, 3, ""),
    ("five classes", 300, 3, 5, ""),
    ("a constant column", 120, 3, 3, "constant"),
    ("fewer rows than columns", 12, 15, 3, ""),
    ("separable", 60, 2, 3, "separable"),
]:
    x = rng.normal(size=(n, p))
    if kind == "constant":
        x[:, 0] = 2.0
    x = np.round(x, 6)
    scores = x @ rng.normal(size=(p, k)) + rng.normal(size=k)
    y = (scores if kind == "separable" else scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    if len(set(y.tolist())) < k:
        y[:k] = range(k)
    for strength in [0.1, 1.0, 10.0]:
        model = LogisticRegression(C=1.0 / strength, solver="newton-cholesky", tol=1e-14, max_iter=10_000).fit(x, y)
        fits.append(
            {
                "name": name,
                "classes": k,
                "x": x.tolist(),
                "y": y.tolist(),
                "strength": strength,
                "intercepts": model.intercept_.tolist(),
                "weights": model.coef_.tolist(),
            }
        )

target = Path(__file__).with_name("multiclass.json")
target.write_text(json.dumps({"scikit_learn": sklearn.__version__, "cases": cases, "fits": fits}) + "\n")
