"""Scores of the watch's alarms against a known truth: for tuning on simulated worlds, and for tests.

A truth is a folder as `simulate-world` writes it: `true_events.csv`, `grid_excess.parquet`, `fireworks.csv`, `world.json`.
Definitions: an alarm's *span* runs from the last whole hour before it was raised to its last hour. It *matches* an event of its
grid that overlaps the span, widened by one hour before and two after. Without a match it is *neutral* where the grid truly stood
10 μg/m³ above its surroundings within two hours before and one after; otherwise *false*. An alarm of more than 24 hours, less than a
quarter of them with such an excess, matches nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from include.errors import InputError

WARM_UP_HOURS: Final = 72  # a watch may learn first
_EXCESS_UG_M3: Final = 10.0
_HOUR: Final = pd.Timedelta(hours=1)
_DAY_HOURS: Final = 24


@dataclass(frozen=True)
class Truth:
    """What a world's truth says. `events`: grid_id, first, last (hour starts), hot_hours, source; `excess`: grid_id, hour."""

    events: pd.DataFrame
    excess: pd.DataFrame
    begin: pd.Timestamp
    end: pd.Timestamp
    grids: int


def read_truth(folder: Path) -> Truth:
    """Raises InputError when the folder lacks a file of a truth."""
    lacking = [
        name
        for name in ("true_events.csv", "grid_excess.parquet", "world.json")
        if not (folder / name).is_file()
    ]
    if lacking:
        raise InputError(
            "not the truth of a world",
            where=str(folder),
            expected=", ".join(lacking),
            todo="see simulate-world",
        )
    about = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    events = pd.read_csv(folder / "true_events.csv", dtype={"grid_id": str, "source": str})
    events = events.assign(first=_moments(events["started_at"]), last=_moments(events["last_at"]))
    excess = pd.read_parquet(folder / "grid_excess.parquet")
    excess = excess[excess["excess_ug_m3"] >= _EXCESS_UG_M3]
    excess = pd.DataFrame({"grid_id": excess["grid_id"].astype(str), "hour": _moments(excess["hour"])})
    begin, end = (pd.Timestamp(about[name]).tz_convert("UTC") for name in ("start", "end"))
    return Truth(events, excess, begin, end, int(about["grids"]))


def scores(
    alarms: pd.DataFrame, suspects: pd.DataFrame, truth: Truth, warm_up_hours: int = WARM_UP_HOURS
) -> dict[str, Any]:
    """The scores of alarms (columns of `alarms.csv`) and their suspects (of `suspects.csv`, or empty); shares are None where
    nothing is to be divided by."""
    warm = truth.begin + warm_up_hours * _HOUR
    events = truth.events[truth.events["first"] >= warm].reset_index(drop=True)
    spans = _spans(alarms)
    spans = spans[spans["first"] >= warm].reset_index(drop=True)
    near = _near_excess(spans, truth.excess)
    overlong = (spans["hours"] > _DAY_HOURS) & (near < spans["hours"] / 4)
    pairs = _pairs(spans[~overlong], events)
    is_matched = spans.index.isin(pairs["alarm"])
    is_neutral = ~is_matched & ~overlong.to_numpy() & (near > 0).to_numpy()
    is_false = ~is_matched & ~is_neutral
    is_hit = events.index.isin(pairs["event"])
    waits = _waits(pairs)
    matched, false, hit = int(is_matched.sum()), int(is_false.sum()), int(is_hit.sum())
    grid_days = truth.grids * (truth.end - warm) / (_DAY_HOURS * _HOUR)
    return {
        "events": len(events),
        "alarms": len(spans),
        "matched": matched,
        "neutral": int(is_neutral.sum()),
        "false": false,
        "overlong": int(overlong.sum()),
        "precision": _share(matched, matched + false),
        "recall": _share(hit, len(events)),
        **{f"recall_{least}_hot_hours": _recall(events, is_hit, least) for least in (3, 4)},
        "false_per_grid_day": round(false / grid_days, 5) if grid_days > 0 else None,
        "repeats": _share(max(0, matched - hit), matched),
        "time_to_alarm_h_p50": _quantile(waits, 0.5),
        "time_to_alarm_h_p90": _quantile(waits, 0.9),
        **_calibration(spans["confidence"], is_matched, is_matched | is_false),
        **_hits(spans, pairs, events, suspects),
    }


