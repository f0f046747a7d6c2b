"""The codes of the rules by which letters choose cases, suggestions and follow-ups, and what each is called.

Figures keep the codes; the words stand where people read. Figures of before hold the words: `include/former_names.py` reads them.
"""

from typing import Final, Literal

CaseRule = Literal["chosen", "severe", "repeated", "settled", "lingering"]
SuggestionRule = Literal[
    "overdue", "long_overdue", "repeated", "frequent_problems", "rectification_overdue", "no_problem_found"
]
FollowUpRule = Literal[
    "warned_again",
    "high_without_problem",
    "rising_without_alarm",
    "overdue",
    "rectification_overdue",
    "rebound",
    "clustered",
    "insufficient",
]
RULE_WORDS: Final[dict[str, str]] = {
    "chosen": "人工指定",
    "severe": "污染突出",
    "repeated": "反复报警",
    "settled": "整改到位",
    "lingering": "久拖未决",
    "overdue": "超期未反馈",
    "long_overdue": "长期未反馈",
    "frequent_problems": "问题高发",
    "rectification_overdue": "整改逾期",
    "no_problem_found": "零问题核查",
    "warned_again": "连续预警",
    "high_without_problem": "高值未查出问题",
    "rising_without_alarm": "升高未报警",
    "rebound": "浓度反弹",
    "clustered": "企业集中",
    "insufficient": "数据不足",
}


def rule_word(code: str) -> str:
    """What people call the rule."""
    return RULE_WORDS[code]
