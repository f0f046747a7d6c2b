"""Column mappings: a YAML file that says how a source's own columns become the columns of `layout.py`.

    same_ids_as: [other source]      # their alarm and problem ids mean the same things as ours
    tables:
      alarms:
        files: ["export_*.csv"]      # files and inbox only; default: alarms*
        query: alarms.sql            # database only; a path beside this file, with :start_at and :end_at
        delimiter: ","
        time_zone: UTC               # of times without an offset; default: the source's
        datum: GCJ-02                # WGS84 (default), GCJ-02 or BD-09
        columns:
          unit_code: city                                        # the value of a column
          event: {column: 状态, values: {已签收: acknowledged}}      # … translated; other values stay as they are
          alarm_count: {constant: 1}
          alarm_id: {template: "F-{date}-{time:04}-{lat:.3f}"}   # columns, zero-padded or rounded
          point_name: {template: "{.county}火点"}                  # .name: a column of ours, listed above
          started_at: {moment: "{date} {time:04}", format: "%Y-%m-%d %H%M", time_zone: UTC}
          last_at: {moment: "{date}", format: "%Y%m%d", hours: hour, hour_label: end}  # date plus hour 1 to 24
          pushed_at: {same_as: started_at}
          county: {derived: county}                              # from lon and lat; also: city

A column that is not listed is taken from the source's column of the same name, if there is one. Nothing here can run code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from include.errors import InputError
from include.former_names import present, with_present_names
from include.geo.datum import datum_named
from include.periods import office_zone
from include.sources.config import SourceConfig
from include.sources.layout import DATA_ORIGIN, LAYOUTS, Layout

SHIPPED_DIR: Final = Path(__file__).parents[1] / "mappings"
_SPEC = re.compile(r"0\d{1,2}|\.\d{1,2}f")


@dataclass(frozen=True)
class Piece:
    """A literal and, after it, a column's value; `spec` is `04` (zero-padded) or `.2f` (rounded)."""

    literal: str
    column: str = ""
    is_own: bool = False
    spec: str = ""


