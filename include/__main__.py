"""The command line: `python -m include VERB`. Exit codes: 0 done, 1 a check failed, 2 bad arguments or unusable input."""

import logging
import signal
import sys
import threading
import traceback
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy.exc import DBAPIError

from include.errors import InputError, QianliyanError, redact
from include.house import default_registry, default_var, open_house
from include.periods import (
    KINDS,
    Period,
    custom_period,
    midnight,
    moment_label,
    period_ending,
    periods_of_day,
)
from include.rules import RULES_VERSION, SIMULATED_LABEL
from include.store.engine import store_error
from include.store.private_files import keep_private, tighten
from include.verbs.air_quality import air_quality, import_air_quality, import_enterprises, import_places
from include.verbs.alarms import alarms
from include.verbs.chain import chain
from include.verbs.channels import channels
from include.verbs.contacts import contacts
from include.verbs.dissection import dissection
from include.verbs.exchange import exchange
from include.verbs.field import field
from include.verbs.health import health
from include.verbs.hints import hints
from include.verbs.letters import letters
from include.verbs.mapping import mapping
from include.verbs.options import FORMATS, Day, End, Moment, open_current_house, print_rows
from include.verbs.places import places
from include.verbs.profile import profile
from include.verbs.prune import prune
from include.verbs.publish import publish
from include.verbs.quarantine import quarantine
from include.verbs.select_grids import select_grids
from include.verbs.spot_checks import spot_checks
from include.verbs.stations import import_stations
from include.verbs.store import store
from include.verbs.suspects import suspects
from include.verbs.units import units
from include.verbs.watch import watch
from include.verbs.worlds import simulate_world


@click.group(help=__doc__, context_settings={"max_content_width": 110})
@click.version_option(
    RULES_VERSION, "--rules-version", message="rules %(version)s", help="Show the version of the rules."
)
def cli() -> None:
    """The group of all verbs."""


for command in (
    alarms,
    chain,
    hints,
    letters,
    contacts,
    channels,
    dissection,
    exchange,
    field,
    quarantine,
    import_air_quality,
    import_enterprises,
    import_places,
    import_stations,
    mapping,
    air_quality,
    spot_checks,
    store,
    profile,
    places,
    units,
    health,
    prune,
    select_grids,
    publish,
    simulate_world,
    suspects,
    watch,
):
    cli.add_command(command)


@cli.command()
@click.option("--existing", "must_exist", is_flag=True, help="Only upgrade: refuse to create a store.")
def migrate(must_exist: bool) -> None:
    """Create or upgrade the store; a new one has the units, regions and first contacts of the profile."""
    from include.office.profiles import found_store
    from include.store.migrate import is_unborn

    house = open_house(default_registry())
    is_new = is_unborn(house.engine)
    if is_new and must_exist:
        raise InputError(
            "there is no store to upgrade",
            where=house.engine.url.render_as_string(hide_password=True),
            expected="the store that was restored, or that of the version before",
            todo="see that the connection supervision_db names it",
        )
    revision, contacts = found_store(house.engine, datetime.now(UTC))
    if is_new:  # of an old one a missing archive is a disk that is not mounted, and `health` says so
        house.archive.root.mkdir(parents=True, exist_ok=True)
    click.echo(f"store at revision {revision}: {house.engine.url.render_as_string(hide_password=True)}")
    if contacts:
        click.echo(f"{contacts} contacts taken from the profile")


@cli.command()
@click.option("--start", type=Day(), required=True, help="First day of pushes.")
@click.option("--end", type=Day(), required=True, help="Day after the last one.")
@click.option("--seed", type=int, default=None, help="Same seed, same bytes.")
@click.option("--air", is_flag=True, help="Also the air that the bulletins of the window read: about 30 MB.")
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into."
)
def simulate(start: date, end: date, seed: int | None, air: bool, to: Path) -> None:
    """Write the demo region's files (模拟数据); of an office that is not in it, files made up from its profile."""
    from include.profile.current import office
    from include.simulator.air import months_read, write_air
    from include.simulator.habits import plays_the_season
    from include.simulator.office_region import write_office_region
    from include.simulator.region import demo_region, write_region
    from include.simulator.season import DEFAULT_SEED

    used_seed = DEFAULT_SEED if seed is None else seed
    plays = plays_the_season(office())
    if air and not plays:
        raise InputError(
            "the air of the season is of other units than this office's",
            where="--air",
            got=f"the profile {office().name}",
            todo="leave --air out, or import air of your own with import-air-quality",
        )
    rows = (
        write_region(start, end, to, used_seed)
        if plays
        else write_office_region(office(), start, end, to, used_seed)
    )
    if air:
        region = demo_region(used_seed)
        months = months_read(start, end)
        rows |= write_air(region.alarms, region.grids, months, end, to / "air", used_seed)
    for name, count in rows.items():
        click.echo(f"{name}: {count} rows")


