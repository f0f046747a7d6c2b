"""答复质量: beside how fast a unit answers, how good its answers are. Every figure is n of N; none is used to rank or to blame."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress

import numpy as np
import pandas as pd

from include.rules import ANSWER_QUALITY
from include.supervision.figures import Share


@dataclass(frozen=True)
class AnswerQuality:
    """One unit over one window (alarms pushed in it), as of one moment.

    | share | n | of |
    |---|---|---|
    | 退回 | alarms sent back | alarms answered at least once |
    | 重报 | sent back and answered again, standing | alarms sent back |
    | 退回后超期 | sent back and overdue again | alarms sent back |
    | 复发 | rectified problems whose grid alarmed again within 7 days | rectified problems |
    | 无问题 | standing answers without a problem | standing answers |
    | 申诉成立, 驳回 | alarms whose dispute was upheld, rejected | alarms disputed |
    | 排查过早 | answers whose 排查时间 lies more than 12 h before their receipt | answers with a 排查时间 |
    """

    unit_code: str
    unit_name: str
    answered_once: int = 0
    sent_back: int = 0
    reanswered: int = 0
    overdue_again: int = 0
    rectified: int = 0
    came_back: int = 0
    standing: int = 0
    without_problem: int = 0
    disputed: int = 0
    upheld: int = 0
    rejected: int = 0
    with_inspection: int = 0
    inspected_early: int = 0

    @property
    def shares(self) -> dict[str, Share]:
        """Every share by its Chinese name, in the order in which tables print them."""
        return {
            "退回": Share(self.sent_back, self.answered_once),
            "重报": Share(self.reanswered, self.sent_back),
            "退回后超期": Share(self.overdue_again, self.sent_back),
            "整改后7日内再报警": Share(self.came_back, self.rectified),
            "未查出问题": Share(self.without_problem, self.standing),
            "申诉成立": Share(self.upheld, self.disputed),
            "申诉驳回": Share(self.rejected, self.disputed),
            "排查时间早于收到超过12小时": Share(self.inspected_early, self.with_inspection),
        }


def answer_quality(
    judged: pd.DataFrame,
    found: pd.DataFrame,
    answers: pd.DataFrame,
    pushes: pd.DataFrame,
    names: dict[str, str],
    as_of: datetime,
) -> tuple[AnswerQuality, ...]:
    """One row a unit of `names` (name by code), by code.

    `judged`, `found`: alarms (see `feedback.judge`) and problems of the window; `answers`: rows of `sql/answers_given.sql`;
    `pushes`: all judged alarms that may tell of a grid again (`grid_id, pushed_at`), the window's and later ones.
    """
    with_problem = set(found["alarm_id"].tolist())
    has_none = np.array([name not in with_problem for name in judged["alarm_id"].tolist()], dtype=bool)
    flags = {
        "answered_once": judged["is_pushed"] & judged["first_answer_at"].notna(),
        "sent_back": judged["is_returned"],
        "reanswered": judged["is_reanswered"],
        "overdue_again": judged["is_overdue_again"],
        "standing": judged["is_answered"],
        "without_problem": judged["is_answered"] & has_none,
        "disputed": judged["last_disputed_at"].notna(),
        "upheld": judged["is_upheld"],
        "rejected": judged["rejected_at"].notna() & ~judged["is_upheld"],
    }
    units = judged["unit_code"].tolist()
    counted = {name: Counter(compress(units, told.tolist())) for name, told in flags.items()}
    counted |= _recurrence(found, pushes, as_of) | _inspection_times(judged, answers)
    return tuple(
        AnswerQuality(code, names[code], **{name: units[code] for name, units in counted.items()})
        for code in sorted(names)
    )


def _recurrence(found: pd.DataFrame, pushes: pd.DataFrame, as_of: datetime) -> dict[str, Counter[str]]:
    """By unit: rectified problems, and those whose grid alarmed again within the days after, up to `as_of`."""
    done = found[found["is_rectified"]]
    told = pushes[pushes["is_pushed"] & (pushes["pushed_at"] <= pd.Timestamp(as_of))]
    moments: dict[str, list[int]] = {}
    for grid, pushed_at in sorted(
        zip(told["grid_id"].tolist(), _microseconds(told["pushed_at"]), strict=True)
    ):
        moments.setdefault(grid, []).append(pushed_at)
    within = ANSWER_QUALITY.recurrence // timedelta(microseconds=1)
    came_back = []
    for grid, rectified_at in zip(done["grid_id"].tolist(), _microseconds(done["rectified_at"]), strict=True):
        several = moments.get(grid, [])
        place = bisect_right(several, rectified_at)
        came_back.append(place < len(several) and several[place] <= rectified_at + within)
    units = done["unit_code"].tolist()
    return {"rectified": Counter(units), "came_back": Counter(compress(units, came_back))}


def _microseconds(moments: "pd.Series[pd.Timestamp]") -> list[int]:
    return moments.astype("datetime64[us, UTC]").astype("int64").tolist()


def _inspection_times(judged: pd.DataFrame, answers: pd.DataFrame) -> dict[str, Counter[str]]:
    """By unit: answers that say when was inspected, and those that say a time long before the answer reached us."""
    unit_of = dict(zip(judged["alarm_id"].tolist(), judged["unit_code"].tolist(), strict=True))
    told = answers[answers["inspected_at"].notna()]
    is_early = told["submitted_at"] - told["inspected_at"] > ANSWER_QUALITY.inspected_before
    rows = [
        (unit_of[name], early)
        for name, early in zip(told["alarm_id"].tolist(), is_early.tolist(), strict=True)
        if name in unit_of
    ]
    return {
        "with_inspection": Counter(unit for unit, _ in rows),
        "inspected_early": Counter(unit for unit, early in rows if early),
    }
