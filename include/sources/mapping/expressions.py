"""The rules of a mapping, one a column: a name, or one of column, constant, template, moment, same_as, derived."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo

from include.errors import InputError
from include.former_names import present
from include.sources.mapping.language import (
    EPOCHS,
    EXCEL,
    Constant,
    Copy,
    Derived,
    Expression,
    Moment,
    Piece,
    SameAs,
    Template,
)
from include.sources.mapping.yaml_values import mapping_in, only, text, zone

_SPEC: Final = re.compile(r"0\d{1,2}|\.\d{1,2}f")


def expression_of(content: object, where: str, time_zone: ZoneInfo) -> Expression:
    """How one column of ours is made. Raises InputError."""
    if isinstance(content, str):
        return Copy(content)
    form = mapping_in(content, where)
    if "column" in form:
        only(form, {"column", "values", "unit"}, where)
        values = mapping_in(form.get("values", {}), f"{where}.values")
        translated = {str(key): text(value) for key, value in values.items()}
        return Copy(str(form["column"]), translated, text(form.get("unit", "")))
    if "constant" in form:
        only(form, {"constant"}, where)
        return Constant(text(form["constant"]))
    if "template" in form:
        only(form, {"template"}, where)
        return _template(str(form["template"]), where)
    if "same_as" in form:
        only(form, {"same_as"}, where)
        return SameAs(present(str(form["same_as"])))
    if "derived" in form:
        only(form, {"derived"}, where)
        if form["derived"] not in ("county", "city", "unit"):
            raise InputError("cannot be derived", where=where, got=form["derived"], expected="county | unit")
        return Derived("county" if form["derived"] == "county" else "city")
    if "moment" in form:
        return _moment(form, where, time_zone)
    raise InputError(
        "a column's rule cannot be read",
        where=where,
        got=sorted(form),
        expected="a column's name, or one of column, constant, template, moment, same_as, derived",
    )


def _moment(form: dict[str, Any], where: str, time_zone: ZoneInfo) -> Moment:
    only(form, {"moment", "format", "time_zone", "hours", "hour_label"}, where)
    label = form.get("hour_label")
    if label not in (None, "start", "end"):
        raise InputError("unknown hour label", where=where, got=label, expected="start | end")
    told = str(form.get("format", ""))
    if told and told not in (*EPOCHS, EXCEL) and "%" not in told:
        raise InputError(
            "a format of times cannot be read",
            where=where,
            got=told,
            expected=f'strptime\'s, such as "%m/%d/%Y %H:%M", or {", ".join(EPOCHS)} or {EXCEL}',
            todo="say in which order day and month stand, where a proposed mapping asks that",
        )
    return Moment(
        template=_template(str(form["moment"]), where),
        format=told,
        time_zone=zone(str(form["time_zone"]), where) if "time_zone" in form else time_zone,
        hours=str(form.get("hours", "")),
        hour_label=label,
    )


def _template(text: str, where: str) -> Template:
    pieces: list[Piece] = []
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise InputError(
            "a template cannot be read", where=where, got=text, expected="{column} or {column:04}"
        ) from error
    for literal, name, spec, conversion in parsed:
        if name is None:
            pieces.append(Piece(literal))
            continue
        if not name.lstrip(".") or conversion or (spec and not _SPEC.fullmatch(spec)):
            raise InputError(
                "a template cannot be read",
                where=where,
                got=text,
                expected="{column}, {column:04} (zero-padded), {column:.2f} (rounded) or {.own_column}",
            )
        is_own = name.startswith(".")
        column = present(name[1:]) if is_own else name
        pieces.append(Piece(literal, column, is_own, spec or ""))
    return Template(tuple(pieces))


def own_columns(expression: Expression) -> tuple[str, ...]:
    """Columns of ours that a rule reads."""
    if isinstance(expression, SameAs):
        return (expression.column,)
    if isinstance(expression, Template):
        return tuple(piece.column for piece in expression.pieces if piece.is_own)
    if isinstance(expression, Moment):
        return tuple(piece.column for piece in expression.template.pieces if piece.is_own)
    return ()
