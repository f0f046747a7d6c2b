"""Columns of files repeat few different values: each is understood once, and the rows take what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Different:
    """The different rows of some columns: `codes` says which of them a row is, `rows` are they, in the order of their coming."""

    codes: NDArray[np.intp]
    rows: pd.DataFrame

    def taken(self, values: pd.Series, index: pd.Index) -> pd.Series:
        """What the different rows mean, as every row's."""
        taken: pd.Series = values.take(self.codes).set_axis(index)
        return taken

    def categorical(self, texts: pd.Series[str]) -> pd.Categorical:
        """Texts of the different rows as every row's, without laying them out."""
        codes, uniques = pd.factorize(texts)
        return pd.Categorical.from_codes(codes[self.codes], pd.Index(uniques, dtype="str"))


def different(rows: pd.DataFrame, columns: Sequence[str]) -> Different:
    """The different rows of these columns; of no column, the one that all are."""
    if len(columns) == 1:
        own, uniques = coded(rows[columns[0]])
        return Different(own, pd.DataFrame({columns[0]: uniques.astype("str")}))
    codes = np.zeros(len(rows), dtype=np.intp)
    for name in columns:
        own, uniques = coded(rows[name])
        codes = pd.factorize(codes * (len(uniques) + 1) + own)[0]
    count = int(codes.max()) + 1 if len(codes) else 0
    first = np.zeros(count, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    found = pd.DataFrame(
        {name: rows[name].iloc[first].astype("str").to_numpy() for name in columns}, dtype="str"
    )
    return Different(codes, found if columns else pd.DataFrame(index=range(count)))


def coded(column: pd.Series) -> tuple[NDArray[np.intp], pd.Index]:
    """A column as places in its different values; those of a categorical may be of more values than it has."""
    if isinstance(column.dtype, pd.CategoricalDtype) and len(column.cat.categories) <= len(column):
        return column.cat.codes.to_numpy().astype(np.intp, copy=False), column.cat.categories
    codes, uniques = pd.factorize(column)
    return codes, pd.Index(uniques)


def constant(rows: pd.DataFrame, value: str) -> pd.Categorical:
    """A column that says the same in every row."""
    return pd.Categorical.from_codes(np.zeros(len(rows), dtype=np.int8), pd.Index([value], dtype="str"))
