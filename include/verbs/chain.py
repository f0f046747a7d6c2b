"""`chain …`: the steps of a city's own chain of an alarm, as an operator takes them; only in an office whose profile has `chain:`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from include.periods import moment_text, parse_date
from include.verbs.options import FORMATS, Moment, open_current_house, operator, print_rows

_TASK: Final = click.option(
    "--task", type=click.IntRange(1), help="Which of its tasks; not needed where there is one that fits."
)
_PERSON: Final = click.option("--person", default="", help="Who did it, where that is not you.")
_UNIT: Final = click.option(
    "--unit", default="", help="The unit for which you record it; default: its holder."
)
_NOTE: Final = click.option("--note", default="", help="What was found.")
_REASON: Final = click.option("--reason", required=True, help="Why, or what was found; for the record.")
_KEY: Final = click.option(
    "--key", default="", help="Your own key of this step: said again, nothing is done."
)
_RECEIVED: Final = click.option(
    "--received-at", type=Moment(), help="When it reached the office, where that was earlier than now."
)

_SHOWN: Final = (
    "alarm_id",
    "task_no",
    "holder_name",
    "role",
    "state",
    "step",
    "due_at",
    "overdue_hours",
    "office_late_hours",
    "is_escalated",
    "point_name",
)


@click.group()
def chain() -> None:
    """A city's own chain of an alarm: 交办, 签收, 上报, 审核, 整改, 验收, 销号, 结案."""


