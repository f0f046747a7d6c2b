"""`prune`."""

from collections import Counter
from datetime import UTC, datetime

import click

from include.verbs.options import open_current_house


@click.command()
@click.option("--apply", "is_applied", is_flag=True, help="Remove them; without it they are only listed.")
def prune(is_applied: bool) -> None:
    """List, or remove, files that nothing needs any more, by rule, none of a letter's; and erase who gave old hints, old positions and photos."""
    from include.office import field_decisions
    from include.office.field_reports import aged_files
    from include.office.hints import aged_rows, erasable, erase
    from include.store.engine import reading, writing
    from include.store.exchange_retention import old_exchanges, remove_exchanges
    from include.store.retention import KINDS, Expendable, expendable, old_fires, remove, remove_fires

    house, now = open_current_house(), datetime.now(UTC)
    with reading(house.engine) as connection:
        aged = (aged_rows(house.hints_inbox), *aged_files(house.field_folder))
        found = expendable(connection, house.archive, house.hourly_dir, aged, now)
        senders = len(erasable(connection, now))
        fires = old_fires(connection, now)
        exchanged = old_exchanges(connection, now)
        positions, photos = (len(one) for one in field_decisions.erasable(connection, now))
    files, sizes = Counter[str](), Counter[str]()

    def tell(one: Expendable) -> None:
        files[one.kind] += 1
        sizes[one.kind] += one.size_bytes
        click.echo(f"{one.kind:<8}{one.aged_at:%Y-%m-%d}{one.size_bytes:>12}  {one.path}")

    if is_applied:
        remove(house.archive, found, now, tell)
    else:
        for one in found:
            tell(one)
    verb = "removed" if is_applied else "would go"
    for kind, meaning in KINDS.items():
        click.echo(f"{verb}: {files[kind]} × {kind} ({meaning}), {sizes[kind] / 2**20:.1f} MB")
    if is_applied:
        senders = erase(house.engine, house.archive, now)
        positions, photos = field_decisions.erase(house.engine, now)
        with writing(house.engine) as connection:
            fires = remove_fires(connection, now)
            exchanged = remove_exchanges(connection, now)
    click.echo(f"{verb}: {fires} × fires seen from space, longer ago than the profile keeps them")
    rows = ", ".join(f"{count} {name}" for name, count in exchanged.items())
    click.echo(
        f"{verb}: {sum(exchanged.values())} × messages to channels and exchanges with other levels that are over ({rows})"
    )
    done = "erased" if is_applied else "would be erased"
    click.echo(
        f"{done}: names and words of {senders} hints that were closed, with the mails that they came by"
    )
    click.echo(f"{done}: {positions} positions and {photos} photos of the phone page")
    if (found or senders or fires or any(exchanged.values()) or positions or photos) and not is_applied:
        click.echo("nothing was removed; to remove them: prune --apply")
