"""Pending disputes: which units have them is in no byte of any edition, whatever editions came before."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from include.openness.editions import next_edition
from include.openness.figures import Edition, Month
from include.openness.gathering import MonthFacts, month_period, publishable

SMALLEST = 5
NO_ALARMS = pd.DataFrame({"unit_code": pd.Series(dtype=str), "is_answered": pd.Series(dtype=bool)})


@dataclass(frozen=True)
class Alarms:
    """The alarms of one unit, in this order: on time, late, overdue."""

    on_time: int
    late: int
    overdue: int

    @property
    def pushed(self) -> int:
        return self.on_time + self.late + self.overdue

    def counts(self, disputed: list[int]) -> dict[str, int]:
        """What `feedback` counts where the alarms at these places are in dispute."""
        in_time = sum(place < self.on_time for place in disputed)
        return {
            "pushed": self.pushed,
            "answered": self.on_time + self.late,
            "answered_in_time": self.on_time,
            "due": self.pushed - len(disputed),
            "on_time": self.on_time - in_time,
            "in_dispute": len(disputed),
            "problems": 0,
            "alarms_with_problem": 0,
            "rectification_due": 0,
            "rectified": 0,
        }


Disputed = list[tuple[int, int]]  # unit and place of an alarm


def facts(units: list[Alarms], disputed: Disputed) -> MonthFacts:
    counts = {
        f"u{place:02}": unit.counts([alarm for owner, alarm in disputed if owner == place])
        for place, unit in enumerate(units)
    }
    return MonthFacts(
        period=month_period(date(2020, 3, 1), date(2020, 4, 1), timedelta(days=14)),
        names={code: code for code in counts},
        counts=counts,
        alarms=NO_ALARMS,
        quality={"drawn": 0, "checked": 0, "not_confirmed": 0},
        categories={},
        counties={code: {} for code in counts},
        is_simulated=False,
        hours_received=1.0,
        hours_expected=1.0,
    )


def history(steps: list[tuple[list[Alarms], Disputed]]) -> list[Edition]:
    """The editions of a month of which these things were known one after the other."""
    found: list[Edition] = []
    for units, disputed in steps:
        month = publishable(facts(units, disputed), SMALLEST, [one.month for one in found])
        if not found or month != found[-1].month:
            found.append(next_edition(found[-1] if found else None, month, date(2020, 4, 15)))
    return found


def told(month: Month) -> list[tuple[int | None, ...]]:
    return [tuple(row.counts.values()) for row in month.answers]


UNITS = [Alarms(14, 6, 6)] * 3 + [Alarms(20, 0, 0)]


def test_without_pending_disputes_every_count_is_told() -> None:
    month = publishable(facts(UNITS, []), SMALLEST)
    assert told(month) == [(26, 20, 14, 26, 14)] * 3 + [(20, 20, 20, 20, 20), (98, 80, 62, 98, 62)]
    assert month.in_dispute == 0


def test_one_pending_dispute_leaves_out_due_and_on_time_everywhere_and_merges_nothing() -> None:
    month = publishable(facts(UNITS, [(3, 0)]), SMALLEST)
    assert told(month) == [(26, 20, 14, None, None)] * 3 + [
        (20, 20, 20, None, None),
        (98, 80, 62, None, None),
    ]
    assert month.in_dispute == 1


def test_what_was_left_out_stays_so_when_the_dispute_is_decided() -> None:
    editions = history([(UNITS, []), (UNITS, [(0, 3)]), (UNITS, [])])
    assert [one.month.in_dispute for one in editions] == [0, 1, 0]
    assert [one.month.answers[0].counts["on_time"] for one in editions] == [14, None, None]


def test_the_number_is_not_told_where_it_would_tell_of_a_unit() -> None:
    lone, pair = [Alarms(20, 0, 0)], [Alarms(20, 0, 0), Alarms(9, 0, 0)]
    for units in (lone, pair):
        quiet, pending = (publishable(facts(units, disputed), SMALLEST) for disputed in ([], [(0, 1)]))
        assert quiet == pending
        assert quiet.in_dispute is None
    one_large = [Alarms(20, 0, 0), Alarms(5, 0, 0), Alarms(5, 0, 0)]
    numbers = {
        n: publishable(facts(one_large, [(0, k) for k in range(n)]), SMALLEST).in_dispute for n in (5, 6, 11)
    }
    assert numbers == {5: 5, 6: None, 11: None}
    assert publishable(facts([Alarms(0, 0, 0)] * 3, []), SMALLEST).in_dispute == 0


COUNT = st.sampled_from([0, 1, 4, 5, 7, 12])
STORE = st.lists(st.builds(Alarms, COUNT, COUNT, COUNT), min_size=3, max_size=5)


@st.composite
def changing_stores(draw: st.DrawFn) -> list[list[Alarms]]:
    """What was known of up to three units' alarms, one step after the other."""
    steps = [draw(STORE)]
    for _ in range(draw(st.integers(0, 2))):
        changed = list(steps[-1])
        if draw(st.booleans()):
            changed[draw(st.integers(0, len(changed) - 1))] = draw(st.builds(Alarms, COUNT, COUNT, COUNT))
        steps.append(changed)
    return steps


@settings(max_examples=120, deadline=None)
@given(changing_stores(), st.data())
def test_other_alarms_in_dispute_give_the_same_bytes_of_all_editions(
    stores: list[list[Alarms]], data: st.DataObject
) -> None:
    """Whatever a reader has, it is what it would be were any other alarms in dispute, in every step.

    All that is published is a function of the editions and of settings (`include.openness.package.publication`).
    """
    real, other = [], []
    for units in stores:
        alarms = [(place, alarm) for place, unit in enumerate(units) for alarm in range(unit.pushed)]
        number = data.draw(st.integers(0, min(4, len(alarms))))
        both = [data.draw(st.permutations(alarms))[:number] for _ in range(2)]
        real.append((units, both[0]))
        other.append((units, both[1]))
    assert history(real) == history(other)


@settings(max_examples=300, deadline=None)
@given(STORE, st.data())
def test_a_number_that_is_told_leaves_open_of_every_unit_whether_it_has_any(
    units: list[Alarms], data: st.DataObject
) -> None:
    alarms = [(place, alarm) for place, unit in enumerate(units) for alarm in range(unit.pushed)]
    disputed = data.draw(st.permutations(alarms))[: data.draw(st.integers(1, max(1, len(alarms))))]
    assume(disputed)
    month = publishable(facts(units, disputed), SMALLEST)
    assert {row.counts["due"] for row in month.answers} == {None}
    possible = [
        number
        for number in range(len(alarms) + 1)
        if publishable(facts(units, alarms[:number]), SMALLEST) == month
    ]
    assert len(disputed) in possible
    if sum(unit.pushed > 0 for unit in units) >= 3:
        for place in range(len(units)):
            assert sum(owner != place for owner, _ in alarms) >= min(possible), place
    else:
        assert 0 in possible
    # The alarms that could be in dispute are more than one unit's, unless there may be none.
    owners = Counter(owner for owner, _ in alarms)
    assert len(owners) >= 3 or 0 in possible
