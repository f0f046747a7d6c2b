"""Pending disputes: how many there are is told of the region; of which units they are is told by nothing that is ever published.

A pending dispute changes `due` and `on_time` of its alarm and nothing else (`include.supervision.feedback`): `answered_in_time` asks for the
deadline that the alarm carries, and of no dispute. So these two are left out, of all rows and of the total alike, in every edition of a
month from the first that has one pending on. What is then published does not change when the disputes are other alarms' or other units':
all editions together say what they would say of those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from include.openness.figures import ANSWERS, Month
from include.openness.merging import LEAST_MEMBERS, Counts

TOUCHED: Final = ("due", "on_time")


def told_columns(rows: Mapping[str, Counts], former: Sequence[Month]) -> tuple[str, ...]:
    """The counts of the table of answers that are told. `former`: the editions before; what one of them left out stays left out."""
    is_free = told_in_dispute(rows) == 0 and all(one.in_dispute == 0 for one in former)
    return ANSWERS if is_free else tuple(name for name in ANSWERS if name not in TOUCHED)


def told_in_dispute(rows: Mapping[str, Counts]) -> int | None:
    """The number pending over all units; None where it would tell of a unit that it has one.

    That is where fewer than three units have alarms (then it is None without any pending too), or where the others of some unit might
    not have alarms enough. It is told up to half of what any unit's others have: then None does not tell either that these do not suffice.
    """
    pushed = [row["pushed"] for row in rows.values() if row["pushed"]]
    pending = sum(row["in_dispute"] for row in rows.values())
    if not pushed:
        return 0
    others_of_any = sum(pushed) - max(pushed)
    return pending if len(pushed) >= LEAST_MEMBERS and 2 * pending <= others_of_any else None
