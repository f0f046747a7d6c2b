import pandas as pd

from include.supervision.escalation import Rungs, rungs
from tests.supervision.states import moment

AS_OF = moment("03-20 08:30")


def urged(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "alarm_id": [row[0] for row in rows],
            "urged_at": pd.to_datetime([moment(row[1]) for row in rows], utc=True),
        }
    )


def test_an_alarm_climbs_one_rung_after_another() -> None:
    history = urged(
        ("once, long ago", "03-17 08:30"),
        ("once, lately", "03-17 08:31"),
        ("twice, long ago", "03-13 08:30"),
        ("twice, long ago", "03-17 08:30"),
        ("twice, lately", "03-14 08:30"),
        ("twice, lately", "03-18 08:30"),
    )
    overdue = ["never", "once, long ago", "once, lately", "twice, long ago", "twice, lately"]
    assert rungs(overdue, history, AS_OF) == Rungs(
        urge={"never": 1, "once, long ago": 2}, listed={"twice, long ago": 2}
    )


def test_an_answered_alarm_leaves_the_ladder() -> None:
    assert rungs([], urged(("answered", "03-13 08:30")), AS_OF) == Rungs({}, {})
