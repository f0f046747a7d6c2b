"""Column mappings: a YAML file that says how a source's own columns become the columns of `layout.py`.

    same_ids_as: [other source]      # their alarm and problem ids mean the same things as ours
    tables:
      alarms:
        files: ["export_*.csv"]      # files and inbox only; default: alarms*
        query: alarms.sql            # database only; a path beside this file, with :start_at and :end_at
        time_zone: UTC               # of times without an offset; default: the source's
        datum: GCJ-02                # WGS84 (default), GCJ-02 or BD-09
        delimiter: ";"               # default: the one of , ; tab | that the header has most of
        sheet: 明细                   # name, or number from 1, or "*" for every one with the same header; default: the first
        header_row: 3                # default: the first that is not empty
        header_rows: 2               # so many rows make the header, joined by a space
        header: [时间, 站点]           # the columns of a file that has no header
        fill_down: [区县]             # an empty cell means what stands above it
        no_data: [合计, "注："]         # rows that begin so are no data
        records: data.list           # JSON: where the list is
        decimal: ","                 # 12,5 is twelve and a half
        thousands: ","               # 1,048 is one thousand and forty-eight
        hours_across: "{hour}时"      # a column an hour: each becomes a row with the columns (hour) and (value)
        columns:
          unit_code: city                                        # the value of a column
          event: {column: 状态, values: {已签收: acknowledged}}      # … translated; other values stay as they are
          alarm_count: {constant: 1}
          alarm_id: {template: "F-{date}-{time:04}-{lat:.3f}"}   # columns, zero-padded or rounded
          station_id: (sheet)                                    # the name of the sheet; (file): that of the file
          point_name: {template: "{.county}火点"}                  # .name: a column of ours, listed above
          started_at: {moment: "{date} {time:04}", format: "%Y-%m-%d %H%M", time_zone: UTC}
          last_at: {moment: "{date}", format: "%Y%m%d", hours: hour, hour_label: end}  # date plus hour 1 to 24
          revised_at: {moment: "{ts}", format: epoch_s}             # seconds since 1970; epoch_ms: milliseconds; excel: days of a spreadsheet
          pushed_at: {same_as: started_at}
          county: {derived: county}                              # from lon and lat; also: unit
          _sensor: {column: satellite, values: {T: MODIS}}        # a name for rules below, as ._sensor

A column that is not listed is taken from the source's column of the same name, if there is one. Nothing here can run code.
Air quality (table `air`) says more about its places, hours and values: `language.AirTerms`.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import yaml

from include.errors import InputError
from include.former_names import with_present_names
from include.geo.datum import datum_named
from include.sources.config import SourceConfig
from include.sources.layout import AIR, DATA_ORIGIN, LAYOUTS, Layout
from include.sources.mapping.expressions import expression_of, own_columns
from include.sources.mapping.language import (
    Copy,
    Expression,
    Mapping,
    Moment,
    TableMapping,
    Template,
)
from include.sources.mapping.terms import AIR_NAMES, FORM_NAMES, air_terms, form_of
from include.sources.mapping.yaml_values import mapping_in, only, texts, zone
from include.sources.reading.form import FILE_COLUMN, SHEET_COLUMN
from include.yaml_once import load_yaml

SHIPPED_DIR: Final = Path(__file__).parents[1] / "mappings"
_MOST_BYTES: Final = 1 << 20
_STATION_MINUTES: Final = 5.0  # that a value of `station_minutes` stands for
_TABLE_NAMES: Final = frozenset({"files", "query", "time_zone", "datum", "columns"}) | FORM_NAMES


def mapping_of(source: SourceConfig) -> Mapping:
    """The mapping that a source is configured with. Raises InputError naming the file and the place in it."""
    own_zone = zone(source.time_zone, f"source {source.name}")
    told = source.options.get("same_ids_as", ())
    same_ids = tuple(name.strip() for name in (told.split(",") if isinstance(told, str) else told))
    if source.mapping is None:
        tables = tuple(TableMapping(name, files=_default_files(name), time_zone=own_zone) for name in LAYOUTS)
        return Mapping(tables, same_ids)
    loaded = load(mapping_path(source), own_zone)
    return Mapping(loaded.tables, loaded.same_ids_as + same_ids)


def load(path: Path, time_zone: ZoneInfo, layouts: MappingOf[str, Layout] = LAYOUTS) -> Mapping:
    """The mapping in a YAML file onto these layouts; `time_zone` for times of which it says nothing."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError("a mapping is larger than one can be", where=str(path), got=path.stat().st_size)
        document = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError("a mapping cannot be read", where=str(path), got=error) from error
    document = mapping_in(document, str(path))
    only(document, {"description", "same_ids_as", "tables"}, str(path))
    tables = mapping_in(document.get("tables"), f"{path}: tables")
    only(tables, set(layouts), f"{path}: tables")
    read = tuple(_table(layouts[name], tables[name], path, time_zone) for name in layouts if name in tables)
    return Mapping(read, texts(document.get("same_ids_as", []), f"{path}: same_ids_as"))


