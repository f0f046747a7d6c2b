"""Pending disputes: their number is told of the region, and of no unit, neither openly nor by subtraction.

Of a month's alarms, whose deadlines are past, those that are not due are in dispute or closed without an answer: pushed - due tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.openness.figures import ANSWERS, Row
from include.openness.merging import Block, Counts, is_small

NOT_DUE: Final = "not_due"
# What may be left out of the rows of units, the least that suffices first.
_LEFT_OUT: Final = (("due",), ("due", "on_time"))


def with_not_due(rows: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    """The rows with one more count: alarms that are not due."""
    return {code: {**row, NOT_DUE: row["pushed"] - row["due"]} for code, row in rows.items()}


def answer_columns(rows: Mapping[str, Counts], smallest: int) -> tuple[str, ...]:
    """The counts by which rows of units (`with_not_due`) are merged and which are told of them.

    As a rule all, with those not due: 0 or at least `smallest` in every row. Where the region has fewer, no merging reaches that; then `due`
    is told of the total alone, as long as what is left leaves open of every unit whether it has any. Else all rows become one.
    """
    if is_small(sum(row[NOT_DUE] for row in rows.values()), smallest):
        for left_out in _LEFT_OUT:
            told = tuple(name for name in ANSWERS if name not in left_out)
            if _is_open(rows, told):
                return told
    return (*ANSWERS, NOT_DUE)


def answer_row(block: Block) -> Row:
    """The row of a block as it is published: without what is not told."""
    counts = {name: block.counts.get(name) for name in ANSWERS}
    if NOT_DUE in block.counts and block.counts[NOT_DUE] is None:
        counts["due"] = None
    return Row(block.members, counts)


def _is_open(rows: Mapping[str, Counts], told: tuple[str, ...]) -> bool:
    """Whether all that are not due could be other units', for every unit. One that is not due is never on time, and as a rule not answered."""
    wanted = sum(row[NOT_DUE] for row in rows.values())
    most = [min(row["pushed"] - row[name] for name in told if name != "pushed") for row in rows.values()]
    return all(sum(most) - own >= wanted for own in most)
