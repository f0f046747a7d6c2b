"""What was inspected and found at places, from judged alarms and problems (`feedback.judge`, `feedback.judge_problems`)."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from include.profile.current import office
from include.supervision.bulletin_figures import GridInspection, ProblemCount

NONE: Final = GridInspection(0, 0, 0, 0, 0, ())


def inspections(judged: pd.DataFrame, found: pd.DataFrame, by: str) -> dict[str, GridInspection]:
    """One inspection a value of the column `by` with a pushed alarm; alarms whose dispute was upheld do not count."""
    alarms = judged[judged["is_pushed"]].groupby(by)[["is_pushed", "is_answered", "is_overdue"]].sum()
    problems = dict(list(found.groupby(by)))
    return {
        str(place): _inspection(counts, problems.get(place, found.iloc[:0]))
        for place, counts in zip(alarms.index, alarms.astype(int).to_numpy().tolist(), strict=True)
    }


def added(parts: Iterable[GridInspection]) -> GridInspection:
    """Several inspections as one."""
    told = list(parts)
    categories: Counter[str] = Counter()
    for part in told:
        categories.update(dict(part.categories))
    return GridInspection(
        pushed=sum(part.pushed for part in told),
        answered=sum(part.answered for part in told),
        overdue=sum(part.overdue for part in told),
        problems=sum(part.problems for part in told),
        rectified=sum(part.rectified for part in told),
        categories=by_frequency(categories),
    )


def problem_counts(found: pd.DataFrame) -> tuple[ProblemCount, ...]:
    """The categories of these problems, the most frequent first."""
    rectified = found.groupby("category")["is_rectified"].sum()
    return tuple(
        ProblemCount(name, count, int(rectified[name]))
        for name, count in by_frequency(Counter(found["category"]))
    )


def by_frequency(counts: Counter[Any]) -> tuple[tuple[str, int], ...]:
    """Categories with their counts, the most frequent first, equal ones in the programme's order."""
    rows = ((str(name), int(count)) for name, count in counts.items())
    order = {name: place for place, name in enumerate(office().categories)}
    return tuple(sorted(rows, key=lambda row: (-row[1], order.get(row[0], len(order)), row[0])))


def _inspection(counts: list[int], found: pd.DataFrame) -> GridInspection:
    pushed, answered, overdue = counts
    return GridInspection(
        pushed,
        answered,
        overdue,
        len(found),
        int(found["is_rectified"].sum()),
        by_frequency(Counter(found["category"])),
    )
