"""The sheet 疑似来源核查 of a filled-in answer form: what an inspection found at each suspect, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from include.answer_form import layout as form
from include.answer_form.code import suspect_code
from include.language import say
from include.sources.delivery import BrokenRow, Inspected, named_cells
from include.sources.reading.characters import narrow_text, visible_text
from include.sources.reading.workbooks import FORMULA, SheetRow

_READ: Final = ("alarm_id", "candidate_id", "code", "verdict", "unit", "inspector", "note")
_FREE: Final = ("unit", "inspector", "note")
_YOURS: Final = tuple(column for column in form.SUSPECT_COLUMNS if not column.is_ours)
_LONGEST: Final = 500  # characters of what was seen


def inspected_suspects(
    rows: Sequence[SheetRow], letter_key: str, alarms: frozenset[str]
) -> tuple[tuple[Inspected, ...], tuple[BrokenRow, ...]]:
    """What was ticked, and the rows that do not fit or are filled in by half; rows that were left empty are neither."""
    header = next((row.texts for row in rows if row.number == form.HEADER_ROW), [])
    headers = [column.header for column in form.SUSPECT_COLUMNS]
    titles = [form.house_word(visible_text(text).strip(), headers) for text in header]
    wanted = {column.key: column.header for column in form.SUSPECT_COLUMNS if column.key in _READ}
    lacking = [title for title in wanted.values() if titles.count(title) != 1]
    if lacking:
        reason = say(
            "“{sheet}”表缺少列或列重复：{names}，该表未读入",
            sheet=say(form.SUSPECT_SHEET),
            names=say("、").join(map(say, lacking)),
        )
        return (), (BrokenRow(form.HEADER_ROW, "\t".join(titles), reason),)
    places = {key: titles.index(title) for key, title in wanted.items()}
    found: dict[tuple[str, str], Inspected] = {}
    broken = []
    for told in rows:
        if told.number <= form.HEADER_ROW:
            continue
        row = {key: _text(key, told.text(place)) for key, place in places.items()}
        if not any(row[column.key] for column in _YOURS):
            continue
        reason = FORMULA if set(told.formulas) & set(places.values()) else _reason(row, letter_key, alarms)
        key = (row["alarm_id"], row["candidate_id"])
        one = Inspected(
            told.number,
            *key,
            form.SITE_VERDICTS.get(row["verdict"], "found"),
            row["unit"],
            row["inspector"],
            row["note"],
        )
        if not reason and key in found and found[key].verdict != one.verdict:
            reason = say("同一对象填写了两种核查结果")
        if reason:
            words = say("“{sheet}”表：{reason}", sheet=say(form.SUSPECT_SHEET), reason=reason)
            titles_of = {column.key: column.title for column in form.SUSPECT_COLUMNS}
            cells = named_cells((titles_of[key], text) for key, text in row.items() if text and key != "code")
            broken.append(BrokenRow(told.number, cells, words, row["alarm_id"]))
        else:
            found.setdefault(key, one)
    return tuple(found.values()), tuple(broken)


def _text(key: str, text: str) -> str:
    if key == "verdict":
        return form.house_word(visible_text(text).strip(), form.SITE_VERDICTS)
    if key == "code":
        return typed_code(text)
    return visible_text(text).strip() if key in _FREE else narrow_text(text)


def typed_code(text: str) -> str:
    """An 应答码 as it is compared, whatever width, case and blanks it was typed with.

    >>> typed_code(" ａｂｃ2 3de4fg")
    'ABC23DE4FG'
    """
    return "".join(narrow_text(text).split()).upper()


def _reason(row: dict[str, str], letter_key: str, alarms: frozenset[str]) -> str:
    code = suspect_code(letter_key, row["alarm_id"], row["candidate_id"])
    if row["alarm_id"] not in alarms or row["code"] != code:
        return say("应答码与函件、报警编号或对象编号不符：应使用随函所附表格")
    if row["verdict"] not in form.SITE_VERDICTS:
        return say("核查结果应从下拉列表选择：") + say("、").join(
            map(say, (form.SITE_FOUND, form.SITE_CLEAN))
        )
    empty = [column.title for column in _YOURS if not row[column.key]]
    if empty:
        return say("填写核查结果时必填：{names}", names=say("、").join(empty))
    return say("核查情况超过{longest}字", longest=_LONGEST) if len(row["note"]) > _LONGEST else ""
