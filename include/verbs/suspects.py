"""`suspects` and what is below it: whom an alarm's hours point to, what the field found, whose treatment seems idle."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click
import pandas as pd

from include.errors import InputError
from include.language import say
from include.periods import DAY, moment_label
from include.rules import SIMULATED_LABEL
from include.verbs.options import FORMATS, Day, open_current_house, operator, print_rows


@click.group("suspects")
def suspects() -> None:
    """Whom to check after an alarm (疑似、建议核查): candidates with chance and reasons."""


@suspects.command("show")
@click.argument("alarm_id")
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a sketch with wind and candidates.",
)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def show(alarm_id: str, svg: Path | None, form: str) -> None:
    """The suspects of one alarm, of the watch or of a platform, ranked by what the store knows now.

    As json and csv every number of the score is told: chance = exp(utility - log_sum), utility = the sum of the *_points, each to six decimals.
    """
    from include.office.suspect_tables import points_table, suspect_numbers, suspect_table
    from include.suspects.wording import LEVEL_MEANING, others_words, wind_words
    from include.workflows.suspecting import keep_suspects
    from include.workflows.wind_masts import notes_of_hours

    house = open_current_house()
    keep_suspects(house, [alarm_id])
    rows, about = suspect_table(house.engine, alarm_id)
    numbers = suspect_numbers(about)
    if form == "table":
        click.echo(
            say(
                "{alarm_id} {grid_id} {moment} 起；{wind}",
                alarm_id=alarm_id,
                grid_id=about.grid_id,
                moment=moment_label(about.started_at, year=True),
                wind=wind_words(about.hours),
            )
        )
        click.echo(LEVEL_MEANING)
        print_rows(
            rows if (rows["核查"] != "").any() else rows.drop(columns="核查"),
            form,
            say("疑似来源（建议核查）"),
        )
        if others := others_words(about.suspects):
            click.echo(others)
        print_rows(points_table(numbers), form, say("各项得分（按排名；可能性 = exp(utility - log_sum)）"))
    else:
        print_rows(numbers, form)
    if about.is_simulated:
        click.echo(SIMULATED_LABEL, err=True)
    for line in notes_of_hours(house, about.hours):
        click.echo(f"note: {line}", err=True)
    if svg is not None:
        from include.office.suspect_sketch import sketch

        svg.write_text(sketch(about.suspects, about.hours, with_names=True), encoding="utf-8")


@suspects.command("decide")
@click.argument("alarm_id")
@click.argument("enterprise_id")
@click.argument("verdict", type=click.Choice(["struck", "found", "not_found", "open"]))
@click.option("--reason", required=True, help="Why it is struck out, or what the inspection saw.")
def decide(alarm_id: str, enterprise_id: str, verdict: str, reason: str) -> None:
    """Strike a suspect out, or keep what an inspection found (found, not_found); open takes it back."""
    from include.store.suspects import keep_verdict

    house = open_current_house()
    keep_verdict(house.engine, alarm_id, enterprise_id, verdict, operator(), reason, now=datetime.now(UTC))
    click.echo(f"{alarm_id} {enterprise_id}: {verdict}")


@suspects.command("hits")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def hits(form: str) -> None:
    """How often the field found the first suspects right, by method, from inspections alone."""
    from include.office.suspect_tables import hit_table

    print_rows(hit_table(open_current_house().engine), form, say("核查命中率（仅按现场核查结果）"))


@suspects.command("treatment")
@click.option("--date", "day", type=Day(), required=True, help="Natural day.")
@click.option(
    "--stops",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV, XLSX or Parquet of ordered stops: enterprise_id, start_at, end_at.",
)
@click.option(
    "--xlsx",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the list, the completeness of meters and the rules as a workbook.",
)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def treatment(day: date, stops: Path | None, xlsx: Path | None, form: str) -> None:
    """疑似治污设施不正常运行 of one day by enterprise, with the completeness of meters and what is wrong in them; kept."""
    from include.workflows.treatment import keep_treatment

    told = None if stops is None else _table_of(stops)
    house, now = open_current_house(), datetime.now(UTC)
    found = keep_treatment(house, day, told, now=now)
    print_rows(found.rows, form, say("疑似治污设施不正常运行 {day}（疑似，建议核查）", day=day))
    click.echo(
        say(
            "{metered} 家有分表计电，平均完整率 {completeness:.1%}；{without} 家当日无数据，{unused} 家数据不能采用（计为0）",
            metered=found.metered,
            completeness=found.completeness,
            without=found.without,
            unused=found.unused,
        ),
        err=True,
    )
    for note in found.notes:
        click.echo(note, err=True)
    for fault in found.faults.itertuples(index=False):
        click.echo(
            say(
                "{enterprise_id} {column}: {words}（{rows}，例 {example}）",
                enterprise_id=fault.enterprise_id,
                column=fault.column,
                words=fault.words,
                rows=fault.rows,
                example=fault.example,
            ),
            err=True,
        )
    if xlsx is not None:
        from include.office.treatment import treatment_workbook

        xlsx.write_bytes(treatment_workbook(house.engine, day, day + DAY, found.meters, now))


def _table_of(path: Path) -> pd.DataFrame:
    """A table of text, CSV, XLSX or Parquet. Raises InputError when a row of it cannot be read."""
    from include.sources.reading.tables import read_table

    chunks = list(read_table(path))
    for row in (row for chunk in chunks for row in chunk.broken):
        raise InputError("a row cannot be read", where=f"{path}, line {row.line}", got=row.reason)
    return pd.concat([chunk.rows for chunk in chunks], ignore_index=True)
