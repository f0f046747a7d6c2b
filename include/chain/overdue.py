"""Whose steps of a chain are overdue: the holders' by name, and what waits for the office itself, which is nobody else's fault; pure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from include.chain.steps import HOLDERS_SLOTS


@dataclass(frozen=True)
class HolderOverdue:
    """One holder with overdue tasks. `slots`: by what is overdue (签收, 巡查上报, 整改), how many; `escalated`: how many of them are 提级."""

    name: str
    count: int
    slots: tuple[tuple[str, int], ...]
    escalated: int


@dataclass(frozen=True)
class ChainStanding:
    """The holders with overdue tasks, the most first; by slot of the office's own (审核, 现场验收, 销号) how many tasks wait for it and how
    many of them wait for longer than they may."""

    holders: tuple[HolderOverdue, ...]
    own: tuple[tuple[str, int, int], ...]
    is_simulated: bool


def standing_of(rows: pd.DataFrame) -> ChainStanding:
    """From the tasks that run (`office.chain_lists.running`)."""
    theirs = rows[rows["overdue_hours"] > 0]
    holders = [
        HolderOverdue(
            str(own["holder_name"].iloc[0]),
            len(own),
            tuple(
                (slot, int((own["step"] == slot).sum()))
                for slot in HOLDERS_SLOTS
                if (own["step"] == slot).any()
            ),
            int(own["is_escalated"].sum()),
        )
        for _, own in theirs.groupby("holder_code")
    ]
    ours = rows[~rows["step"].isin((*HOLDERS_SLOTS, ""))]
    waiting = tuple(
        (str(slot), len(own), int((own["office_late_hours"] > 0).sum())) for slot, own in ours.groupby("step")
    )
    return ChainStanding(
        tuple(sorted(holders, key=lambda one: (-one.count, one.name))),
        waiting,
        bool(theirs["is_simulated"].any() or ours["is_simulated"].any()),
    )