def _spans(alarms: pd.DataFrame) -> pd.DataFrame:
    raised, last = _moments(alarms["pushed_at"]), _moments(alarms["last_at"])
    first = (raised - _HOUR).dt.floor("h")
    last = last.where(last > first, first).dt.floor("h")
    return pd.DataFrame(
        {
            "alarm_id": alarms["alarm_id"].astype(str),
            "grid_id": alarms["grid_id"].astype(str),
            "first": first,
            "last": last,
            "raised": raised,
            "hours": (last - first) / _HOUR + 1,
            "confidence": pd.to_numeric(alarms["confidence"]),
        }
    )


def _near_excess(spans: pd.DataFrame, excess: pd.DataFrame) -> pd.Series[int]:
    """Hours with a true excess near each alarm."""
    both = spans.reset_index(names="alarm")[["alarm", "grid_id", "first", "last"]].merge(excess, on="grid_id")
    both = both[(both["hour"] >= both["first"] - 2 * _HOUR) & (both["hour"] <= both["last"] + _HOUR)]
    return both.groupby("alarm").size().reindex(spans.index, fill_value=0)


def _pairs(spans: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Alarms and events of one grid that overlap."""
    left = spans.reset_index(names="alarm")
    right = events.reset_index(names="event")[["event", "grid_id", "first", "last", "peak_excess_ug_m3"]]
    both = left.merge(right, on="grid_id", suffixes=("", "_event"))
    is_near = (both["first"] <= both["last_event"] + 2 * _HOUR) & (
        both["last"] >= both["first_event"] - _HOUR
    )
    return both[is_near]


def _waits(pairs: pd.DataFrame) -> pd.Series[float]:
    """Hours from the end of each matched event's first hot hour to its earliest alarm."""
    waits = ((pairs["raised"] - (pairs["first_event"] + _HOUR)) / _HOUR).clip(lower=0)
    earliest: pd.Series[float] = (
        pairs.assign(wait=waits).sort_values("raised", kind="stable").groupby("event")["wait"].first()
    )
    return earliest


def _recall(events: pd.DataFrame, is_hit: np.ndarray[Any, np.dtype[np.bool_]], least: int) -> float | None:
    is_long = (events["hot_hours"] >= least).to_numpy()
    return _share(int((is_hit & is_long).sum()), int(is_long.sum()))


def _calibration(said: pd.Series[float], is_right: Any, is_counted: Any) -> dict[str, float | None]:
    """The mean gap between what was said and what came true, by tenths of confidence; and the Brier score."""
    counted = is_counted & said.notna().to_numpy()
    p, y = said.to_numpy(float)[counted], np.asarray(is_right)[counted].astype(float)
    if not len(p):
        return {"confidence_ece": None, "confidence_brier": None}
    tenth = np.minimum((p * 10).astype(int), 9)
    gap = sum(abs(p[tenth == k].sum() - y[tenth == k].sum()) for k in np.unique(tenth)) / len(p)
    return {
        "confidence_ece": round(float(gap), 4),
        "confidence_brier": round(float(((p - y) ** 2).mean()), 4),
    }


def _hits(
    spans: pd.DataFrame, pairs: pd.DataFrame, events: pd.DataFrame, suspects: pd.DataFrame
) -> dict[str, Any]:
    """How often the source of a matched alarm's highest event is the first, or among the first three, of its suspects."""
    if suspects.empty:
        return {}
    main = pairs.sort_values("peak_excess_ug_m3", ascending=False, kind="stable").drop_duplicates("alarm")
    source = pd.Series(
        events["source"].to_numpy()[main["event"]], index=spans["alarm_id"].to_numpy()[main["alarm"]]
    )
    named = source[source != "unlisted"]
    ranked = suspects[suspects["enterprise_id"] != "unlisted"].sort_values(["alarm_id", "rank"])
    ranked = ranked.assign(place=ranked.groupby("alarm_id").cumcount() + 1)
    right = ranked[ranked["enterprise_id"] == ranked["alarm_id"].map(named)]
    place = right.set_index("alarm_id")["place"].reindex(named.index)
    return {
        "listed_matched": len(named),
        "hit@1": _share(int((place <= 1).sum()), len(named)),
        "hit@3": _share(int((place <= 3).sum()), len(named)),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _quantile(values: pd.Series[float], q: float) -> float | None:
    return round(float(values.quantile(q)), 2) if len(values) else None


def _moments(values: pd.Series[Any]) -> pd.Series[Any]:
    """UTC instants of ISO texts or timestamps with a zone."""
    return pd.to_datetime(values, utc=True, format=None if values.dtype.kind == "M" else "ISO8601").astype(
        "datetime64[s, UTC]"
    )
