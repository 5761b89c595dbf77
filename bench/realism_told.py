"""Can a classifier tell real days from simulated ones? The area under the curve; 0.5: it cannot.

Folds are by home on both sides, every home weighs the same and both sides weigh the same, features
are standardised on the training part. Logistic regression with L2 is here; gradient boosting is
scikit-learn's, which only benches use (`pip install scikit-learn`; it is in the extra `dev`).
"""

import os
from collections.abc import Callable

import numpy as np

from bench.realism_days import Days
from bench.realism_homes import Floats
from simulators.columns import Ints, Mask

FOLDS = 5
L2 = 1.0
Predict = Callable[[Floats, Mask, Floats, Floats], Floats]
"""(training rows, their labels, their weights, rows to judge) -> scores"""


def logistic(rows: Floats, labels: Mask, weights: Floats, asked: Floats) -> Floats:
    """L2-penalised logistic regression by Newton's steps; the intercept is not penalised."""
    mean = np.average(rows, axis=0, weights=weights)
    sd = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weights))
    sd[sd == 0] = 1.0

    def prepared(table: Floats) -> Floats:
        return np.column_stack([np.ones(len(table)), (table - mean) / sd])

    x, y = prepared(rows), labels.astype(np.float64)
    w = weights / weights.mean()  # so that the penalty weighs as against so many plain rows
    penalty = np.full(x.shape[1], L2)
    penalty[0] = 0.0
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (w * (y - p)) - penalty * beta
        curve = (x * (w * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve + 1e-9 * np.eye(len(beta)), slope)
        beta += step
        if np.abs(step).max() < 1e-6:
            break
    scores: Floats = prepared(asked) @ beta
    return scores


def boosting() -> Predict | None:
    """Scikit-learn's histogram gradient boosting, 100 trees of 8 leaves; None: not installed."""
    # Threads that wait for one another are many times slower than one, on small tables.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError:
        return None

    def predict(rows: Floats, labels: Mask, weights: Floats, asked: Floats) -> Floats:
        model = HistGradientBoostingClassifier(
            max_leaf_nodes=8, max_bins=63, early_stopping=False, random_state=0
        )
        model.fit(rows, labels, sample_weight=weights / weights.mean())
        scores: Floats = model.predict_proba(asked)[:, 1]
        return scores

    return predict


def auc(scores: Floats, labels: Mask, weights: Floats) -> float:
    """Probability that a positive scores above a negative, ties half, by weight."""
    levels, place = np.unique(scores, return_inverse=True)
    positive = np.bincount(place, weights * labels, len(levels))
    negative = np.bincount(place, weights * ~labels, len(levels))
    below = np.cumsum(negative) - negative
    area = (positive * (below + negative / 2)).sum()
    return float(area / (positive.sum() * negative.sum()))


def told_apart(real: Days, other: Days, predict: Predict, seed: int) -> float:
    """AUC over all days, each judged by a model that knows no day of its home."""
    rows = np.concatenate([real.features, other.features])
    labels = np.arange(len(rows)) < len(real.home)
    weights = np.concatenate([real.weights(), other.weights()])
    fold = np.concatenate([_folds(real.home, seed), _folds(other.home, seed + 1)])
    areas = []
    for number in range(FOLDS):
        test = fold == number
        scores = predict(rows[~test], labels[~test], weights[~test], rows[test])
        areas.append(auc(scores, labels[test], weights[test]))
    return float(np.mean(areas))


def _folds(home: Ints, seed: int) -> Ints:
    """A fold for each row; whole homes, as evenly as can be."""
    homes = np.unique(home)
    order = np.random.default_rng(seed).permutation(len(homes))
    fold = np.zeros(int(homes.max()) + 1, np.int64)
    fold[homes[order]] = np.arange(len(homes)) % FOLDS
    chosen: Ints = fold[home]
    return chosen
