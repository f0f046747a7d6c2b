"""Names of before, as files, mappings, frozen figures and Parquet of then still say them: the one place that knows them.

Who is addressed was `city_code`, `city_name`; it is `unit_code`, `unit_name`. The rules of cases, suggestions and follow-ups were kept
as words; they are codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")

# name of today → name of before
FORMER: Final = {"unit_code": "city_code", "unit_name": "city_name"}
# A rule's name of before, as figures kept it → its code of today (include/supervision/rule_codes.py).
FORMER_RULES: Final = {
    "人工指定": "chosen",
    "污染突出": "severe",
    "反复报警": "repeated",
    "整改到位": "settled",
    "久拖未决": "lingering",
    "超期未反馈": "overdue",
    "长期未反馈": "long_overdue",
    "问题高发": "frequent_problems",
    "整改逾期": "rectification_overdue",
    "零问题核查": "no_problem_found",
    "连续预警": "warned_again",
    "高值未查出问题": "high_without_problem",
    "升高未报警": "rising_without_alarm",
    "浓度反弹": "rebound",
    "企业集中": "clustered",
    "数据不足": "insufficient",
}
_PRESENT: Final = {former: name for name, former in FORMER.items()}
# A name in front of a colon, both quotes plain: inside a JSON string the quotes would be escaped.
_JSON_KEY: Final = re.compile(r'"({})"(\s*:)'.format("|".join(_PRESENT)))

_JSON_RULE: Final = re.compile(r'("rule"\s*:\s*)"({})"'.format("|".join(FORMER_RULES)))


def present(name: str) -> str:
    """The name of today."""
    return _PRESENT.get(name, name)


def former(name: str) -> str:
    """The name that was used before; the name itself where it never changed."""
    return FORMER.get(name, name)


def with_present_names(row: Mapping[str, T]) -> dict[str, T]:
    """A row under the names of today; where it has both, the one of today stands."""
    return {
        present(name): value
        for name, value in row.items()
        if present(name) == name or present(name) not in row
    }


def json_of_today(text: str) -> str:
    """Frozen figures with the keys and codes of today, otherwise byte for byte as they were."""
    renamed = _JSON_KEY.sub(lambda found: f'"{present(found[1])}"{found[2]}', text)
    return _JSON_RULE.sub(lambda found: f'{found[1]}"{FORMER_RULES[found[2]]}"', renamed)
