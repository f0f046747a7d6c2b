"""`letters list|show|release|withhold|resend|take-back|resolve|correct|corrections`."""

from datetime import UTC, date, datetime

import click

from include.act import Act
from include.house import House
from include.language import say
from include.verbs.options import FORMATS, REASON, Day, open_current_house, operator, print_rows

LETTER = click.argument("letter_id", type=click.IntRange(min=1))


@click.group()
def letters() -> None:
    """Letters and their deliveries."""


@letters.command("list")
@click.option("--date", "on_date", type=Day(), help="Only letters that go out on this day.")
@click.option("--state", help="Only letters in this state.")
@click.option("--most", type=click.IntRange(1, 100_000), default=200, show_default=True)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_letters(on_date: date | None, state: str | None, most: int, form: str) -> None:
    """One row a letter, newest windows first."""
    from include.office.letter_acts import letter_list

    print_rows(letter_list(open_current_house().engine, on_date=on_date, state=state, most=most), form)


@letters.command()
@LETTER
def show(letter_id: int) -> None:
    """A letter: its files, its recipients with the server's words, its history."""
    from include.office.letter_acts import letter_history

    house = open_current_house()
    found = letter_history(house, letter_id)
    letter = found.letter
    click.echo(
        say(
            "{letter_key}  {number}  {state}：{state_reason}",
            letter_key=letter.letter_key,
            number=letter.number or say("无文号"),
            state=letter.state,
            state_reason=letter.state_reason,
        )
    )
    click.echo(f"{letter.subject}")
    for title, rows in (
        ("files", found.files),
        ("templates", found.templates),
        ("deliveries", found.deliveries),
        ("history", found.history),
    ):
        print_rows(rows, "table", title)


@letters.command()
@LETTER
@REASON
def release(letter_id: int, reason: str) -> None:
    """Number, finish and queue a letter that waits or was withheld; the next round sends it."""
    from include.office.letter_acts import release_letter

    house, now, actor = _asked()
    done = release_letter(house, letter_id, now=now, actor=actor, reason=reason, is_person=True)
    click.echo(f"{done.action} {done.number or ''}: {done.reason}")
    if done.action in ("failed", "withheld"):
        raise click.exceptions.Exit(1)


@letters.command()
@LETTER
@REASON
def withhold(letter_id: int, reason: str) -> None:
    """Keep a letter back; a released one is withdrawn if nothing of it has left, and its number becomes 作废."""
    from include.office.letter_acts import withhold_letter

    house, now, actor = _asked()
    click.echo(withhold_letter(house, letter_id, now=now, actor=actor, reason=reason))


@letters.command()
@LETTER
@REASON
@click.option(
    "--only", multiple=True, help="Only this address (may be given again); default: today's contacts."
)
def resend(letter_id: int, reason: str, only: tuple[str, ...]) -> None:
    """Send a released letter again as its next copy; the next round sends it."""
    from include.post.copies import resend as run

    house, now, actor = _asked()
    copy = run(house.outgoing, letter_id, Act(now, actor, reason), only=only)
    click.echo(f"copy {copy.copy_no} is queued as {copy.message_id}")


@letters.command("take-back")
@LETTER
@REASON
@click.option(
    "--copy", "copy_no", type=click.IntRange(min=1), help="Only this copy; default: all that is queued."
)
def take_back(letter_id: int, reason: str, copy_no: int | None) -> None:
    """Take what is still queued of a letter that left (a resend, recipients that are tried again) out of the outbox."""
    from include.post.copies import take_back as run

    house, now, actor = _asked()
    count = run(house.engine, letter_id, Act(now, actor, reason), copy_no=copy_no)
    click.echo(f"{count} recipients: withdrawn")


@letters.command()
@LETTER
@REASON
@click.option(
    "--arrived/--send-again", required=True, default=None, help="What became of the unknown delivery."
)
@click.option("--address", help="Only this recipient; default: every unknown one of the letter.")
def resolve(letter_id: int, reason: str, arrived: bool, address: str | None) -> None:
    """Settle deliveries whose outcome is unknown."""
    from include.post.outbox import resolve as run

    house, now, actor = _asked()
    count = run(
        house.engine, letter_id, arrived=arrived, now=now, actor=actor, reason=reason, address=address
    )
    click.echo(f"{count} recipients: {'sent' if arrived else 'queued again'}")


@letters.command()
@LETTER
@REASON
def correct(letter_id: int, reason: str) -> None:
    """Draft a 更正 of a released letter from the facts of now: its next revision, which waits for `letters release`."""
    from include.workflows.corrections import correct as run

    house, now, actor = _asked()
    drafted = run(house, letter_id, now=now, actor=actor, reason=reason)
    click.echo(f"{drafted.action} {drafted.letter_id} {drafted.letter_key}: {drafted.state}")


@letters.command()
@REASON
def restored(reason: str) -> None:
    """After a restore from a backup: whatever may have left since is unknown, and no earlier window is sent by itself."""
    from include.post.restoration import record_restore

    house, now, actor = _asked()
    count = record_restore(house.engine, now=now, actor=actor, reason=reason)
    click.echo(f"{count} recipients: unknown; settle them with: letters resolve")


@letters.command()
@click.option("--since", type=Day(), required=True, help="Letters that went out on this day or later.")
def corrections(since: date) -> None:
    """Released letters that would say something else today (更正), with every difference; nothing is sent."""
    from include.workflows.corrections import proposed_corrections

    found = proposed_corrections(open_current_house(), since)
    for one in found:
        click.echo(f"{one.letter_id}  {one.letter_key}  {one.number}")
        for words in one.differences:
            click.echo(f"    {words}")
    click.echo(f"{len(found)} letters since {since} would differ")


def _asked() -> tuple[House, datetime, str]:
    return open_current_house(), datetime.now(UTC), operator()
