"""What the states of alarms are called in a letter. Figures hold the house's own words as codes; a share of several is part of one."""

import re
from typing import Final

from include.language import say

STANDINGS: Final = {
    "answered": "已反馈",
    "late": "逾期反馈",
    "overdue": "超期未反馈",
    "waiting": "未到期",
    "in_grace": "已退回，待重报",
    "in_dispute": "复核中",
    "under_review": "已上报待审核",
    "closed": "已结案",
    "upheld": "误报（已核减）",
}
"""How one alarm stands (a word of `supervision.feedback.standing`), and what people call it."""
_PARTLY: Final = re.compile(r"部分反馈（(\d+/\d+)）")


def status_words(status: str) -> str:
    """The state of an alarm, or of a grid's alarms, as the office says it: `已反馈`, `部分反馈（1/2）`."""
    found = _PARTLY.fullmatch(status)
    return say("部分反馈（{share}）", share=found[1]) if found else say(status)
