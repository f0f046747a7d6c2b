"""`prune`."""

from collections import Counter
from datetime import UTC, datetime

import click

from include.verbs.options import open_current_house


@click.command()
@click.option("--apply", "is_applied", is_flag=True, help="Remove them; without it they are only listed.")
def prune(is_applied: bool) -> None:
    """List, or remove, files that nothing needs any more, by rule, none of a letter's; and erase who gave old hints."""
    from include.office.hints import erasable, erase
    from include.sources.hints import REJECTED
    from include.store.engine import reading, writing
    from include.store.retention import KINDS, Expendable, expendable, old_fires, remove, remove_fires

    house, now = open_current_house(), datetime.now(UTC)
    with reading(house.engine) as connection:
        found = expendable(connection, house.archive, house.hourly_dir, house.hints_inbox / REJECTED, now)
        senders = len(erasable(connection, now))
        fires = old_fires(connection, now)
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
        senders = erase(house.engine, now)
        with writing(house.engine) as connection:
            fires = remove_fires(connection, now)
    click.echo(f"{verb}: {fires} × fires seen from space, longer ago than the profile keeps them")
    click.echo(
        f"{'erased' if is_applied else 'would be erased'}: names and words of {senders} hints that were closed"
    )
    if (found or senders or fires) and not is_applied:
        click.echo("nothing was removed; to remove them: prune --apply")
