"""Whether a row names another province than the one that its unit lies in. Columns are known by their usual headings, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.profile.current import office
from include.profile.values import Place, Profile

# Where no mapping names the column.
HEADINGS: Final = ("省", "省份", "省级", "所在省", "所在省份", "所属省份", "省（市）", "省市", "Province")
_SHORTEST: Final = (
    2  # letters of a name that stands for a longer one: without the word for province at its end
)


def province_column(header: Iterable[str]) -> str | None:
    """The heading under which a file tells provinces, if it has exactly one of the usual ones."""
    found = [name for name in header if name.strip() in HEADINGS]
    return found[0] if len(found) == 1 else None


def in_other_province(unit_codes: pd.Series[str], told: pd.Series[str]) -> NDArray[np.bool_]:
    """True for rows that name a province which is not the one of their unit; False where nothing is named, or the profile's
    places do not say in which province the unit lies."""
    known = _names(office())
    return np.array(
        [
            bool(name.strip()) and code in known and not _is_among(name, known[code])
            for code, name in zip(unit_codes, told, strict=True)
        ],
        dtype=bool,
    )


def _is_among(told: str, names: Iterable[str]) -> bool:
    """Whether one of the names begins as the told one does, or the told one as the name: the short form and the full one, either way."""
    said = told.strip().casefold()
    return any(
        min(len(said), len(name)) >= _SHORTEST and (name.startswith(said) or said.startswith(name))
        for name in map(str.casefold, names)
    )


def _names(profile: Profile) -> Mapping[str, tuple[str, ...]]:
    """What the province of each addressed unit is called: its place of the level `province` and, where none is above it, the place
    right below the country (a municipality)."""
    places = {place.place_code: place for place in profile.places}
    found: dict[str, tuple[str, ...]] = {}
    for unit in profile.addressees():
        province = _province(unit.place_code, places)
        if province is not None:
            names = (province.place_code, province.name, *province.aliases, province.name_en)
            found[unit.unit_code] = tuple(name for name in names if name)
    return found


def _province(code: str, places: Mapping[str, Place]) -> Place | None:
    below: Place | None = None
    seen = set[str]()
    while code in places and code not in seen:
        seen.add(code)
        place = places[code]
        if place.level == "province":
            return place
        if place.level == "country":
            return below
        below, code = place, place.parent_code
    return None