@dataclass(frozen=True)
class Copy:
    column: str
    values: MappingOf[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Constant:
    value: str


@dataclass(frozen=True)
class Template:
    pieces: tuple[Piece, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The source's columns that it reads."""
        return tuple(piece.column for piece in self.pieces if piece.column and not piece.is_own)


@dataclass(frozen=True)
class Moment:
    """`format` is strptime's; empty: ISO 8601. `hours` is a column of hours to add. Label `end`: one hour earlier."""

    template: Template
    format: str
    time_zone: ZoneInfo
    hours: str
    is_label_end: bool


@dataclass(frozen=True)
class SameAs:
    column: str


@dataclass(frozen=True)
class Derived:
    what: str  # county | city


Expression = Copy | Constant | Template | Moment | SameAs | Derived


@dataclass(frozen=True)
class TableMapping:
    """How one table is read; see the module's docstring."""

    table: str
    columns: MappingOf[str, Expression] = field(default_factory=dict, hash=False)
    files: tuple[str, ...] = ()
    query: Path | None = None
    delimiter: str = ","
    time_zone: ZoneInfo = field(default_factory=office_zone)
    datum: str = "WGS84"
    is_required: bool = False  # a folder without any such file cannot be used


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. `tables` in the order in which they are stored."""

    tables: tuple[TableMapping, ...]
    same_ids_as: tuple[str, ...] = ()


def mapping_of(source: SourceConfig) -> Mapping:
    """The mapping that a source is configured with. Raises InputError naming the file and the place in it."""
    zone = _zone(source.time_zone, f"source {source.name}")
    told = source.options.get("same_ids_as", ())
    same_ids = tuple(name.strip() for name in (told.split(",") if isinstance(told, str) else told))
    if source.mapping is None:
        tables = tuple(TableMapping(name, files=_default_files(name), time_zone=zone) for name in LAYOUTS)
        return Mapping(tables, same_ids)
    loaded = load(mapping_path(source), zone)
    return Mapping(loaded.tables, loaded.same_ids_as + same_ids)


def load(path: Path, time_zone: ZoneInfo, layouts: MappingOf[str, Layout] = LAYOUTS) -> Mapping:
    """The mapping in a YAML file onto these layouts; `time_zone` for times of which it says nothing."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError("a mapping cannot be read", where=str(path), got=error) from error
    document = _dict(document, str(path))
    _only(document, {"description", "same_ids_as", "tables"}, str(path))
    tables = _dict(document.get("tables"), f"{path}: tables")
    _only(tables, set(layouts), f"{path}: tables")
    read = tuple(_table(layouts[name], tables[name], path, time_zone) for name in layouts if name in tables)
    return Mapping(read, _texts(document.get("same_ids_as", []), f"{path}: same_ids_as"))


def mapping_path(source: SourceConfig) -> Path:
    """The YAML file that a source is configured with. Raises InputError."""
    name = str(source.mapping)
    path = Path(name) if name.endswith((".yaml", ".yml")) else SHIPPED_DIR / f"{name}.yaml"
    if not path.is_file():
        shipped = ", ".join(sorted(entry.stem for entry in SHIPPED_DIR.glob("*.yaml")))
        raise InputError(
            "no such mapping",
            where=f"source {source.name}",
            got=name,
            expected=f"a .yaml file or a shipped mapping ({shipped})",
        )
    return path


def _table(layout: Layout, content: object, path: Path, time_zone: ZoneInfo) -> TableMapping:
    name = layout.name
    where = f"{path}: {name}"
    table = _dict(content, where)
    _only(table, {"files", "query", "delimiter", "time_zone", "datum", "columns"}, where)
    zone = _zone(str(table["time_zone"]), where) if "time_zone" in table else time_zone
    datum = datum_named(str(table.get("datum", "WGS84")), where)
    columns = with_present_names(_dict(table.get("columns", {}), f"{where}.columns"))
    known = {*layout.names, DATA_ORIGIN}
    _only(columns, known, f"{where}.columns")
    expressions: dict[str, Expression] = {}
    for own, content_of in columns.items():
        expression = _expression(content_of, f"{where}.columns.{own}", zone)
        for needed in _own_columns(expression):
            if needed not in expressions and needed not in {"lon", "lat"}:
                raise InputError(
                    "a column of ours is used before it is listed",
                    where=f"{where}.columns.{own}",
                    got=needed,
                    todo=f"list {needed} above {own}",
                )
        expressions[own] = expression
    return TableMapping(
        table=name,
        columns=expressions,
        files=_texts(table["files"], f"{where}.files") if "files" in table else _default_files(name),
        query=path.parent / str(table["query"]) if "query" in table else None,
        delimiter=str(table.get("delimiter", ",")),
        time_zone=zone,
        datum=datum,
        is_required=True,
    )


def _expression(content: object, where: str, time_zone: ZoneInfo) -> Expression:
    if isinstance(content, str):
        return Copy(content)
    form = _dict(content, where)
    if "column" in form:
        _only(form, {"column", "values"}, where)
        values = _dict(form.get("values", {}), f"{where}.values")
        return Copy(str(form["column"]), {str(key): _text(value) for key, value in values.items()})
    if "constant" in form:
        _only(form, {"constant"}, where)
        return Constant(_text(form["constant"]))
    if "template" in form:
        _only(form, {"template"}, where)
        return _template(str(form["template"]), where)
    if "same_as" in form:
        _only(form, {"same_as"}, where)
        return SameAs(present(str(form["same_as"])))
    if "derived" in form:
        _only(form, {"derived"}, where)
        if form["derived"] not in ("county", "city"):
            raise InputError("cannot be derived", where=where, got=form["derived"], expected="county | city")
        return Derived(str(form["derived"]))
    if "moment" in form:
        return _moment(form, where, time_zone)
    raise InputError(
        "a column's rule cannot be read",
        where=where,
        got=sorted(form),
        expected="a column's name, or one of column, constant, template, moment, same_as, derived",
    )


def _moment(form: dict[str, Any], where: str, time_zone: ZoneInfo) -> Moment:
    _only(form, {"moment", "format", "time_zone", "hours", "hour_label"}, where)
    label = form.get("hour_label", "start")
    if label not in ("start", "end"):
        raise InputError("unknown hour label", where=where, got=label, expected="start | end")
    return Moment(
        template=_template(str(form["moment"]), where),
        format=str(form.get("format", "")),
        time_zone=_zone(str(form["time_zone"]), where) if "time_zone" in form else time_zone,
        hours=str(form.get("hours", "")),
        is_label_end=label == "end",
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


def _own_columns(expression: Expression) -> tuple[str, ...]:
    if isinstance(expression, SameAs):
        return (expression.column,)
    if isinstance(expression, Template):
        return tuple(piece.column for piece in expression.pieces if piece.is_own)
    if isinstance(expression, Moment):
        return tuple(piece.column for piece in expression.template.pieces if piece.is_own)
    return ()


def _default_files(table: str) -> tuple[str, ...]:
    return (f"{table}*.csv", f"{table}*.xlsx", f"{table}*.parquet")


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            "unknown time zone", where=where, got=name, expected="a name such as Asia/Shanghai or UTC"
        ) from error


def _dict(content: object, where: str) -> dict[str, Any]:
    if not isinstance(content, dict) or not all(isinstance(key, (str, int)) for key in content):
        raise InputError("not a list of names and values", where=where, got=content)
    return {str(key): value for key, value in content.items()}


def _only(content: dict[str, Any], allowed: set[str], where: str) -> None:
    unknown = sorted(set(content) - allowed)
    if unknown:
        raise InputError(
            "unknown name", where=where, got=", ".join(unknown), expected=", ".join(sorted(allowed))
        )


def _texts(content: object, where: str) -> tuple[str, ...]:
    if not isinstance(content, list) or not all(isinstance(entry, str) for entry in content):
        raise InputError("not a list of texts", where=where, got=content)
    return tuple(content)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
