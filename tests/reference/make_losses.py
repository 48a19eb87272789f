"""Writes losses.json: losses of numbers by scikit-learn 1.9.1, over ordinary and degenerate inputs.

    pip install scikit-learn==1.9.1 && python make_losses.py > losses.json
"""

import json

import numpy as np
from sklearn.metrics import mean_pinball_loss, mean_tweedie_deviance

random = np.random.default_rng(7)
counts = random.poisson(3.0, 200).astype(float)
guess = random.gamma(3.0, 1.0, 200) + 1e-3
cases = [
    ("ordinary", counts, guess),
    ("one row", counts[:1], guess[:1]),
    ("no event at all", np.zeros(20), guess[:20]),
    ("always right", counts[:50] + 0.5, counts[:50] + 0.5),
    ("far off", counts[:50], np.full(50, 1e6)),
]
told = [
    {
        "name": name,
        "truth": truth.tolist(),
        "p": p.tolist(),
        "pinball": {str(q): mean_pinball_loss(truth, p, alpha=q) for q in (0.05, 0.5, 0.95)},
        "deviance": {str(power): mean_tweedie_deviance(truth, p, power=power) for power in (1.0, 1.5, 1.9)},
    }
    for name, truth, p in cases
]
print(json.dumps({"cases": told}))