@chain.command("show")
@click.argument("alarm_id")
@click.option("--as-of", type=Moment(), help="The moment whose state is shown; default: now.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def show(alarm_id: str, as_of: datetime | None, form: str) -> None:
    """One line a step of an alarm's chain, and below what may be done now."""
    from include.errors import InputError
    from include.office.chain import chain_at, chain_settings, is_alarm
    from include.office.chain_lists import event_rows, possible_steps

    chain_settings()
    house = open_current_house()
    if not is_alarm(house, alarm_id):
        raise InputError("no such alarm", where="chain show", got=alarm_id[:64], expected="an alarm_id")
    events, stands = chain_at(house, alarm_id, as_of or datetime.now(UTC))
    print_rows(event_rows(events), form, alarm_id)
    if form == "table":
        for line in possible_steps(stands):
            click.echo(line)


@chain.command("list")
@click.option("--as-of", type=Moment(), help="The moment whose state is shown; default: now.")
@click.option(
    "--overdue", is_flag=True, help="Only what is overdue at its holder; what waits for this office is not."
)
@click.option("--unassigned", "is_unassigned", is_flag=True, help="The open alarms that nobody holds.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_tasks(as_of: datetime | None, overdue: bool, is_unassigned: bool, form: str) -> None:
    """One line a task that runs: who holds it, what it waits for, until when."""
    from include.office.chain_lists import running_tasks, unassigned_rows

    house, moment = open_current_house(), as_of or datetime.now(UTC)
    if is_unassigned:
        print_rows(unassigned_rows(house, moment), form, "unassigned")
        return
    rows = running_tasks(house, moment)
    rows = rows[rows["overdue_hours"] > 0] if overdue else rows
    print_rows(rows[list(_SHOWN)] if form == "table" else rows, form, "tasks")


@chain.command()
@click.argument("alarm_ids", nargs=-1)
@click.option("--to", "units", multiple=True, help="Unit that is to hold it; several: the first one leads.")
@click.option("--all", "is_all", is_flag=True, help="Every open alarm that nobody holds, by the rules.")
@click.option("--reason", default="", help="Why to that unit; for the record.")
@_PERSON
def assign(
    alarm_ids: tuple[str, ...], units: tuple[str, ...], is_all: bool, reason: str, person: str
) -> None:
    """Hand alarms on (交办): to the units that you name, else by the profile's rules of place and suspicion."""
    from include.act import Act
    from include.office.chain_assigning import assign_by_rules, assign_to, require_unassigned
    from include.office.chain_lists import unassigned_rows

    house, now = open_current_house(), datetime.now(UTC)
    if is_all == bool(alarm_ids):
        raise click.UsageError("name alarms, or --all")
    if is_all and units:
        raise click.UsageError("--all goes by the rules: without --to")
    if units:
        for alarm_id, event in assign_to(house, alarm_ids, units, Act(now, operator(), reason), person):
            _say(alarm_id, event)
        return
    if not is_all:
        for alarm_id in alarm_ids:
            require_unassigned(house, alarm_id, now)
    wanted = [str(one) for one in unassigned_rows(house, now)["alarm_id"]] if is_all else list(alarm_ids)
    events, troubles = assign_by_rules(house, wanted, Act(now, operator(), reason), person)
    click.echo(f"{len(events)} tasks")
    for trouble in troubles:
        click.echo(trouble, err=True)
    if troubles:
        raise SystemExit(1)


def _taken(step: str, alarm_id: str, task: int | None, **more: Any) -> None:
    """Takes a step of the task that is meant, and prints the event."""
    from include.chain.steps import OF_ALARM, STEPS
    from include.chain.values import Move
    from include.office.chain import take
    from include.office.chain_lists import meant_task

    house, now = open_current_house(), datetime.now(UTC)
    received_at = more.pop("received_at", None) or now
    if step in OF_ALARM:
        _say(alarm_id, take(house, alarm_id, Move(step, now, received_at, operator(), **more)))
        return
    meant = meant_task(house, alarm_id, step, task, now)
    unit = more.pop("unit", "")
    if STEPS[step].by == "holder":
        more["unit_code"] = unit or meant.holder_code
    _say(
        alarm_id,
        take(house, alarm_id, Move(step, now, received_at, operator(), task_no=meant.task_no, **more)),
    )


def _say(alarm_id: str, event: Any) -> None:
    if event is None:
        click.echo(f"{alarm_id}: taken before, nothing done")
        return
    due = f", due {moment_text(event.due_at)}" if event.due_at else ""
    task = f" task {event.task_no}" if event.task_no else ""
    click.echo(f"{alarm_id}{task}: {event.event}{' → ' + event.state if event.state else ''}{due}")


@chain.command()
@click.argument("alarm_id")
@_TASK
@_UNIT
@_PERSON
@_KEY
@_RECEIVED
def acknowledge(alarm_id: str, task: int | None, **more: Any) -> None:
    """Record that its holder acknowledged it (签收)."""
    _taken("acknowledge", alarm_id, task, **more)


@chain.command()
@click.argument("alarm_id")
@_TASK
@_UNIT
@_PERSON
@_KEY
@_RECEIVED
@click.option("--problem/--no-problem", "problem_found", required=True, help="Whether a problem was found.")
@click.option("--category", default="", help="Of the problem; one of the office's categories.")
@click.option("--note", required=True, help="What was found.")
@click.option("--rectify-by", type=Moment(), help="Until when it is to be rectified, as promised.")
@click.option("--inspected-at", type=Moment(), help="排查时间, as the unit says it; for information.")
def report(alarm_id: str, task: int | None, **more: Any) -> None:
    """Record what its holder found on the spot (巡查上报)."""
    _taken("report", alarm_id, task, **more)


@chain.command()
@click.argument("alarm_id")
@click.option("--pass/--return", "is_passed", required=True, help="通过, or 退回 for a new report.")
@click.option("--reason", default="", help="Why; needed to send it back.")
@_TASK
@_PERSON
def review(alarm_id: str, is_passed: bool, reason: str, task: int | None, person: str) -> None:
    """Review a report (审核); by another person than the reporter."""
    _taken("pass" if is_passed else "return", alarm_id, task, person=person, note=reason)


@chain.command()
@click.argument("alarm_id")
@_TASK
@_UNIT
@_PERSON
@_KEY
@_RECEIVED
@_NOTE
def rectify(alarm_id: str, task: int | None, **more: Any) -> None:
    """Record that its holder has rectified the problem (整改)."""
    _taken("rectify", alarm_id, task, **more)


@chain.command()
@click.argument("alarm_id")
@click.option("--passed/--failed", "is_passed", required=True, help="What the acceptance on site came to.")
@click.option("--reason", default="", help="What was seen; needed where it failed.")
@_TASK
@_PERSON
def accept(alarm_id: str, is_passed: bool, reason: str, task: int | None, person: str) -> None:
    """Record the acceptance on site (现场验收); by another person than who reported and rectified."""
    _taken("accept" if is_passed else "fail", alarm_id, task, person=person, note=reason)


@chain.command("spot-check")
@click.argument("alarm_id")
@click.option("--passed/--failed", "is_passed", required=True, help="What the spot check found.")
@click.option("--reason", default="", help="What was seen; needed where it failed.")
@_TASK
@_PERSON
def spot_check(alarm_id: str, is_passed: bool, reason: str, task: int | None, person: str) -> None:
    """Record the spot check (抽查) of a task that was drawn for one."""
    _taken("check" if is_passed else "doubt", alarm_id, task, person=person, note=reason)


@chain.command("write-off")
@click.argument("alarm_id")
@click.option("--reason", default="", help="For the record.")
@_TASK
@_PERSON
def write_off(alarm_id: str, reason: str, task: int | None, person: str) -> None:
    """Write a task off (销号); one that was drawn only after its spot check."""
    _taken("write_off", alarm_id, task, person=person, note=reason)


@chain.command()
@click.argument("alarm_id")
@click.option("--until", "due_at", type=Moment(), required=True, help="The new deadline.")
@_REASON
@_TASK
@_PERSON
def extend(alarm_id: str, due_at: datetime, reason: str, task: int | None, person: str) -> None:
    """Extend the deadline of what a task waits for (延期)."""
    _taken("extend", alarm_id, task, person=person, note=reason, due_at=due_at)


@chain.command()
@click.argument("alarm_id")
@_REASON
@_TASK
@_PERSON
def withdraw(alarm_id: str, reason: str, task: int | None, person: str) -> None:
    """Take a task back from its holder (撤回交办)."""
    _taken("withdraw", alarm_id, task, person=person, note=reason)


@chain.command()
@click.argument("alarm_id")
@_REASON
@_PERSON
def close(alarm_id: str, reason: str, person: str) -> None:
    """Close the chain of an alarm (结案); every task of it has ended."""
    _taken("close", alarm_id, None, person=person, note=reason)


@chain.command()
@click.argument("alarm_id")
@_REASON
@_PERSON
def reopen(alarm_id: str, reason: str, person: str) -> None:
    """Undo the closing."""
    _taken("reopen", alarm_id, None, person=person, note=reason)


@chain.command()
@click.option(
    "--from", "started_at", type=Moment(), required=True, help="Since when our side was out of order."
)
@click.option("--until", "ended_at", type=Moment(), required=True, help="Until when.")
@click.option("--reason", default="", help="What was out of order; extends what waited then.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def outage(started_at: datetime, ended_at: datetime, reason: str, form: str) -> None:
    """List the tasks whose holders' time ran during an outage on our own side; with --reason extend each by as long, once."""
    from include.act import Act
    from include.office.chain_outages import extend_for, waiting_in

    house, now = open_current_house(), datetime.now(UTC)
    if not reason:
        print_rows(waiting_in(house, started_at, ended_at, now), form, "waiting")
        return
    done, troubles = extend_for(house, started_at, ended_at, Act(now, operator(), reason))
    click.echo(f"{done} tasks extended")
    for trouble in troubles:
        click.echo(trouble, err=True)
    if troubles:
        raise SystemExit(1)


@chain.command()
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def outages(form: str) -> None:
    """The outages on our own side for which something was extended."""
    from include.office.chain_outages import outages as found

    print_rows(found(open_current_house()), form, "outages")


@chain.command()
def dispatch() -> None:
    """One round by hand, as `answer_round` does it: hand on where the profile says so, make the letters of the steps of the minutes
    that are over, and post what waits."""
    from include.office.chain import chain_settings
    from include.workflows.chain_round import take
    from include.workflows.steps import one_round

    house, now = open_current_house(), datetime.now(UTC)
    chain_settings()
    done = take(house, now, operator())
    sent = one_round(house, now, operator())
    click.echo(f"{done['assigned']} tasks, {done['letters']} letters, {sent['mails']} mails")
    if done.get("trouble"):
        click.echo(done["trouble"], err=True)
        raise SystemExit(1)


@chain.command()
@click.option("--month", required=True, help="YYYY-MM: of the alarms first assigned in it.")
@click.option("--as-of", type=Moment(), help="The moment whose state counts; default: now.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a workbook (.xlsx).")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def assess(month: str, as_of: datetime | None, to: Path | None, form: str) -> None:
    """How the units that hold tasks did over a month (考核): on time at each step, returned, repeats, accepted."""
    from include.letters.assessment import assessment_workbook
    from include.office.chain_assessment import assessment_figures, assessment_table

    first, moment = parse_date(f"{month}-01"), as_of or datetime.now(UTC)
    figures = assessment_figures(open_current_house(), first, moment)
    if to is not None:
        to.write_bytes(assessment_workbook(figures))
        click.echo(to)
        return
    print_rows(assessment_table(figures), form, month)
