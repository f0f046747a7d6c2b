"""Errors in the reader's language: the house's own words are English, an operator reads Chinese first."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final

import yaml
from fastapi import Request

from include.desk.pages.view import HERE, LABELS, language_of, moment_text, words
from include.errors import QianliyanError

_STATE = re.compile("|".join(sorted(LABELS["state"], key=len, reverse=True)))
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d:\d\d")
_KEY = re.compile(r"signing|[a-z_]+/\w+__.*|letter \d+|[a-z]+(_[\w-]+)+_\d+")  # a run, a letter
_ENGLISH = re.compile(r"\b[a-z]+ [a-z]+\b")
_FAULT = re.compile(r"[A-Z]\w*(?:Error|Exception|File|Warning)\b")
# What a person typed into or chose, by the name of the parameter.
FIELDS: Final[Mapping[str, str]] = {
    "at": "截至", "reason": "理由", "first": "自", "last": "至", "day": "日期", "date": "日期", "on": "日期", "since": "自",
    "until": "至", "start": "自", "end": "至", "hour": "时刻", "q": "搜索", "window": "时段", "week": "时段", "sort": "排序",
    "kind": "种类", "letter": "函件", "letter_id": "函件", "alarm": "报警编号", "mail_id": "邮件", "row": "行号", "choice": "选择",
    "act": "事项", "action": "动作", "number": "发文字号", "standing": "状态", "state": "状态", "city": "单位代码", "unit": "单位",
    "grid": "网格编号", "list_id": "清单", "list": "清单", "box": "地图范围", "skip": "页次", "actor": "何人", "subject": "对象",
    "words": "含文字", "file": "文件", "received": "收到时间", "began": "中断开始", "ended": "恢复时间", "whom": "何人", "region": "区域", "place_code": "地方代码",
}  # fmt: skip


@cache
def chinese() -> Mapping[str, str]:
    """The Chinese of every error text; `{…}` in both stands for any text."""
    found: dict[str, str] = yaml.safe_load((HERE / "troubles.yaml").read_text(encoding="utf-8"))
    return found


def error_text(request: Request, error: QianliyanError) -> str:
    """What went wrong, where, and what to do; a text without a Chinese one stays as it is."""
    if language_of(request.headers.get("accept-language", "")) == "en":
        return _english_where(error.where) + str(error).removeprefix(error.where)
    expected, got = _expected(error.expected), _got(error.got)
    parts = [_chinese(error.what)]
    parts += [f"应为{expected}"] if expected else []
    parts += [f"现为{got}"] if got else []
    parts += [_chinese(error.todo)] if error.todo else []
    where = _where(error.where)
    return "；".join(parts) + (f"（{where}）" if where else "")


def _english_where(text: str) -> str:
    """Where: the labels that the page has for it, as its own English; what is none of its fields as it stands."""
    labels = [_label(name) for name in text.split(", ")]
    return ", ".join(dict.fromkeys(words().get(label, label) for label in labels))


def _label(name: str) -> str:
    return FIELDS.get(name) or LABELS["field"].get(name) or name


def _where(text: str) -> str:
    """Where, in the words of the page; nothing of a key that only programs use: the page that says it is that of the thing itself."""
    names = [_label(name) for name in text.split(", ")]
    return "、".join(dict.fromkeys(name for name in names if not _KEY.fullmatch(name)))


def _expected(text: str) -> str:
    """What was expected, in Chinese; nothing where there are only English words for it: what to do says more than they do."""
    found = _states(_chinese(_by_our_clock(text)))
    return "" if _ENGLISH.search(found) else found


def _got(text: str) -> str:
    """What came, as it came; the words of a library's own fault say nothing to an officer."""
    return "" if _FAULT.match(text) else _states(_chinese(_by_our_clock(text)))


def _by_our_clock(text: str) -> str:
    return _INSTANT.sub(lambda found: moment_text(datetime.fromisoformat(found[0])), text)


def _chinese(text: str) -> str:
    if text in chinese():
        return chinese()[text]
    for english, told in sorted(chinese().items(), key=lambda one: -len(one[0])):  # the most particular first
        pieces = re.split(r"\{(\w+)\}", english)
        pattern = "".join(
            f"(?P<{piece}>.+)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
        )
        if len(pieces) > 1 and (found := re.fullmatch(pattern, text)):
            return told.format(**{name: _states(value) for name, value in found.groupdict().items()})
    return text


def _states(text: str) -> str:
    """The names of states as the pages call them."""
    return _STATE.sub(lambda found: LABELS["state"][found[0]], text).replace(" or ", "或").replace(", ", "、")
