"""Low response: which cities to remind, and by which rule. Thresholds are this project's defaults (系统默认)."""

from include.rules import LOW_RESPONSE, LowResponse
from include.supervision.figures import FeedbackCounts, Flag, Level


def flag(rolling: FeedbackCounts, longest_overdue_hours: float, rules: LowResponse = LOW_RESPONSE) -> Flag:
    """The flag of one city from its counts over the rolling days and the age of its oldest overdue alarm.

    提醒: an overdue alarm, or a low on-time rate with several late answers. 督办: an overdue alarm and either one that is
    overdue for long, or a very low on-time rate. A zero denominator is never flagged.
    """
    rate = rolling.on_time_rate
    days = f"近{rules.rolling_days}日"
    reasons: list[str] = []
    level: Level = ""
    is_overdue = rolling.overdue >= rules.remind_overdue

    def is_low(limit: float) -> bool:
        return rate.value is not None and rate.value < limit and rolling.late >= rules.least_late

    if is_overdue:
        level = "提醒"
        reasons.append(f"{days}应反馈的{rolling.due}条报警中有{rolling.overdue}条超期未反馈")
    if is_low(rules.remind_on_time_rate):
        level = "提醒"
        reasons.append(
            f"{days}按期反馈率{rate}低于{_percent(rules.remind_on_time_rate)}，逾期反馈{rolling.late}条"
        )
    urge_hours = rules.urge_overdue.total_seconds() / 3600
    if is_overdue and longest_overdue_hours > urge_hours:
        level = "督办"
        reasons.append(
            f"超期最久的一条已超过反馈时限{longest_overdue_hours:.0f}小时（督办界限{urge_hours:.0f}小时）"
        )
    if is_overdue and is_low(rules.urge_on_time_rate):
        level = "督办"
        reasons.append(f"按期反馈率低于督办界限{_percent(rules.urge_on_time_rate)}")
    return Flag(level, tuple(reasons))


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
