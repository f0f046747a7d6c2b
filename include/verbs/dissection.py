"""`dissection …`: the cases of 解剖分析, as an operator works on them; only in an office whose profile has `chain:`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from include.verbs.options import FORMATS, Moment, open_current_house, operator, print_rows

_PERSON: Final = click.option("--person", default="", help="Who did it, where that is not you.")
_REASON: Final = click.option("--reason", required=True, help="Why, or what was seen; for the record.")
_AS_OF: Final = click.option("--as-of", type=Moment(), help="The moment whose state is shown; default: now.")
_FORMAT: Final = click.option("--format", "form", type=FORMATS, default="table", show_default=True)
_LARGEST_READ: Final = 2_000_000


@click.group()
def dissection() -> None:
    """解剖分析: cases of grids that alarm again and again, from their analysis to the acceptance of the measures."""


@dissection.command()
def look() -> None:
    """Open the cases that the alarms say by now, as `answer_round` does it; said again, nothing is new."""
    from include.office import dissection as cases

    opened = cases.look(open_current_house(), datetime.now(UTC), operator())
    for case_id, event in opened:
        click.echo(f"{case_id}: {event.event} at {event.event_at:%Y-%m-%dT%H:%MZ} by {event.alarm_id}")
    click.echo(f"{len(opened)} cases opened")


@dissection.command("list")
@_AS_OF
@_FORMAT
def list_cases(as_of: datetime | None, form: str) -> None:
    """One line a case: where, how it stands, its measures."""
    from include.office.dissection_lists import case_rows

    print_rows(case_rows(open_current_house(), as_of or datetime.now(UTC)), form, "cases")


@dissection.command()
@click.argument("case_id")
@_AS_OF
@_FORMAT
def show(case_id: str, as_of: datetime | None, form: str) -> None:
    """The events of a case, what failed, what its measures changed, and what may be done now."""
    from include.letters.dissection import effect_lines, unheld_words
    from include.office.dissection_figures import case_figures
    from include.office.dissection_lists import case_at, case_event_rows, possible_case_steps

    house, moment = open_current_house(), as_of or datetime.now(UTC)
    stored = case_at(house, case_id, moment)
    print_rows(case_event_rows(stored), form, case_id)
    if form == "table":
        figures = case_figures(house, case_id, moment)
        for one in figures.unheld:
            click.echo(f"{one.alarm_id}: {unheld_words(one)}")
        for line in effect_lines(figures.effect):
            click.echo(line)
        for line in possible_case_steps(stored):
            click.echo(line)


@dissection.command()
@click.argument("case_id")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="A folder.")
@_AS_OF
def draft(case_id: str, to: Path, as_of: datetime | None) -> None:
    """Write the draft of the analysis, Word and PDF, for a person to finish."""
    from include.office.dissection_documents import draft_of

    letter = draft_of(open_current_house(), case_id, as_of or datetime.now(UTC))
    to.mkdir(parents=True, exist_ok=True)
    for file in letter.files:
        (to / file.file_name).write_bytes(file.content)
        click.echo(to / file.file_name)
    for warning in letter.warnings:
        click.echo(warning, err=True)


@dissection.command("file")
@click.argument("case_id")
@click.argument("document", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", default="", help="For the record.")
@_PERSON
def file_analysis(case_id: str, document: Path, reason: str, person: str) -> None:
    """File the finished analysis (.docx or .pdf); filed again, the last one stands."""
    from include.office.dissection_documents import FiledDocument

    with document.open("rb") as stream:
        content = stream.read(_LARGEST_READ)
    _taken("file", case_id, FiledDocument(document.name, content), note=reason, person=person)


@dissection.command()
@click.argument("case_id")
@click.option("--what", "note", required=True, help="What is to be done.")
@click.option("--unit", "unit_code", required=True, help="The unit that is to do it.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--until", "due_at", type=Moment(), required=True, help="Until when.")
@_PERSON
def measure(case_id: str, **more: Any) -> None:
    """Add a measure with who answers for it and until when."""
    _taken("measure", case_id, **more)


def _of_measure(step: str, text: str) -> click.Command:
    @click.argument("case_id")
    @click.argument("measure_no", type=click.IntRange(1))
    @_REASON
    @_PERSON
    def command(case_id: str, measure_no: int, reason: str, person: str) -> None:
        _taken(step, case_id, measure_no=measure_no, note=reason, person=person)

    return click.command(step, help=text)(command)


for _step, _text in (
    ("done", "Record that a measure is done."),
    ("redo", "Send a measure back that was said to be done."),
    ("cancel", "Cancel a measure that runs."),
):
    dissection.add_command(_of_measure(_step, _text))


@dissection.command()
@click.argument("case_id")
@_REASON
@_PERSON
def accept(case_id: str, reason: str, person: str) -> None:
    """Accept the case (验收结案): analysis filed, measures done; by somebody who took part in neither."""
    _taken("accept", case_id, note=reason, person=person)


@dissection.command()
@click.argument("case_id")
@_REASON
@_PERSON
def drop(case_id: str, reason: str, person: str) -> None:
    """Drop a case that is none (撤销立案), for instance where its alarms were 误报."""
    _taken("drop", case_id, note=reason, person=person)


def _taken(step: str, case_id: str, document: Any = None, **more: Any) -> None:
    """Takes a step of the case, and prints the event."""
    from include.chain.dissection.values import CaseMove
    from include.office.dissection import take

    house = open_current_house()
    event = take(house, case_id, CaseMove(step, datetime.now(UTC), operator(), **more), document)
    number = f" measure {event.measure_no}" if event.measure_no else ""
    click.echo(f"{case_id}{number}: {event.event}")
