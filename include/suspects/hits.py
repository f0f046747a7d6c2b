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
COLUMNS: Final = ["method", "inspected", "hit_1", "hit_3"]


def hit_rates(suspects: pd.DataFrame) -> pd.DataFrame:
    """One row a method: `inspected` alarms of which an inspection found a listed source, how many of them had it first
    (`hit_1`) or among the first three (`hit_3`).

    `suspects`: columns of `ranking.EVIDENCE` and `verdict` (found, not_found, null), all kept suspects of each alarm.
    """
    listed = suspects[suspects["candidate_id"] != UNLISTED]
    found = listed[listed["verdict"] == "found"]
    alarms = set(found["alarm_id"])
    rows = []
    for method, (column, is_most_first) in METHODS.items():
        # Where the score puts 来源不明 first, no enterprise was told first; the single terms say nothing of it.
        told = suspects if column == "score" else listed
        ordered = told[told["alarm_id"].isin(alarms)].sort_values(
            ["alarm_id", column, "candidate_id"], ascending=[True, not is_most_first, True], kind="stable"
        )
        place = ordered.groupby("alarm_id").cumcount() + 1
        best = place[ordered["verdict"] == "found"].groupby(ordered["alarm_id"]).min()
        rows.append((method, len(alarms), int((best <= 1).sum()), int((best <= 3).sum())))
    return pd.DataFrame(rows, columns=COLUMNS)
