from datetime import date

import pandas as pd

from include.supervision.escalation import NO_URGES, Rungs, Urged, rungs, urged_between
from include.supervision.feedback import judge
from tests.supervision.states import moment, states

AS_OF, TODAY = moment("03-20 08:30"), date(2020, 3, 20)


def urged(*rows: tuple[str, str], unit: str = "140300") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "alarm_id": [row[0] for row in rows],
            "unit_code": unit,
            "left_at": pd.to_datetime([moment(row[1]) for row in rows], utc=True),
        }
    )


def overdue(*names: str, pushed_at: str = "03-09 07:00", **row: object) -> pd.DataFrame:
    judged = judge(states(*({"alarm_id": name, "pushed_at": pushed_at, **row} for name in names)), AS_OF)
    return judged[judged["is_overdue"]]


def test_an_alarm_climbs_one_rung_after_another_by_dates() -> None:
    history = urged(
        ("once, three dates ago", "03-17 23:59"),
        ("once, lately", "03-18 00:00"),
        ("twice, three dates ago", "03-13 08:30"),
        ("twice, three dates ago", "03-17 08:30"),
        ("twice, lately", "03-14 08:30"),
        ("twice, lately", "03-18 08:30"),
        ("many", "03-11 08:30"),
        ("many", "03-14 08:30"),
        ("many", "03-19 08:30"),
    )
    names = ("never", *dict.fromkeys(history["alarm_id"]))
    assert rungs(overdue(*names), history, 0, AS_OF, TODAY) == Rungs(
        urge={"never": 1, "once, three dates ago": 2}, listed={"twice, three dates ago": 2, "many": 3}
    )


def test_an_alarm_is_taken_up_after_a_day_or_beside_three_late_ones_and_never_let_go_by_age() -> None:
    def first(pushed_at: str, late: int) -> dict[str, int]:
        return rungs(overdue("A", pushed_at=pushed_at), NO_URGES, late, AS_OF, TODAY).urge

    assert first("03-18 08:30", 0) == {}  # overdue for exactly a day
    assert first("03-18 08:29", 0) == {"A": 1}
    assert first("03-18 08:31", 2) == {}
    assert first("03-18 08:31", 3) == {"A": 1}
    assert first("03-19 08:30", 3) == {}  # at its deadline it is not overdue
    assert first("01-02 08:00", 0) == {"A": 1}


def test_only_letters_to_the_present_unit_after_the_applicable_deadline_count() -> None:
    rows = overdue("A")
    assert rungs(rows, urged(("A", "03-11 08:30"), unit="130100"), 0, AS_OF, TODAY) == Rungs({"A": 1}, {})
    assert rungs(rows, urged(("A", "03-10 07:00")), 0, AS_OF, TODAY) == Rungs({"A": 1}, {})
    assert rungs(rows, urged(("A", "03-10 07:01")), 0, AS_OF, TODAY) == Rungs({"A": 2}, {})
    again = overdue("A", standing_event="returned", returned_at="03-17 08:00")  # answered, sent back
    former = urged(("A", "03-11 08:30"), ("A", "03-14 08:30"))
    assert rungs(again, former, 0, AS_OF, TODAY) == Rungs({"A": 1}, {})


def test_an_answered_alarm_leaves_the_ladder() -> None:
    answered = overdue("A", standing_event="submitted", standing_submission_at="03-12 08:00")
    assert rungs(answered, urged(("A", "03-13 08:30")), 0, AS_OF, TODAY) == Rungs({}, {})


def test_the_letters_of_a_window_are_first_or_again() -> None:
    judged = judge(
        states(
            {"alarm_id": "A", "pushed_at": "03-09 07:00"},
            {
                "alarm_id": "B",
                "pushed_at": "03-09 07:00",
                "standing_event": "returned",
                "returned_at": "03-12 08:00",
            },
        ),
        AS_OF,
    )
    history = pd.concat(
        [
            urged(("A", "03-11 08:30"), ("A", "03-16 08:30"), ("B", "03-11 08:30"), ("B", "03-16 08:30")),
            urged(("A", "03-16 08:30"), unit="130100"),
            urged(("unknown", "03-16 08:30")),
        ]
    )
    assert urged_between(judged, history, moment("03-15 00:00"), moment("03-18 00:00")) == {
        "140300": Urged(first=1, again=1),  # B began a new ladder after it was sent back
        "130100": Urged(first=1),
    }
