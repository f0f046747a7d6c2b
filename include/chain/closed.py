"""The tasks of an alarm whose chain is closed (结案), as they stood when it was; pure."""

from __future__ import annotations

import pandas as pd

from include.chain.steps import WITHDRAWN, WRITTEN_OFF


def before_closing(tasks: pd.DataFrame) -> pd.DataFrame:
    """Rows of `sql/chain_tasks.sql` with the state of each task itself: an alarm is closed once every task of it was written off or
    withdrawn, and what they came to stays."""
    is_closed = tasks["state"] == "closed"
    if not is_closed.any():
        return tasks
    own = tasks["written_off_at"].notna().map({True: WRITTEN_OFF, False: WITHDRAWN})
    return tasks.assign(state=tasks["state"].mask(is_closed, own))
