"""Answered in time (答复及时), reckoned by hand on a few alarms of a store on both databases; and editions from before it."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.office.feedback import feedback_table
from include.open_settings import OpenSettings
from include.openness.editions import next_edition
from include.openness.figures import Row
from include.openness.gathering import month_facts, month_period, publishable
from include.openness.package import publication
from include.openness.site import Site
from include.openness.tables import csv_files
from tests.desk.facts import add_alarm, add_event, house_of, moment
from tests.openness.test_disputes import Alarms, facts
from tests.openness.test_editions import FIRST

PERIOD = month_period(date(2020, 3, 1), date(2020, 4, 1), timedelta(days=14))
Steps = tuple[tuple[str, str], ...]
A_SECOND_AFTER = "a second after"
# Pushed on 3 March at 08:00, to be answered by 4 March, 08:00: what happened, whether it is answered, and whether in time.
ALARMS: dict[str, tuple[Steps, bool, bool]] = {
    "at the deadline": ((("submitted", "03-04 08:00"),), True, True),
    A_SECOND_AFTER: ((("submitted", "03-04 08:00"),), True, False),
    "never": ((), False, False),
    "returned, answered again late": (
        (("submitted", "03-03 20:00"), ("returned", "03-05 09:00"), ("submitted", "03-09 09:00")),
        True,
        True,
    ),
    "late, returned, answered again": (
        (("submitted", "03-04 09:00"), ("returned", "03-04 10:00"), ("submitted", "03-04 11:00")),
        True,
        False,
    ),
    "returned for good": ((("submitted", "03-03 20:00"), ("returned", "03-05 09:00")), False, False),
    "accepted without a submission": ((("accepted", "03-03 09:00"),), True, True),
}
PENDING: Steps = (("disputed", "03-03 08:10"),)
# What happened to every alarm of a unit besides. A rejection gives 24 hours more for `on_time`, and none for this.
DISPUTES: dict[str, Steps] = {
    "110000": (),
    "120000": PENDING,
    "130100": (*PENDING, ("dispute_rejected", "03-03 08:30")),
    "140100": (*PENDING, ("dispute_rejected", "03-04 07:59")),
    "140300": (*PENDING, ("dispute_upheld", "03-04 07:00")),
}


def test_by_hand_whatever_is_disputed(engine: Engine, tmp_path: Path) -> None:
    for unit_code, disputes in DISPUTES.items():
        for name, (steps, _, _) in ALARMS.items():
            alarm_id = f"{unit_code} {name}"
            early = timedelta(seconds=name == A_SECOND_AFTER)
            add_alarm(engine, alarm_id, "03-03 08:00", unit_code, deadline_at=moment("03-04 08:00") - early)
            for event, at in (*steps, *disputes):
                add_event(engine, alarm_id, event, at)
    expected = (
        len(ALARMS),
        sum(is_answered for _, is_answered, _ in ALARMS.values()),
        sum(is_in_time for _, _, is_in_time in ALARMS.values()),
    )
    assert expected == (7, 5, 3)
    month = month_facts(house_of(engine, tmp_path), PERIOD, is_simulated=False)
    printed = feedback_table(engine, PERIOD).set_index("unit_code")
    names = ["pushed", "answered", "answered_in_time"]
    for unit_code in DISPUTES:
        told = (0, 0, 0) if unit_code == "140300" else expected
        assert tuple(month.counts[unit_code][name] for name in names) == told, unit_code
        assert tuple(printed.loc[unit_code, names[:2]]) == told[:2], unit_code
    assert sum(month.counts[unit_code]["answered_in_time"] for unit_code in DISPUTES) == 12
    assert [int(printed.loc[code, "on_time"]) for code in DISPUTES] == [3, 0, 4, 5, 0]


def test_small_ones_are_merged_like_every_count() -> None:
    """The first unit's 4 are small; those with the fewest alarms join it."""
    units = [Alarms(4, 16, 6), Alarms(9, 13, 6), Alarms(14, 4, 8), Alarms(20, 0, 0)]
    month = publishable(facts(units, [(0, 1)]), 5)
    told = [(row.members, row.counts["answered"], row.counts["answered_in_time"]) for row in month.answers]
    assert told == [(("u01",), 22, 9), (("u00", "u02", "u03"), 58, 38), ((), 80, 47)]


@pytest.mark.parametrize("rules", [1, 2])
def test_an_edition_from_before_stays_as_it_was_and_the_next_has_it(rules: int) -> None:
    before = replace(FIRST, month=replace(FIRST.month, rules=rules))
    (header, *rows) = csv.reader(io.StringIO(csv_files(before)["answers.csv"].decode()))
    assert header == [
        "month", "edition", "kind", "unit_codes", "unit_names", "pushed", "answered", "due", "on_time",
        "feedback_rate", "on_time_rate", "median_hours", "p90_hours", "data_origin",
    ]  # fmt: skip
    assert rows[-1][5:] == ["8", "7", "8", "6", "0.875", "0.75", "3.5", "9.0", ""]
    total = {**FIRST.month.answers[1].counts, "answered_in_time": 5}
    now = replace(FIRST.month, answers=(Row(("1", "2", "3"), total), Row((), total)), rules=3)
    after = next_edition(before, now, FIRST.released_on)
    files = publication(Site((before, after), OpenSettings(), "局"))
    assert files["v1/2020/03/answers.csv"] == csv_files(before)["answers.csv"]
    assert b",answered_in_time,due," in files["v2/2020/03/answers.csv"]
    assert (after.reason, "5/7（71.4%）" in files["v2/2020/03/index.html"].decode()) == ("settings", True)
    for path in ("v1/2020/03/index.html", "v1/2020/03/index.en.html"):
        assert "<td>—</td>" in files[path].decode()
