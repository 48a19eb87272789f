"""Writes drift.json: distances and tests by scipy and numpy that the Rust drift statistics must meet to 1e-9.

    pip install scipy==1.17.1 numpy && python make_drift.py

Inputs are written with the figures, so the Rust side needs no random numbers. `null` stands for undefined.
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon


def psi(reference, sample):
    edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10))
    bins = len(edges) + 1
    p, q = (
        (np.bincount(np.searchsorted(edges, x, side="left"), minlength=bins) + 0.5) / (len(x) + 0.5 * bins)
        for x in (reference, sample)
    )
    return float(np.sum((q - p) * np.log(q / p)))


def numeric(name, reference, sample):
    reference, sample = np.asarray(reference, dtype=float), np.asarray(sample, dtype=float)
    defined = len(reference) > 0 and len(sample) > 0
    distance = stats.wasserstein_distance(reference, sample) if defined else None
    spread = reference.std() if defined else None
    over_sd = None if not defined else 0.0 if distance == 0 else distance / spread if spread > 0 else None
    n, m = len(sample), len(reference)
    return {
        "name": name,
        "reference": reference.tolist(),
        "sample": sample.tolist(),
        "wasserstein": distance,
        "wasserstein_over_sd": over_sd,
        "ks": stats.ks_2samp(reference, sample, method="asymp").statistic if defined else None,
        "ks_limit": 1.95 * np.sqrt((n + m) / (n * m)) if defined else None,
        "psi": psi(reference, sample) if defined else None,
        "psi_floor": max(0.2, 27.9 * (1 / n + 1 / m)) if defined else None,
    }


def categories(name, reference, sample):
    reference, sample = np.asarray(reference), np.asarray(sample)
    defined = reference.sum() > 0 and sample.sum() > 0
    seen = (reference + sample) > 0
    test = None
    if defined and seen.sum() > 1:
        test = stats.chi2_contingency(np.array([reference[seen], sample[seen]]), correction=False)
    return {
        "name": name,
        "reference": reference.tolist(),
        "sample": sample.tolist(),
        "js": float(jensenshannon(reference, sample, base=2)) if defined else None,
        "chi2": test.statistic if test else None,
        "degrees": int(test.dof) if test else None,
        "p": test.pvalue if test else None,
    }


def main():
    rng = np.random.default_rng(20130308)
    normal = rng.standard_normal(300)
    scores = rng.beta(1, 4, 250)
    many = rng.integers(0, 40, 40)
    cases = {
        "scipy": scipy.__version__,
        "numeric": [
            numeric("no shift", normal, rng.standard_normal(200)),
            numeric("half a sigma", normal, rng.standard_normal(150) + 0.5),
            numeric("scores", scores, rng.beta(2, 4, 180)),
            numeric("many ties", np.round(scores, 1), np.round(rng.beta(2, 3, 120), 1)),
            numeric("integers", rng.poisson(3, 200), rng.poisson(4, 100)),
            numeric("the same twice", normal[:50], normal[:50]),
            numeric("apart", [0.0, 1.0, 2.0], [10.0, 11.0]),
            numeric("far from zero", normal[:80] + 1e8, normal[80:160] + 1e8 + 0.25),
            numeric("a constant reference", [3.0] * 5, [3.0, 4.0]),
            numeric("the same constant", [3.0] * 5, [3.0] * 4),
            numeric("a constant sample", [1.0, 2.0, 3.0, 4.0], [2.5] * 6),
            numeric("one value each", [1.0], [2.0]),
            numeric("one value against many", normal[:60], [0.3]),
            numeric("nothing against something", [], [1.0, 2.0]),
            numeric("something against nothing", [1.0, 2.0], []),
        ],
        "categories": [
            categories("alike", [500, 300, 200], [52, 29, 19]),
            categories("shifted", [500, 300, 200], [30, 30, 40]),
            categories("two classes", [900, 100], [140, 60]),
            categories("a new class", [500, 500, 0], [40, 50, 10]),
            categories("a vanished class", [400, 300, 300], [60, 40, 0]),
            categories("one class only", [10], [20]),
            categories("the same class of two", [10, 0], [20, 0]),
            categories("nothing in common", [10, 0], [0, 20]),
            categories("forty classes", many, rng.integers(0, 9, 40)),
            categories("nothing", [0, 0], [3, 4]),
            categories("proportional", [20, 30], [200, 300]),
        ],
        "tails": [
            {"statistic": float(x), "degrees": k, "p": float(stats.chi2.sf(x, k))}
            for k in (1, 2, 3, 4, 9, 10, 31, 100, 999)
            for x in (0.0, 1e-8, 0.1, 1.0, 3.84, 10.83, 27.88, 95.0, 300.0, 1100.0)
        ],
    }
    out = Path(__file__).with_name("drift.json")
    out.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