@cli.command()
@click.option("--start", type=Day(), required=True, help="First day of changes.")
@click.option("--end", type=Day(), required=True, help="Day after the last one.")
@click.option(
    "--source",
    "names",
    multiple=True,
    help="Only this source (may be given again); default: all that are set.",
)
def pull(start: date, end: date, names: tuple[str, ...]) -> None:
    """Intake of a window of changes from the sources."""
    from include.sources.intake import pull as run

    if start >= end:
        raise InputError(
            "a window needs at least one day",
            where="--start/--end",
            got=f"{start} and {end}",
            expected="start before end",
        )
    house = open_current_house()
    for source in _chosen(house.sources, names):
        done = run(house.engine, source, midnight(start), midnight(end), now=_now())
        click.echo(
            f"{done.source}: read {done.read}, new {done.new}, revised {done.revised}, unchanged {done.unchanged}, "
            f"quarantined {done.quarantined}"
        )
        for warning in done.warnings:
            click.echo(f"  warning: {warning}", err=True)


def _window(
    period_end: date | None, kind: str | None, start: date | None, end: date | None, as_of: datetime | None
) -> Period:
    if period_end and kind and not (start or end):
        period = period_ending(kind, period_end)
        return replace(period, as_of=as_of) if as_of else period
    if start and end and not (period_end or kind):
        return custom_period(start, end, as_of)
    raise InputError(
        "the window is not clear",
        where="arguments",
        expected="--period-end with --kind, or --start with --end",
        todo="see --help",
    )


@cli.command()
@click.option(
    "--period-end",
    type=End(),
    help="Exclusive end of the window: the day (for kind hour the moment) its letter goes out.",
)
@click.option("--kind", type=click.Choice([kind for kind in KINDS if kind not in ("month", "custom")]))
@click.option("--start", type=Day(), help="First day of pushes.")
@click.option("--end", type=Day(), help="Day after the last one.")
@click.option(
    "--as-of", type=Moment(), help="The moment whose state is shown; default: see the window's kind."
)
@click.option("--known-at", type=Moment(), help="Leave out facts that were received later; default: none.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def feedback(
    period_end: date | None,
    kind: str | None,
    start: date | None,
    end: date | None,
    as_of: datetime | None,
    known_at: datetime | None,
    form: str,
) -> None:
    """The units' figures over a window, one row a unit and a total."""
    from include.office.feedback import feedback_table
    from include.sources.ledger import AS_OF_ITSELF, ensure_history
    from include.store.facts import ALL_KNOWN
    from include.store.simulated import has_simulated_data
    from include.supervision.daily import flag_window

    period = _window(period_end, kind, start, end, as_of)
    house = open_current_house()
    until = period.as_of + AS_OF_ITSELF
    ensure_history(
        house.engine, house.sources, flag_window(period)[0], until, season_start=house.season[0], now=_now()
    )
    title = f"{period.label} 截至 {moment_label(period.as_of, year=True)}"
    if has_simulated_data(house.engine):
        click.echo(SIMULATED_LABEL, err=True)
    print_rows(feedback_table(house.engine, period, known_at or ALL_KNOWN), form, title)


@cli.command()
@click.option("--date", "on_date", type=Day(), required=True, help="The day on which the letters go out.")
def reconcile(on_date: date) -> None:
    """Account for every letter due on a day by state; exit 1 on any that is not accounted for."""
    import include.workflows.beats  # noqa: F401  enters the beats
    from include.office.register import due_keys, windows_with_letters
    from include.post.reconciliation import reconcile as run
    from include.post.reconciliation import require_reconciled
    from include.store.engine import reading

    house = open_current_house()
    windows = [period for kind in windows_with_letters() for period in periods_of_day(kind, on_date)]
    due = [key for period in windows if period.as_of <= _now() for key in due_keys(house, period)]
    with reading(house.engine) as connection:
        found = run(connection, on_date, due=due, mailbox=house.mailbox)
    for letter in found.letters:
        click.echo(f"{letter.state:<18}{letter.letter_key}  {letter.number or '无文号'}  {letter.reason}")
    click.echo(
        f"{on_date}: {len(due)} letters due; "
        + (", ".join(f"{n} {state}" for state, n in sorted(found.states.items())) or "none")
    )
    require_reconciled(found)


