"""What each term of a score adds to it, and the chances again, from stored evidence alone: by the weights of its own edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.suspects.kinds import UNLISTED
from include.suspects.rules import DEFAULT_RULES, FORMER_WEIGHTS, Weights

Floats = NDArray[np.float64]
# The terms of a score, in this order; `utility` sums the points: weight times term, each rounded.
TERMS: Final = tuple(term.name for term in fields(Weights) if term.name != UNLISTED)


def weights_of(edition: str) -> Mapping[str, float]:
    """The weight of each term under an edition, `unlisted` among them; none of an edition that is not known here."""
    if edition == DEFAULT_RULES.edition:
        return dict(asdict(DEFAULT_RULES.weights))
    return FORMER_WEIGHTS.get(edition, {})


def terms_of(edition: str) -> tuple[str, ...]:
    """The terms of an edition's score, in order."""
    return tuple(name for name in weights_of(edition) if name != UNLISTED)


def utility_of(rows: Mapping[str, NDArray[Any]], weights: Mapping[str, float]) -> Floats:
    """The sum of the points of listed candidates, in a fixed order; `rows`: their terms by name."""
    total = np.zeros(len(rows[TERMS[0]]))
    for name, weight in weights.items():
        if name != UNLISTED:
            total = total + _points(rows[name], weight)
    return np.round(total, 6)


def score_points(suspects: pd.DataFrame) -> pd.DataFrame:
    """What each term adds to the score of stored rows (columns `ranking.EVIDENCE`, of any known edition): weight times term to six
    decimals, one column a term, and `unlisted`, which stands for them in its row. `utility` is their sum. A term that an edition
    does not know is empty."""
    parts = []
    for edition, rows in suspects.groupby("edition", sort=False):
        weights = weights_of(str(edition))
        points = {
            name: _points(rows[name].to_numpy(), weight)
            for name, weight in weights.items()
            if name != UNLISTED
        }
        if weights:
            points[UNLISTED] = np.where(rows["kind"] == UNLISTED, weights[UNLISTED], 0.0)
        parts.append(pd.DataFrame(points, index=rows.index))
    return pd.concat(parts).reindex(suspects.index) if parts else pd.DataFrame(columns=[*TERMS, UNLISTED])


def chance_from_evidence(suspects: pd.DataFrame) -> pd.Series:
    """The chances of stored rows (columns `ranking.EVIDENCE`), from their terms alone; equal to `score` to the last digit. Empty for
    an edition that is not known here."""
    utility = score_points(suspects).sum(axis=1, min_count=1).round(6)
    return pd.Series(np.exp(utility - suspects["log_sum"].astype(float)).round(6))


def _points(term: NDArray[Any], weight: float) -> Floats:
    """What one term adds to the score, as it is printed."""
    return np.asarray(np.round(weight * term.astype(float), 6) + 0.0)
