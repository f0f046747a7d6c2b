"""`select-grids …`: choosing the hotspot grids, looking a list through, releasing it, comparing two."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from include.errors import InputError
from include.language import say
from include.verbs.options import FORMATS, REASON, Day, open_current_house, operator, print_rows

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
LIST = click.argument("list_id", type=click.IntRange(1))
FORM = click.option("--format", "form", type=FORMATS, default="table", show_default=True)


@click.group("select-grids")
def select_grids() -> None:
    """Choose the hotspot grids from satellite PM2.5 and emissions, and release the list."""


@select_grids.command()
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into."
)
@click.option("--unit", "units", multiple=True, help="Code of a unit (may be given again); default: all.")
@click.option(
    "--year", type=click.IntRange(1990, 2100), default=2025, show_default=True, help="Last year of PM2.5."
)
@click.option("--seed", type=int, default=23, show_default=True, help="Same seed, same values.")
def example(to: Path, units: tuple[str, ...], year: int, seed: int) -> None:
    """Write 合成 rasters and a commented file of a choice, to try it with."""
    from include.geo.boundaries import counties
    from include.simulator.rasters import write_example
    from include.sources.rasters.reading import require_extra

    require_extra("example")
    outlines = counties(list(units) or None)
    if outlines.empty:
        raise InputError(
            "units without outlines", where="--unit", got=", ".join(units), expected="codes such as 370100"
        )
    path = write_example(to, tuple(outlines.total_bounds), year, seed)
    if units:
        with path.open("a", encoding="utf-8") as file:
            file.write("units: [" + ", ".join(f'"{code}"' for code in units) + "]\n")
    click.echo(say("{path}: 合成示例（模拟数据），select-grids check {path}", path=path))


@select_grids.command()
@FILE
def check(file: Path) -> None:
    """Read everything that a choice names and say what was noticed; changes nothing."""
    choice = _choice(file)
    _say_notes(choice)
    click.echo(
        say(
            "{file}: 可用；小格{count}个，PM2.5年份{names}",
            file=file,
            count=len(choice.table),
            names=say("、").join(map(str, choice.years)),
        )
    )


@select_grids.command()
@FILE
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for table, map, GeoJSON, manifest and PDFs.",
)
@click.option("--dry-run", is_flag=True, help="Only the files: nothing is put before anybody.")
@click.option("--without-letters", is_flag=True, help="No PDF for each unit (`explain` prints one later).")
def propose(file: Path, to: Path | None, dry_run: bool, without_letters: bool) -> None:
    """Choose the grids and put the list before people, who release it at the desk or with `release`."""
    from include.office import grid_lists

    house = open_current_house()
    choice = _choice(file)
    _say_notes(choice)
    hot = int(choice.table["is_hot"].sum())
    click.echo(
        say(
            "小格{count}个，热点网格{hot}个，拟设微站{monitored}个",
            count=len(choice.table),
            hot=hot,
            monitored=int(choice.table["is_monitored"].sum()),
        )
    )
    if to is not None:
        _write(grid_lists.view_of(choice), choice.units, house, to, with_letters=not without_letters)
    if dry_run:
        return
    list_id = grid_lists.propose(house.engine, house.archive, choice, now=datetime.now(UTC), actor=operator())
    click.echo(
        say(
            "清单{list_id}待审核：在督办台“热点网格清单”审核发布，或 select-grids release {list_id} --from DATE --reason …",
            list_id=list_id,
        )
    )


@select_grids.command("list")
@FORM
def list_lists(form: str) -> None:
    """One line a list, the last one first."""
    from include.office.grid_lists import all_lists

    columns = [
        "list_id",
        "name",
        "state",
        "valid_from",
        "cells",
        "hot",
        "monitored",
        "decided",
        "proposed_by",
        "decided_by",
    ]
    print_rows(all_lists(open_current_house().engine)[columns], form)


@select_grids.command()
@LIST
@click.option("--unit", default="", help="Only grids of this unit.")
@FORM
def show(list_id: int, unit: str, form: str) -> None:
    """One line a grid of a list: chosen, left, struck or added, with the reason in words."""
    from include.office.grid_files import listed

    house = open_current_house()
    rows = listed(_view(house, list_id), _unit_names(house))
    print_rows(rows[rows["unit_code"] == unit] if unit else rows, form)


@select_grids.command()
@LIST
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--without-letters", is_flag=True, help="No PDF for each unit.")
def export(list_id: int, to: Path, without_letters: bool) -> None:
    """Write table, list, GeoJSON, map, manifest and PDFs of a list, persons' decisions included."""
    house = open_current_house()
    _write(_view(house, list_id), _unit_names(house), house, to, with_letters=not without_letters)