@cli.command()
def demo() -> None:
    """Play days of March 2020 into a local mailbox: summaries, daily letters, a bulletin; of another office a morning."""
    from include.demo import play
    from include.house import profile_name
    from include.office_demo import play_office
    from include.profile.current import load
    from include.simulator.habits import plays_the_season

    profile = load(profile_name(default_registry().variables))
    sys.exit(play() if plays_the_season(profile) else play_office())


@cli.command("watch-demo")
def watch_demo() -> None:
    """Judge a week of all simulated units in one run, and score it."""
    from include.watch_demo import play_week

    sys.exit(play_week())


@cli.command("levels")
def levels() -> None:
    """Play one alarm through three offices on this machine, down to a town and back up (模拟数据)."""
    from include.levels_demo import play_levels

    sys.exit(play_levels())


@cli.command()
def up() -> None:
    """The Airflow UI on this machine with the demo data and the local mailbox, until Ctrl-C."""
    from include.up import run

    sys.exit(run(default_var()))


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8025, show_default=True)
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the mailbox."
)
def mailbox(port: int, to: Path) -> None:
    """Run the local mailbox: a mail server on 127.0.0.1 that keeps what it receives."""
    from include.post.local_server import serve

    serve("127.0.0.1", port, to)


@cli.command("demo-mailbox")
@click.option("--port", type=click.IntRange(1, 65535), default=8143, show_default=True)
@click.option(
    "--letters",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the local mailbox.",
)
def demo_mailbox(port: int, letters: Path) -> None:
    """Run an IMAP mailbox on 127.0.0.1 into which the demo cities answer the letters of the local mailbox."""
    from include.simulator.answering import serve

    serve(port, letters, click.echo)


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8026, show_default=True)
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder that `simulate` wrote.",
)
@click.option("--token", default="demo-token", show_default=True, help="Bearer token that it asks for.")
def platform(port: int, folder: Path, token: str) -> None:
    """Run the demo platform: the demo region's files as the HTTP API of docs/platform-api.yaml, on 127.0.0.1."""
    from include.simulator.platform_server import load_platform, platform_app, serving

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with serving(platform_app(load_platform(folder, token)), port) as url:
        click.echo(f"demo platform（{SIMULATED_LABEL}）: {url}")
        stopped.wait()


def _chosen(sources: tuple[Any, ...], names: tuple[str, ...]) -> list[Any]:
    known = {source.name: source for source in sources}
    unknown = [name for name in names if name not in known]
    if unknown or not known:
        raise InputError(
            "no such source" if unknown else "no source is set",
            where="--source",
            got=", ".join(unknown) or None,
            expected=" | ".join(known) or "names in the variable `sources`",
            todo="see airflow_settings.yaml",
        )
    return [known[name] for name in names or known]


def _now() -> datetime:
    return datetime.now(UTC)


class _Redacting(logging.Formatter):
    """What is logged, tracebacks too, without the secrets of this process."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return redact(super().format(record))


def main() -> None:
    """Runs the verb; an expected error is one line on stderr and its exit code."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting("%(levelname)s %(name)s: %(message)s"))
    keep_private()
    tighten(default_var())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    sys.excepthook = lambda kind, error, trace: sys.stderr.write(
        redact("".join(traceback.format_exception(kind, error, trace)))
    )
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(
            code if isinstance(code, int) else 0
        )  # what a verb leaves with `Exit` comes back as its code
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except QianliyanError as error:
        _end_with(error)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        _end_with(_disk_error(error))
    except DBAPIError as error:
        _end_with(store_error(error))


def _end_with(error: QianliyanError) -> NoReturn:
    click.echo(str(error), err=True)
    sys.exit(error.exit_code)


def _disk_error(error: OSError) -> InputError:
    return InputError(
        "a file or folder cannot be used",
        where=str(error.filename or ""),
        got=error.strerror or error,
        todo="check the path, its permissions and the disk",
    )


if __name__ == "__main__":
    main()
