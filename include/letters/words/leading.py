"""Which rows a sentence names as those with most, so that none is passed over that has as much as one that is named."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

Row = TypeVar("Row")
LONGEST: Final = 5  # rows of a sentence, where several share the last place


def leading(rows: Iterable[Row], amount: Callable[[Row], float], most: int) -> list[Row]:
    """The first `most` rows by amount, those that share the last place included; where these are too many for a sentence only the ones
    with more than them, which may be none. Rows of one amount stay in their order.

    >>> leading([1, 3, 2, 2], int, 2), leading([4, *[1] * 9], int, 3), leading([1] * 9, int, 3)
    ([3, 2, 2], [4], [])
    """
    ordered = sorted(rows, key=lambda row: -amount(row))
    if len(ordered) <= most:
        return ordered
    least = amount(ordered[most - 1])
    found = [row for row in ordered if amount(row) >= least]
    return found if len(found) <= LONGEST else [row for row in ordered if amount(row) > least]


def foremost(rows: Iterable[Row], amount: Callable[[Row], float]) -> tuple[list[Row], bool]:
    """The rows that share the first place, and whether these are all of several, so that none of them has most.

    >>> foremost([2, 3, 3], int), foremost([3, 3], int), foremost([3], int)
    (([3, 3], False), ([3, 3], True), ([3], False))
    """
    listed = list(rows)
    most = max(map(amount, listed), default=0)
    first = [row for row in listed if amount(row) == most]
    return first, 1 < len(first) == len(listed)
