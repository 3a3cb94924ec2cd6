"""Additive models of features with a few values each, by least squares, and their bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
BLOCKS = 100
"""Random blocks that a bootstrap draws in place of single cases, so that sums over them suffice for a fit."""
RIDGE = 1e-6
"""Of the mean square: a feature's columns add up to the constant, so that their level alone is open."""


@dataclass(frozen=True)
class Design:
    """Cases as columns of zeros and ones, one per feature and value, and a constant behind them.

    Attributes:
        x_CF: ``[cases, columns + 1]``.
        spans: the columns of each feature.
        labels: feature and value of each column.
    """

    x_CF: Array
    spans: dict[str, slice]
    labels: list[tuple[str, str]]

    @classmethod
    def of(cls, columns: dict[str, list[str]]) -> Design:
        """From the values of each feature."""
        blocks: list[Array] = []
        spans: dict[str, slice] = {}
        labels: list[tuple[str, str]] = []
        for name, values in columns.items():
            known, place_C = np.unique(values, return_inverse=True)
            blocks.append(np.eye(len(known))[place_C])
            spans[name] = slice(len(labels), len(labels) + len(known))
            labels += [(name, str(value)) for value in known]
        return cls(np.hstack([*blocks, np.ones((len(blocks[0]), 1))]), spans, labels)

    def fit(self, y_CK: Array) -> Array:
        """The effect ``[F, K]`` of every value on each of K targets; a feature's are 0 on average over the
        cases."""
        return self._centred(_solved(self.x_CF.T @ self.x_CF, self.x_CF.T @ y_CK))

    def draws(self, y_CK: Array, count: int, rng: np.random.Generator) -> Array:
        """``count`` bootstrap fits ``[count, F, K]``, of random blocks drawn with replacement."""
        cases = len(self.x_CF)
        size = max(1, cases // BLOCKS)
        order = rng.permutation(cases)[: size * (cases // size)].reshape(-1, size)
        x_BSF, y_BSK = self.x_CF[order], y_CK[order]
        turned_BFS = x_BSF.transpose(0, 2, 1)
        # One block fewer than there are keeps the spread unbiased, as in `limbeck.evaluation.ops`.
        blocks = len(order)
        drawn_DB = rng.multinomial(max(blocks - 1, 1), np.full(blocks, 1 / blocks), size=count)
        grams_DFF, moments_DFK = (np.tensordot(drawn_DB, turned_BFS @ each, 1) for each in (x_BSF, y_BSK))
        return self._centred(_solved(grams_DFF, moments_DFK))

    def predicted(self, effect_FK: Array, y_CK: Array) -> Array:
        """What a fit gives each case."""
        fitted: Array = self.x_CF[:, :-1] @ effect_FK + y_CK.mean(0)
        return fitted

    def _centred(self, effects: Array) -> Array:
        share_F = self.x_CF.mean(0)
        parts = [effects[..., span, :] for span in self.spans.values()]
        shares = [share_F[span, None] for span in self.spans.values()]
        means = [(share * part).sum(-2, keepdims=True) for share, part in zip(shares, parts, strict=True)]
        centred: Array = np.concatenate([a - b for a, b in zip(parts, means, strict=True)], axis=-2)
        return centred


def _solved(gram: Array, moment: Array) -> Array:
    size = gram.shape[-1]
    level = np.trace(gram, axis1=-2, axis2=-1)[..., None, None] / size
    solved: Array = np.linalg.solve(gram + RIDGE * level * np.eye(size), moment)
    return solved
