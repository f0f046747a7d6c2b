"""Masts that tell where the wind goes to for where it comes from: found by the masts around them, hour by hour.

A mast is compared with each of the nearest masts over the last hours. One that points against more than half of them (and at
least two have a say) is wrong by all likelihood and not used; of two alone nobody can tell which is wrong, and both are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.language import say
from include.periods import office_zone
from include.suspects.places import east_north_km
from include.suspects.rules import WindRules

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Hours = NDArray[np.int64]
COLUMNS: Final = [
    "station_id",
    "neighbour_id",
    "distance_km",
    "opposed_hours",
    "least_cosine",
    "first_hour",
    "last_hour",
    "left_out_hours",
]


def left_out(lon: Floats, lat: Floats, u: Floats, v: Floats, rules: WindRules) -> Flags:
    """Masts × hours: whether the mast stands against most of its neighbours over the `check_hours` up to the hour.

    `u`, `v`: m/s towards, masts × hours, NaN where a mast did not speak or is not believed.
    """
    found = np.zeros(u.shape, bool)
    judged, against = np.zeros(len(u), object), np.zeros(len(u), object)
    for mast, _, _, is_judged, is_opposed, _ in _pairs(lon, lat, u, v, rules):
        judged[mast] = judged[mast] + is_judged.astype(np.int64)
        against[mast] = against[mast] + is_opposed.astype(np.int64)
    for mast in range(len(u)):
        found[mast] = (judged[mast] >= rules.least_neighbours) & (2 * against[mast] > judged[mast])
    return found


def opposed_pairs(
    names: pd.Series,
    lon: Floats,
    lat: Floats,
    u: Floats,
    v: Floats,
    first: int,
    begin: int,
    rules: WindRules,
) -> pd.DataFrame:
    """One row a mast and neighbour that stood against each other from `begin` on (columns `COLUMNS`), by mast and distance.

    `opposed_hours`: hours at which the `check_hours` before said so, the first and last of them, and the least mean cosine;
    `left_out_hours`: of these hours, those in which the mast (`station_id`) was not used. `first`: hour of the first column.
    """
    out = left_out(lon, lat, u, v, rules)
    rows = []
    for mast, other, km, _, opposed, cosine in _pairs(lon, lat, u, v, rules):
        at = begin - first + np.flatnonzero(opposed[begin - first :])
        if not len(at):
            continue
        rows.append(
            {
                "station_id": str(names.iloc[mast]),
                "neighbour_id": str(names.iloc[other]),
                "distance_km": round(km, 1),
                "opposed_hours": len(at),
                "least_cosine": round(float(cosine[at].min()), 2) + 0.0,
                "first_hour": _instant(first + int(at[0])),
                "last_hour": _instant(first + int(at[-1])),
                "left_out_hours": int(out[mast, at].sum()),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def joined_pairs(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The same table over several spans of hours that follow each other."""
    rows = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)])
    if rows.empty:
        return rows.reset_index(drop=True)
    found = rows.groupby(["station_id", "neighbour_id", "distance_km"], as_index=False).agg(
        {
            "opposed_hours": "sum",
            "least_cosine": "min",
            "first_hour": "min",
            "last_hour": "max",
            "left_out_hours": "sum",
        }
    )
    ordered = found.sort_values(["station_id", "distance_km", "neighbour_id"], ignore_index=True)
    return pd.DataFrame(ordered[COLUMNS])


def opposed_words(pairs: pd.DataFrame) -> list[str]:
    """One Chinese line a mast that was not used, or a pair of which nobody can tell the wrong one, with the masts that say so."""
    lines = []
    accused = set(pairs.loc[pairs["left_out_hours"] > 0, "station_id"])
    for name, own in pairs.groupby("station_id", sort=True):
        told = own if name in accused else own[~own["neighbour_id"].isin(accused)]
        told = told[(told["station_id"] < told["neighbour_id"]) | (name in accused)]
        if told.empty:
            continue
        others = say("、").join(
            say(
                "{neighbour_id}（{distance_km}公里，平均余弦{least_cosine:.2f}）",
                neighbour_id=one.neighbour_id,
                distance_km=one.distance_km,
                least_cosine=one.least_cosine,
            )
            for one in told.itertuples()
        )
        span = say(
            "{first}至{last}",
            first=_shown(told["first_hour"].min()),
            last=_shown(told["last_hour"].max()),
        )
        end = (
            say(
                "疑为把去向记作来向，其中{left_out_hours}小时未采用，请核对风向口径",
                left_out_hours=told["left_out_hours"].max(),
            )
            if name in accused
            else say("周边气象站不足以判断哪一站有误，均仍采用，请核对风向口径（来向或去向）")
        )
        lines.append(
            say(
                "气象站{name}的风向与{others}相反（{span}）：{end}",
                name=name,
                others=others,
                span=span,
                end=end,
            )
        )
    return lines


def _shown(hour: pd.Timestamp) -> str:
    return say("{hour:%Y-%m-%d %H}时", hour=hour.tz_convert(office_zone()))


def _instant(hour: int) -> pd.Timestamp:
    return pd.Timestamp(hour * 3600, unit="s", tz="UTC")


def _pairs(
    lon: Floats, lat: Floats, u: Floats, v: Floats, rules: WindRules
) -> Iterator[tuple[int, int, float, Flags, Flags, Floats]]:
    """Every mast with each of its nearest neighbours: their places, kilometres, and by hour whether enough is known, whether they
    stand against each other, and the mean cosine (of whole millionths: sums do not depend on where the table begins)."""
    km = np.hypot(*east_north_km(lon[:, None], lat[:, None], lon, lat))
    np.fill_diagonal(km, np.inf)
    near = np.argsort(km, axis=1, kind="stable")[:, : rules.opposed_neighbours]
    mast, place = np.nonzero(np.take_along_axis(km, near, axis=1) <= rules.within_km)
    other = near[mast, place]
    speed = np.hypot(u, v)
    known = np.isfinite(speed) & (speed >= rules.calm_m_s)
    both = known[mast] & known[other]
    dot = u[mast] * u[other] + v[mast] * v[other]
    cosine = np.where(both, dot / np.where(both, speed[mast] * speed[other], 1.0), 0.0)
    hours = rolling(both.astype(np.int64), rules.check_hours)
    total = rolling(np.rint(cosine * 1e6).astype(np.int64), rules.check_hours)
    mean = total / 1e6 / np.maximum(hours, 1)
    is_judged = hours >= rules.opposed_hours
    is_opposed = is_judged & (mean <= rules.opposed_cosine)
    far = km[mast, other]
    return zip(mast.tolist(), other.tolist(), far.tolist(), is_judged, is_opposed, mean, strict=True)


def rolling(values: Hours, count: int) -> Hours:
    """Sums of each row's last `count` values up to every column."""
    summed = np.cumsum(np.concatenate([np.zeros((len(values), 1), np.int64), values], axis=1), axis=1)
    at = np.arange(1, values.shape[1] + 1)
    found: Hours = summed[:, at] - summed[:, np.maximum(at - count, 0)]
    return found
