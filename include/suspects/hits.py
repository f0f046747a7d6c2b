"""How often the first suspects were right, by the field's own findings: by method, so that an office sees what helps."""

from __future__ import annotations

from typing import Final

import pandas as pd

from include.suspects.kinds import UNLISTED

# What each method would have put first among the suspects that were kept: a column of the evidence, and whether most is first.
METHODS: Final = {
    "综合评分": ("score", True),
    "仅按距离": ("distance_km", False),
    "仅按风向": ("cone", True),
    "仅按分表计电": ("idle", True),
}
COLUMNS: Final = ["method", "hit_1", "known_1", "hit_3", "known_3"]


def hit_rates(suspects: pd.DataFrame) -> pd.DataFrame:
    """One row a method: of how many alarms the field knows whether the first (`known_1`) or one of the first three (`known_3`) that the
    method would have told was the source, and of how many it was (`hit_1`, `hit_3`).

    It is known where an inspection found a source at one of the alarm's listed suspects, and where those that the method tells
    first were all inspected and nothing was found. `suspects`: columns of `ranking.EVIDENCE` and `verdict` (found, not_found,
    null), all kept suspects of each alarm.
    """
    rows = [
        (method, *(count for most in (1, 3) for count in _hits(suspects, column, is_most_first, most)))
        for method, (column, is_most_first) in METHODS.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _hits(suspects: pd.DataFrame, column: str, is_most_first: bool, most: int) -> tuple[int, int]:
    """Of how many alarms the source was among the `most` first by the column, and of how many alarms that is known."""
    # Where the score puts 来源不明 first, no enterprise was told first; the single terms say nothing of it.
    told = suspects if column == "score" else suspects[suspects["candidate_id"] != UNLISTED]
    ordered = told.sort_values(
        ["alarm_id", column, "candidate_id"], ascending=[True, not is_most_first, True], kind="stable"
    )
    is_found = ordered["verdict"].eq("found") & ordered["candidate_id"].ne(UNLISTED)
    first = ordered[ordered.groupby("alarm_id").cumcount() < most]
    found = set(ordered.loc[is_found, "alarm_id"])
    hit = set(first.loc[is_found.reindex(first.index), "alarm_id"])
    checked = first["verdict"].eq("not_found").groupby(first["alarm_id"]).all()
    return len(hit), len(found | set(checked.index[checked]))
