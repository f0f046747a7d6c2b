"""`store …`: what a restore puts back, looked at."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click

from include.verbs.options import open_current_house

_MOST_NAMED = 20


@click.group()
def store() -> None:
    """Copies of the store and the files that it names."""


@store.command("check-copy")
@click.argument("copy", type=click.Path(path_type=Path))
def check_copy(copy: Path) -> None:
    """Whether a file is a whole copy of an SQLite store that this version can take; nothing is written."""
    from include.store.copies import require_copy

    click.echo(f"{copy}: a store at revision {require_copy(copy)}")


@store.command("check-files")
def check_files() -> None:
    """Read every file that the store names; exit 1 where one is missing or is not what it was."""
    from include.errors import CheckFailed
    from include.store.copies import lost_files
    from include.store.engine import reading

    house = open_current_house()
    counts = Counter[str]()
    with reading(house.engine) as connection:
        found = lost_files(connection, house.archive, datetime.now(UTC))
        for one in islice(found, _MOST_NAMED):
            counts[one.trouble] += 1
            click.echo(f"{one.trouble:<12}{one.sha256}  {one.of or 'of no letter'}")
        counts.update(one.trouble for one in found)
    if not counts:
        click.echo(f"{house.archive.root}: every file that the store names is there, as it was")
        return
    raise CheckFailed(
        f"{counts.total()} files that the store names are not what they were",
        where=str(house.archive.root),
        expected="every file with its SHA-256",
        got=", ".join(f"{count} {trouble}" for trouble, count in sorted(counts.items())),
        todo="copy them from another backup into the archive, then: python -m include store check-files",
    )
