"""Distances between two populations, every person with the same weight."""

from dataclasses import dataclass

import numpy as np

from bench.realism_homes import Floats
from simulators.columns import Ints


@dataclass(frozen=True, slots=True)
class Values:
    """One number for each of many moments, days or people; `home` says whose."""

    home: Ints
    value: Floats

    def sorted_weights(self) -> tuple[Floats, Floats]:
        """Values in order, and their weights; those of one person add up to the same."""
        count = np.bincount(self.home)
        order = np.argsort(self.value, kind="stable")
        weights = 1 / count[self.home[order]]
        return self.value[order], weights / weights.sum()


@dataclass(frozen=True, slots=True)
class Shares:
    """One distribution over the same categories for each person: rows add up to one."""

    table: Floats  # [people, categories]


Marginal = Values | Shares


def distance(one: Marginal, other: Marginal) -> float:
    """Wasserstein's distance in the values' unit, or total variation between mean shares."""
    if isinstance(one, Values) and isinstance(other, Values):
        return wasserstein(one, other)
    if isinstance(one, Shares) and isinstance(other, Shares):
        return total_variation(one, other)
    raise TypeError("two marginals of one kind are compared")


def wasserstein(one: Values, other: Values) -> float:
    """The area between the two weighted distribution functions."""
    x, v = one.sorted_weights()
    y, w = other.sorted_weights()
    both = np.concatenate([x, y])
    order = np.argsort(both, kind="stable")
    apart = np.cumsum(np.concatenate([v, -w])[order])
    return float((np.abs(apart[:-1]) * np.diff(both[order])).sum())


def total_variation(one: Shares, other: Shares) -> float:
    """Half the summed difference of the mean distributions."""
    return float(np.abs(one.table.mean(axis=0) - other.table.mean(axis=0)).sum() / 2)


def shares(home: Ints, category: Ints, size: int, categories: int) -> Shares:
    """Each person's distribution over categories; who has nothing there is left out."""
    table = np.zeros((size, categories))
    np.add.at(table, (home, category), 1)
    total = table.sum(axis=1, keepdims=True)
    return Shares(table[total[:, 0] > 0] / total[total[:, 0] > 0])
