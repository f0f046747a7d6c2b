"""The units of an office with a chain, judged by when their reports reached it and not by when it came to review them; pure.

Upward an alarm is answered by the 审核通过. Towards its own units an office may not call overdue what lies with itself: an alarm that every
holder has reported is answered by the last of their first reports, and waits for the review (待审核) until that is done.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from include.chain.closed import before_closing
from include.chain.steps import ACKNOWLEDGED, ASSIGNED, REPORTED, RETURNED, WITHDRAWN

_OWED: Final = (ASSIGNED, ACKNOWLEDGED, RETURNED)
UNDER_REVIEW: Final = "reported"
"""The `standing_event` of an alarm that every holder has reported and this office has not passed yet."""


def judged_by_receipt(states: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """The states of `sql/alarm_states.sql` with the holders' own times, as of the moment of both. `tasks`: rows of `sql/chain_tasks.sql`.

    `first_answer_at`: when every holder had reported for the first time, where that was earlier; `standing_event` UNDER_REVIEW and
    `standing_at` where nobody owes a report and no answer stands yet; `returned_at`: a return of this office's review too.
    """
    own = before_closing(tasks)
    held = own[own["state"] != WITHDRAWN]
    if held.empty:
        return states
    by_alarm = held.assign(
        is_owed=held["state"].isin(_OWED),
        is_waiting=held["state"] == REPORTED,
        is_reported=held["reported_at"].notna(),
        sent_back_at=held["state_at"].where(held["state"] == RETURNED),
    ).groupby("alarm_id")
    told = pd.DataFrame(
        {
            "reported_at": by_alarm["reported_at"].max().where(by_alarm["is_reported"].all()),
            "is_under_review": by_alarm["is_waiting"].any() & ~by_alarm["is_owed"].any(),
            "sent_back_at": by_alarm["sent_back_at"].max(),
        }
    ).reindex(states["alarm_id"])
    told.index = states.index
    answered = states["standing_event"].isin(("submitted", "accepted"))
    waiting = told["is_under_review"].eq(True) & ~answered
    first = told["reported_at"]
    earlier = first.notna() & (states["first_answer_at"].isna() | (first < states["first_answer_at"]))
    back = told["sent_back_at"]
    later = back.notna() & (states["returned_at"].isna() | (back > states["returned_at"]))
    return states.assign(
        first_answer_at=states["first_answer_at"].mask(earlier, first),
        standing_event=states["standing_event"].mask(waiting, UNDER_REVIEW),
        standing_at=states["standing_at"].mask(waiting, first),
        returned_at=states["returned_at"].mask(later, back),
    )
