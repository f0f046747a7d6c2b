import pytest

from include.supervision.figures import FeedbackCounts
from include.supervision.low_response import flag


def week(on_time: int, late: int, overdue: int) -> FeedbackCounts:
    due = on_time + late + overdue
    return FeedbackCounts(
        pushed=due, answered=on_time + late, due=due, on_time=on_time, late=late, overdue=overdue
    )


@pytest.mark.parametrize(
    ("counts", "longest_hours", "level"),
    [
        (week(8, 0, 0), 0.0, ""),
        (FeedbackCounts(pushed=3), 0.0, ""),  # nothing due yet: a zero denominator is never flagged
        (week(8, 1, 0), 0.0, ""),  # 8/9 is below 95 %, but one late answer does not decide
        (week(18, 2, 0), 0.0, "提醒"),
        (week(38, 2, 0), 0.0, ""),  # 95.0 % exactly is not below
        (week(7, 0, 1), 5.0, "提醒"),
        (week(7, 0, 1), 24.0, "提醒"),  # not more than 24 hours
        (week(7, 0, 1), 24.1, "督办"),
        (week(6, 2, 1), 1.0, "督办"),
        (week(6, 2, 0), 0.0, "提醒"),  # a low rate without an overdue alarm is never a 督办
    ],
)
def test_levels(counts: FeedbackCounts, longest_hours: float, level: str) -> None:
    assert flag(counts, longest_hours).level == level


def test_every_rule_that_fired_is_named_with_its_figures() -> None:
    assert flag(week(6, 2, 1), 30.0).reasons == (
        "近7日应反馈的9条报警中有1条超期未反馈",
        "近7日按期反馈率6/9（66.7%）低于95%，逾期反馈2条",
        "超期最久的一条已超过反馈时限30小时（督办界限24小时）",
        "按期反馈率低于督办界限90%",
    )
