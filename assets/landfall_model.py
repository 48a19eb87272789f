"""Scores rows with a model that Landfall exported.

    import landfall_model
    model = landfall_model.load("folder of the export")
    model.predict({"temperature": [21.5, None], "weather": ["rain", "clear"]})

Columns are sequences of equal length; None and NaN are missing values. Dates are days since 1970-01-01 with a fraction,
booleans 0 and 1; a feature that Landfall derives is a column of its own. Needs numpy, and xgboost where the model is boosted.
"""

import json
from pathlib import Path

import numpy as np


LOGARITHMIC = ("poisson", "tweedie")
LINEAR = ("linear", "ols", "ridge", "lasso", "elastic_net", *LOGARITHMIC)
EDGE = 1e-9


def corrected(calibrator, p):
    """Probabilities as Landfall corrects them."""
    if calibrator["kind"] == "platt":
        inside = np.clip(p, EDGE, 1 - EDGE)
        odds = np.log(inside / (1 - inside))
        return 1 / (1 + np.exp(-(calibrator["slope"] * odds + calibrator["intercept"])))
    if calibrator["kind"] == "isotonic":
        return np.interp(p, calibrator["from"], calibrator["to"])
    score = calibrator["power"] * np.log(np.maximum(p, EDGE))
    share = np.exp(score - score.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)


def load(folder):
    return Model(Path(folder))


class Model:
    def __init__(self, folder):
        read = lambda name: json.loads((folder / name).read_text(encoding="utf-8"))
        self.content = read("manifest.json")["content"]
        self.features = read("preprocess.json")["features"]
        self.task = self.content["task"]
        self.linear = self.booster = None
        if self.content["algorithm"] == "boosting":
            import xgboost

            self.booster = xgboost.Booster(model_file=str(folder / "model.xgb.json"))
        elif self.content["algorithm"] in LINEAR:
            self.linear = read("coefficients.json")
        elif self.content["algorithm"] != "baseline":
            raise ValueError(f"the {self.content['algorithm']} of Landfall has no form in Python: its numbers are in model.json")
        self.calibrator = read("calibrator.json") if (folder / "calibrator.json").exists() else None

    def predict(self, columns):
        """The prediction for each row: a probability (binary), a number, or a probability for each of several classes."""
        predictions = self.raw(columns)
        return predictions if self.calibrator is None else corrected(self.calibrator, predictions)

    def raw(self, columns):
        """The predictions before their probabilities are corrected."""
        if self.booster is not None:
            import xgboost

            return self.booster.predict(xgboost.DMatrix(self.trees(columns))).astype(float)
        if self.linear is not None:
            view = self.standardised(columns)
            if self.task == "multiclass":
                score = np.column_stack([view @ np.array(line["weights"]) + line["intercept"] for line in self.linear["lines"]])
                odds = np.exp(score - score.max(axis=1, keepdims=True))
                return odds / odds.sum(axis=1, keepdims=True)
            score = self.linear["intercept"] + view @ np.array(self.linear["weights"])
            if self.content["algorithm"] in LOGARITHMIC:
                return np.exp(np.minimum(score, np.log(np.finfo(float).max)))
            return 1 / (1 + np.exp(-score)) if self.task == "binary" else score
        rows = len(next(iter(columns.values())))
        if self.task == "multiclass":
            return np.tile(self.content["baselines"], (rows, 1))
        return np.full(rows, self.content["baseline"])

    def trees(self, columns):
        """What trees see: numbers with NaN for missing, categories as their rank by frequency."""
        return np.column_stack([self._tree(feature, columns[feature["name"]]) for feature in self.features])

    def standardised(self, columns):
        """What linear models see: mean 0 and standard deviation 1 over the training rows, nothing missing."""
        return np.column_stack([c for f in self.features for c in self._linear(f, columns[f["name"]])])

    @staticmethod
    def _tree(feature, values):
        coding, fill = feature["coding"], feature["coding"]["fill"]
        fill = None if feature.get("indicator") else fill
        if coding["kind"] == "number":
            seen = _numbers(feature, values)
            return (seen if fill is None else np.where(np.isnan(seen), fill, seen)).astype(np.float32)
        ranks = _ranks(coding, values)
        ranks = ranks if fill is None else np.where(np.isnan(ranks), fill, ranks)
        if coding["trees"] != "target":
            return ranks.astype(np.float32)
        return np.where(np.isnan(ranks), np.nan, _effects(coding, ranks)[:, 0]).astype(np.float32)

    @staticmethod
    def _linear(feature, values):
        coding, view = feature["coding"], feature["linear_view"]
        if coding["kind"] == "number":
            seen = _numbers(feature, values)
            missing = np.isnan(seen)
            columns = np.where(missing, coding["centre"], seen)[:, None]
        else:
            ranks = _ranks(coding, values)
            missing = np.isnan(ranks)
            ranks = ranks if coding["fill"] is None else np.where(missing, coding["fill"], ranks)
            if coding["linear"] == "one_hot":
                columns = (ranks[:, None] == np.arange(len(view["scales"]))).astype(float)
            elif coding["linear"] == "rank":
                columns = np.where(np.isnan(ranks), view["absent"], ranks)[:, None]
            else:
                columns = _effects(coding, ranks)
        scaled = [
            (column - mean) / spread if spread > 0 else np.zeros(len(column))
            for column, (mean, spread) in zip(columns.T, view["scales"])
        ]
        return scaled + [missing.astype(float)] if view["indicator"] else scaled


def _effects(coding, ranks):
    """The mean target of each level, one column a class; the overall one where there is none."""
    means = [level["effect"] for level in coding["levels"]] + [coding["overall"]]
    means = np.array([mean if isinstance(mean, list) else [mean] for mean in means])
    return means[np.where(np.isnan(ranks), len(means) - 1, ranks).astype(int)]


def _numbers(feature, values):
    numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float32).astype(float)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    return np.clip(numbers, *feature["bounds"]) if "bounds" in feature else numbers


def _ranks(coding, values):
    rank = {level["name"]: place for place, level in enumerate(coding["levels"])}
    return np.array([rank.get(value, np.nan) for value in values], dtype=float)
