"""Quality flags of an hour, on series of one station."""

import numpy as np
import pandas as pd
import pytest

from include.errors import InputError
from include.watch.readings import FLAGS, epoch_hour, hours_of, read
from include.watch.rules import QualityRules

NAN = float("nan")
START = pd.Timestamp("2020-04-03T00:00+08:00")


def flags_of(values: list[float], samples: list[float] | None = None) -> list[str]:
    frame = pd.DataFrame(
        {
            "station_id": "A",
            "hour": pd.date_range(START, periods=len(values), freq="h"),
            "pm25_ug_m3": values,
            "sample_count": samples if samples is not None else [12] * len(values),
        }
    )
    first = epoch_hour(START)
    found = read(frame, pd.Series(["A"]), first, first + len(values), QualityRules())
    return [FLAGS[k] for k in found.flags[:, 0]]


@pytest.mark.parametrize(
    ("values", "samples", "expected"),
    [
        ([30.1, 31.2, NAN], None, ["ok", "ok", "missing"]),
        ([30.1, 31.2, 30.3], [12, 6, 5], ["ok", "ok", "few"]),
        ([30.1, 31.2, 30.3], [12, 0, 12], ["ok", "missing", "ok"]),
        ([-0.1, 0.0, 984.9, 985.0, 65535.0], None, ["range", "ok", "ok", "range", "range"]),
        ([30.1, 30.1, 30.1, 30.1, 31.0], None, ["ok", "ok", "stuck", "stuck", "ok"]),
        ([30.0] * 7, None, ["ok"] * 5 + ["stuck"] * 2),
        ([30.1, 30.1, NAN, 30.1, 30.1], None, ["ok", "ok", "missing", "ok", "ok"]),
    ],
)
def test_a_flag_says_why_an_hour_is_not_used(
    values: list[float], samples: list[float] | None, expected: list[str]
) -> None:
    assert flags_of(values, samples) == expected


def test_a_flag_is_the_same_wherever_the_window_begins() -> None:
    values = [30.1, 30.1, 30.1, 30.1, 31.0, 31.0]
    frame = pd.DataFrame(
        {
            "station_id": "A",
            "hour": pd.date_range(START, periods=6, freq="h"),
            "pm25_ug_m3": values,
            "sample_count": 12,
        }
    )
    first = epoch_hour(START)
    whole = read(frame, pd.Series(["A"]), first, first + 6, QualityRules()).flags[3:]
    late = read(frame, pd.Series(["A"]), first + 3, first + 6, QualityRules()).flags
    assert whole.tolist() == late.tolist()


def test_of_two_rows_of_one_hour_the_fuller_counts_in_any_order() -> None:
    rows = pd.DataFrame(
        {
            "station_id": ["A", "A", "unknown"],
            "hour": [START] * 3,
            "pm25_ug_m3": [40.5, 30.5, 99.5],
            "sample_count": [7, 12, 12],
        }
    )
    first = epoch_hour(START)
    for frame in (rows, rows.iloc[::-1]):
        found = read(frame, pd.Series(["A"]), first, first + 1, QualityRules())
        assert (found.pm25.tolist(), found.samples.tolist()) == ([[30.5]], [[12]])


def test_hours_are_counted_in_utc_whatever_the_zone() -> None:
    told = pd.Series(pd.to_datetime(["2020-04-03T08:00+08:00"]))
    assert hours_of(told).tolist() == hours_of(told.dt.tz_convert("UTC")).tolist()
    assert hours_of(told).tolist() == [epoch_hour("2020-04-03T00:00Z")]
    assert np.all(hours_of(pd.Series(pd.to_datetime(["2020-04-03T00:00"]))) == hours_of(told))


@pytest.mark.parametrize("at", ["2020-04-03T08:00", "2020-04-03T08:30+08:00"])
def test_a_window_is_whole_hours_with_a_zone(at: str) -> None:
    with pytest.raises(InputError, match="2020-04-03T08:00:00"):
        epoch_hour(at)