def is_named_like(path: Path, table: TableMapping) -> bool:
    """Whether the mapping reads this table from a file of that name."""
    return any(fnmatchcase(path.name.lower(), pattern.lower()) for pattern in table.files)


def mapping_path(source: SourceConfig) -> Path:
    """The YAML file that a source is configured with. Raises InputError."""
    return mapping_file(str(source.mapping), f"source {source.name}")


def mapping_file(name: str, where: str = "--mapping") -> Path:
    """A YAML file by its path, or a shipped mapping by its name. Raises InputError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else SHIPPED_DIR / f"{Path(name).name}.yaml"
    if not path.is_file():
        shipped = ", ".join(sorted(entry.stem for entry in SHIPPED_DIR.glob("*.yaml")))
        raise InputError(
            "no such mapping",
            where=where,
            got=name,
            expected=f"a .yaml file or a shipped mapping ({shipped})",
        )
    return path


def _table(layout: Layout, content: object, path: Path, time_zone: ZoneInfo) -> TableMapping:
    name = layout.name
    where = f"{path}: {name}"
    table = mapping_in(content, where)
    only(table, set(_TABLE_NAMES | AIR_NAMES if name == AIR.name else _TABLE_NAMES), where)
    own_zone = zone(str(table["time_zone"]), where) if "time_zone" in table else time_zone
    datum = datum_named(str(table.get("datum", "WGS84")), where)
    columns = with_present_names(mapping_in(table.get("columns", {}), f"{where}.columns"))
    known = {*layout.names, DATA_ORIGIN}
    only({own: rule for own, rule in columns.items() if not own.startswith("_")}, known, f"{where}.columns")
    expressions: dict[str, Expression] = {}
    for own, content_of in columns.items():
        expression = expression_of(content_of, f"{where}.columns.{own}", own_zone)
        for needed in own_columns(expression):
            if needed not in expressions and needed not in {"lon", "lat"}:
                raise InputError(
                    "a column of ours is used before it is listed",
                    where=f"{where}.columns.{own}",
                    got=needed,
                    todo=f"list {needed} above {own}",
                )
        if name == "station_minutes" and isinstance(expression, Moment):
            expression = replace(expression, minutes=_STATION_MINUTES)
        expressions[own] = expression
    told_of = {source for rule in expressions.values() for source in _sources(rule)}
    form = replace(form_of(table, where), is_named=not told_of.isdisjoint({FILE_COLUMN, SHEET_COLUMN}))
    mapping = TableMapping(
        table=name,
        columns=expressions,
        files=texts(table["files"], f"{where}.files") if "files" in table else _default_files(name),
        query=path.parent / str(table["query"]) if "query" in table else None,
        form=form,
        time_zone=own_zone,
        datum=datum,
        is_required=True,
        name=path.stem if path.parent == SHIPPED_DIR else str(path.resolve()),
    )
    return replace(mapping, air=air_terms(table, where, path.parent)) if name == AIR.name else mapping


def _sources(rule: Expression) -> tuple[str, ...]:
    """The columns of a file that a rule names."""
    if isinstance(rule, Copy):
        return (rule.column,)
    template = rule.template if isinstance(rule, Moment) else rule
    return template.columns if isinstance(template, Template) else ()


def _default_files(table: str) -> tuple[str, ...]:
    return (f"{table}*",)
