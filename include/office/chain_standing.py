"""How the units of an office with a chain stand: their alarms by their own reports, and whose steps are overdue."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from include.chain.overdue import ChainStanding, standing_of
from include.chain.reported import judged_by_receipt
from include.house import House
from include.office.chain_lists import running
from include.profile.current import office
from include.store.chain import chain_tasks
from include.store.engine import reading
from include.store.facts import alarm_states


def units_states(
    connection: Connection, start_at: datetime, end_at: datetime, as_of: datetime
) -> pd.DataFrame:
    """The states of the alarms pushed in [start_at, end_at) and of the open ones of any age, each unit judged by when its report reached
    this office."""
    states = alarm_states(connection, start_at, end_at, as_of, with_old=True)
    if office().chain is None:
        return states
    return judged_by_receipt(states, chain_tasks(connection, start_at, as_of, as_of, with_open=True))


def chain_standing(house: House, as_of: datetime) -> ChainStanding | None:
    """Whose steps are overdue as of a moment, and what waits for this office; None in an office without a chain."""
    if office().chain is None:
        return None
    with reading(house.engine) as connection:
        return standing_of(running(connection, as_of))