@select_grids.command()
@LIST
@click.option("--unit", required=True, help="Code of the unit.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PDF to write.")
def explain(list_id: int, unit: str, to: Path) -> None:
    """Print 为什么是这个网格 for one unit (PDF)."""
    from include.office.grid_files import unit_reasons

    house = open_current_house()
    name = _unit_names(house).get(unit, unit)
    to.write_bytes(
        unit_reasons(_view(house, list_id), unit, name, house.issuer.name, fonts_dir=house.fonts_dir)
    )
    click.echo(str(to))


@select_grids.command()
@LIST
@click.argument("grid_id")
@REASON
def strike(list_id: int, grid_id: str, reason: str) -> None:
    """Take a grid out of a proposed list."""
    from include.office.grid_lists import strike as run

    run(open_current_house().engine, list_id, grid_id, now=datetime.now(UTC), actor=operator(), reason=reason)
    click.echo(say("{grid_id}: 已剔除", grid_id=grid_id))


@select_grids.command()
@LIST
@click.argument("grid_id")
@REASON
def add(list_id: int, grid_id: str, reason: str) -> None:
    """Put a cell into a proposed list, or take a strike back."""
    from include.office.grid_lists import add as run

    house = open_current_house()
    run(house.engine, house.archive, list_id, grid_id, now=datetime.now(UTC), actor=operator(), reason=reason)
    click.echo(say("{grid_id}: 已列入", grid_id=grid_id))


@select_grids.command()
@LIST
@click.option("--from", "valid_from", type=Day(), required=True, help="First date of its use.")
@REASON
def release(list_id: int, valid_from: date, reason: str) -> None:
    """Put a list into force: letters of windows that end on or after that date speak of its grids."""
    from include.office.grid_lists import release as run

    run(
        open_current_house().engine,
        list_id,
        valid_from,
        now=datetime.now(UTC),
        actor=operator(),
        reason=reason,
    )
    click.echo(say("清单{list_id}自{valid_from}起施行", list_id=list_id, valid_from=valid_from))


@select_grids.command()
@LIST
@REASON
def reject(list_id: int, reason: str) -> None:
    """Settle a proposed list that will not be used."""
    from include.office.grid_lists import reject as run

    run(open_current_house().engine, list_id, now=datetime.now(UTC), actor=operator(), reason=reason)
    click.echo(say("清单{list_id}未采用", list_id=list_id))


@select_grids.command()
@click.argument("before", type=click.IntRange(1))
@click.argument("after", type=click.IntRange(1))
@click.option("--grids", is_flag=True, help="One line a grid instead of one a unit.")
@FORM
def compare(before: int, after: int, grids: bool, form: str) -> None:
    """Two lists beside each other: new, kept and left by unit, and a last row `total`."""
    from include.office.grid_lists import compare as run
    from include.selection.comparison import change_counts

    rows = run(open_current_house().engine, before, after)
    shown = rows if grids else change_counts(rows)
    print_rows(shown, form)


@select_grids.command()
@FILE
@click.option(
    "--grids", is_flag=True, help="One line a grid that is chosen with some weights and not with others."
)
@FORM
def sensitivity(file: Path, grids: bool, form: str) -> None:
    """What moving each weight by 0.1 up and down changes."""
    from include.selection.comparison import sensitivity as run

    choice = _choice(file)
    weights, rows = run(choice.measured, choice.rules, years=choice.years, old=choice.old)
    hangs = rows[(rows["chosen_in"] < rows["trials"]) | ~rows["is_hot"]].rename(
        columns={"unit_code": "unit_code"}
    )
    print_rows(hangs if grids else weights, form, f"{len(hangs)} of {len(rows)} grids hang on the weights")


def _choice(file: Path) -> Any:
    from include.office.grid_choice import choose_grids
    from include.sources.rasters.selection_file import read_selection_file

    return choose_grids(open_current_house().engine, read_selection_file(file))


def _say_notes(choice: Any) -> None:
    for one in choice.notes:
        click.echo(
            say("  {code}\u3000{where}：{words}", code=one.code, where=one.where, words=one.text), err=True
        )


def _view(house: Any, list_id: int) -> Any:
    from include.office.grid_lists import view

    return view(house.engine, house.archive, list_id)


def _unit_names(house: Any) -> dict[str, str]:
    from include.office.grid_lists import unit_names

    return unit_names(house.engine)


def _write(of: Any, units: Any, house: Any, to: Path, *, with_letters: bool) -> None:
    from include.office.grid_files import list_files

    to.mkdir(parents=True, exist_ok=True)
    for name, content in list_files(
        of, units, house.issuer.name, fonts_dir=house.fonts_dir, with_letters=with_letters
    ):
        (to / name).write_bytes(content)
        click.echo(f"{to / name}: {len(content)} bytes")
