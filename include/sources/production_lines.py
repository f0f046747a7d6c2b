"""Tables of enterprises with a row a production line: one name at one place is one enterprise, with its lines."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NEAR_M: Final = 50.0
_M_A_DEGREE: Final = 111_195.0
_SPACE: Final = re.compile(r"\s+")
# What names a part of the works at the end of a name: （2号线）, 3号高炉, 一期.
_PART: Final = re.compile(
    r"(?:[(\[（【][^()\[\]（）【】]{0,20}[)\]）】]|[-_—]?[0-9一二三四五六七八九十]+(?:号|#|期|线)?(?:生产线|高炉|焦炉|机组|锅炉|烧结机|窑|线|期|车间)?)$"
)


def plain_name(name: str) -> str:
    """The name without white space, and without what names a part of the works.

    >>> plain_name("甲钢铁 有限公司（2号线）")
    '甲钢铁有限公司'
    """
    text = _SPACE.sub("", unicodedata.normalize("NFKC", name))
    while (shorter := _PART.sub("", text)) != text and len(shorter) >= 3:
        text = shorter
    return text.casefold()


def with_lines(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The enterprises (`enterprise_id, name, industry, lon, lat` and more), the rows of one name within `NEAR_M` metres of the
    first as that one, and how many rows became lines of another. `lines`: the number, name and industry of each, one a line."""
    names = rows["name"].map(plain_name)
    first_of = np.arange(len(rows))
    for places in rows.groupby(names.to_numpy(), sort=False).indices.values():
        if len(places) > 1:
            first_of[places] = _anchors(rows, np.asarray(places, dtype=np.intp))
    is_first = first_of == np.arange(len(rows))
    lines = np.array([""] * len(rows), dtype=object)
    for place in np.unique(first_of[~is_first]):
        members = rows[first_of == place]
        told = zip(members["enterprise_id"], members["name"], members["industry"], strict=True)
        lines[place] = "\n".join(" ".join(each) for each in told)
    kept = rows.assign(lines=pd.array(lines, dtype="str"))[is_first]
    return kept.reset_index(drop=True), int((~is_first).sum())


def _anchors(rows: pd.DataFrame, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each of these rows the first of them that is near."""
    lon, lat = (np.radians(rows[name].to_numpy(dtype=float)[places]) for name in ("lon", "lat"))
    anchors = places.copy()
    for place in range(1, len(places)):
        apart = np.hypot((lon[:place] - lon[place]) * np.cos(lat[place]), lat[:place] - lat[place])
        near = np.flatnonzero(
            (np.degrees(apart) * _M_A_DEGREE <= NEAR_M) & (anchors[:place] == places[:place])
        )
        if len(near):
            anchors[place] = places[near[0]]
    return anchors
