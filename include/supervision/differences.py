"""What a letter that left would say differently today: the differences for a proposed 更正, in words.

Everything that a letter prints is compared, field by field and row by row, at the precision that is printed: what prints alike is
no difference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from include.answer_form.code import answer_code
from include.language import say
from include.supervision.bulletin_figures import BulletinFigures, OverviewFigures
from include.supervision.figures import NoticeFigures, ReminderFigures
from include.supervision.printed import ADDED, ROWS, label, text
from include.supervision.weekly_figures import SummaryFigures

Told = NoticeFigures | ReminderFigures | SummaryFigures | BulletinFigures | OverviewFigures


def differences(told: Told, now: Told) -> tuple[str, ...]:
    """Every number, word and row that a letter printed otherwise than the facts give now; empty when it still stands.

    Both are figures of the same letter: `told` as it left, `now` computed again for the same window and as-of moment, by the
    present edition of the rules; where that is another one, this comes first.
    """
    if type(told) is not type(now):
        raise TypeError(f"not two figures of one letter: {type(told).__name__} and {type(now).__name__}")
    found = tuple(dict.fromkeys(_of_value("", told, now)))
    if found and told.rules_version != now.rules_version:
        return (
            say(
                "原函按规则版本{rules_version}统计，现按版本{present}统计",
                rules_version=told.rules_version,
                present=now.rules_version,
            ),
            *found,
        )
    return found


def under_key(figures: Told, letter_key: str) -> Told:
    """The figures of a letter under the key of its 更正; the codes of the answer form go with the key."""
    if isinstance(figures, NoticeFigures | ReminderFigures):
        form = tuple(replace(row, code=answer_code(letter_key, row.alarm_id)) for row in figures.form)
        return replace(figures, letter_key=letter_key, form=form)
    return replace(figures, letter_key=letter_key)


def _of_value(name: str, told: Any, now: Any) -> Iterator[str]:
    for field in fields(told):
        words = label(type(told).__name__, field.name)
        if words is None:
            continue
        before, after = getattr(told, field.name), getattr(now, field.name)
        if before != after and not (field.name in ADDED and before == ()):
            yield from _of_field(name, words, field.name, before, after)


def _of_field(name: str, words: str, field: str, told: Any, now: Any) -> Iterator[str]:
    whole = say("{name}{words}", name=name, words=words).strip()
    if isinstance(told, tuple) and isinstance(now, tuple):
        yield from _of_rows(whole, field, told, now)
    elif (
        is_dataclass(told)
        and is_dataclass(now)
        and type(told) is type(now)
        and type(told).__name__ != "Period"
    ):
        yield from _of_value(whole, told, now)
    elif is_dataclass(told) != is_dataclass(now) or (told is None) != (now is None):
        if is_dataclass(told) or is_dataclass(now):
            yield f"{whole} " + (say("原函未列") if told is None else say("不应再列"))
        else:
            yield from _printed(whole, field, told, now)
    else:
        yield from _printed(whole, field, told, now)


def _printed(whole: str, field: str, told: Any, now: Any) -> Iterator[str]:
    before, after = text(field, told), text(field, now)
    if before != after:
        yield f"{whole} {before}→{after}"


def _of_rows(whole: str, field: str, told: tuple[Any, ...], now: tuple[Any, ...]) -> Iterator[str]:
    """The rows that went, that came, and of those that stayed what changed."""
    before, after = _keyed(field, told), _keyed(field, now)
    # A reason reads 有超期未反馈: it is no longer so, not "no longer has so".
    yield from (
        say("{whole}不再{key}" if str(key).startswith("有") else "{whole}不再有{key}", whole=whole, key=key)
        for key in before
        if key not in after
    )
    yield from (say("{whole}增加{key}", whole=whole, key=key) for key in after if key not in before)
    for key in before:
        if key in after:
            old, new = before[key], after[key]
            old, new = (each[-1] if isinstance(each, tuple) else each for each in (old, new))
            named = f"{whole}{key} " if whole else key
            if is_dataclass(old) and is_dataclass(new):
                yield from _of_value(named, old, new)
            else:
                yield from _printed(named.strip(), field, old, new)
    kept_before, kept_after = [key for key in before if key in after], [key for key in after if key in before]
    if kept_before != kept_after:
        yield say("{whole}的次序有变", whole=whole)


def _keyed(field: str, rows: tuple[Any, ...]) -> Mapping[str, Any]:
    """The rows by what tells them apart; a second one of the same name gets its number."""
    found: dict[str, Any] = {}
    for row in rows:
        key = _key(field, row)
        number = 2
        while key in found:
            key, number = say("{key}（{number}）", key=_key(field, row), number=number), number + 1
        found[key] = row
    return found


def _key(field: str, row: Any) -> str:
    if type(row).__name__ in ROWS:
        return ROWS[type(row).__name__](row)
    if isinstance(row, tuple):  # (unit_name, grid) of an overview, (category, count) of an inspection
        return f"{row[0]}{ROWS[type(row[-1]).__name__](row[-1])}" if is_dataclass(row[-1]) else str(row[0])
    return text(field, row)
