"""抽查: who is drawn, and that it can be drawn again."""

import hashlib
import hmac
from datetime import date

import pandas as pd
import pytest

from include.supervision.bulletin import _checked
from include.supervision.bulletin_figures import SpotChecks
from include.supervision.spot_checks import drawn, week_of

WEEK = date(2020, 3, 8)
KEY = bytes(range(32))


def answers(**units: int) -> pd.DataFrame:
    rows = [(f"{unit}-{number}", unit) for unit, count in units.items() for number in range(count)]
    return pd.DataFrame(rows, columns=["alarm_id", "unit_code"])


@pytest.mark.parametrize(
    ("units", "count"),
    [
        ({}, 0),
        ({"a": 7}, 7),  # all, where there are fewer than ten
        ({"a": 40, "b": 1}, 10),
        ({"a": 300, "b": 1}, 16),  # 5 % of 301, rounded up
        ({f"u{number}": 2 for number in range(39)}, 39),  # at least one a unit
    ],
)
def test_how_many_are_drawn(units: dict[str, int], count: int) -> None:
    found = drawn(answers(**units), WEEK, KEY)
    assert len(found) == count
    assert set(found["unit_code"]) == set(units)
    assert found["alarm_id"].is_unique


def test_the_draw_is_the_order_of_the_hmac_and_does_not_know_the_order_of_rows() -> None:
    rows = answers(a=30, b=3)

    def place(alarm_id: str) -> str:
        return hmac.new(KEY, f"2020-03-08\n{alarm_id}".encode(), hashlib.sha256).hexdigest()

    ranked = sorted(rows["alarm_id"], key=place)
    first = [next(one for one in ranked if one.startswith(unit)) for unit in ("a", "b")]
    expected = {*first, *[one for one in ranked if one not in first][:8]}
    assert set(drawn(rows, WEEK, KEY)["alarm_id"]) == expected
    shuffled = rows.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(drawn(shuffled, WEEK, KEY), drawn(rows, WEEK, KEY))
    assert set(drawn(rows, WEEK, b"another")["alarm_id"]) != expected
    assert set(drawn(rows, date(2020, 3, 15), KEY)["alarm_id"]) != expected


def test_weeks_run_from_sunday_to_saturday() -> None:
    assert [week_of(date(2020, 3, day)) for day in (7, 8, 14, 15)] == [
        date(2020, 3, 1),
        date(2020, 3, 8),
        date(2020, 3, 8),
        date(2020, 3, 15),
    ]


def test_a_city_is_told_of_its_checks_once_a_person_recorded_one() -> None:
    """How many of one city's answers are drawn depends on the key of the store; no letter may before somebody looked."""
    assert _checked(None) == _checked(SpotChecks(9, 0, 0)) == SpotChecks()
    assert _checked(SpotChecks(9, 1, 0)) == SpotChecks(9, 1, 0)
