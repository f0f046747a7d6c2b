"""`store …`: what a restore puts back, looked at."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click
from sqlalchemy import Engine

from include.house import default_var
from include.store.archive import Archive
from include.verbs.options import open_current_house

_MOST_NAMED = 20


@click.group()
def store() -> None:
    """Copies of the store and the files that it names."""


@store.command("check-copy")
@click.argument("copy", type=click.Path(path_type=Path))
def check_copy(copy: Path) -> None:
    """Whether a file is a whole copy of a store that this version can take; nothing is written."""
    from include.store.copies import require_copy

    click.echo(f"{copy}: a store at revision {require_copy(copy)}")


@store.command("check-backup")
@click.argument("folder", type=click.Path(path_type=Path))
def check_backup(folder: Path) -> None:
    """Whether a folder of backup.sh could be restored: its parts, its newest copy of the store, and every file that this copy names;
    exit 1 where a file is missing or changed. Nothing is written. What a copy that pg_dump made names is told after a restore only."""
    from include.store.copies import copy_in, open_copy, require_copy

    copy = copy_in(folder)
    if copy.suffix == ".dump":
        click.echo(
            f"{copy}: as it was written, a store at revision {require_copy(copy)}; its files: store check-files, after a restore"
        )
        return
    _check(open_copy(copy), Archive(folder / "archive"), f"store check-backup {folder}")


@store.command("copy-archive")
@click.argument("folder", type=click.Path(path_type=Path))
def copy_archive(folder: Path) -> None:
    """Copy what a folder lacks of the archive into it (backup.sh does); a damaged file goes over no good copy and is named, exit 1."""
    from include.errors import CheckFailed

    archive = Archive(default_var() / "archive")
    copied = archive.copy_into(Archive(folder))
    for sha256 in copied.damaged[:_MOST_NAMED]:
        click.echo(f"{'damaged':<12}{sha256}", err=True)
    if copied.damaged:
        raise CheckFailed(
            "files of the archive are not what they were",
            where=str(archive.root),
            expected="every file with the SHA-256 that names it",
            got=f"{len(copied.damaged)} damaged; {copied.files} others copied",
            todo=f"copy them from {folder} or an older backup, then: python -m include store check-files",
        )


@store.command("check-files")
def check_files() -> None:
    """Read every file that the store names; exit 1 where one is missing or is not what it was. Foreign files are named."""
    house = open_current_house()
    _check(house.engine, house.archive, "store check-files")


def _check(engine: Engine, archive: Archive, again: str) -> None:
    """Names what is wrong with the files of a store. Raises CheckFailed where one is missing or changed."""
    from include.errors import CheckFailed, printable
    from include.store.copies import lost_files
    from include.store.engine import reading

    counts = Counter[str]()
    with reading(engine) as connection:
        found = lost_files(connection, archive, datetime.now(UTC))
        for one in islice(found, _MOST_NAMED):
            counts[one.trouble] += 1
            click.echo(f"{one.trouble:<12}{one.sha256}  {one.of or 'of no letter'}")
        counts.update(one.trouble for one in found)
    foreign = archive.foreign()
    for path in foreign[:_MOST_NAMED]:
        click.echo(
            f"{'foreign':<12}{printable(str(path.relative_to(archive.root)))}  nothing here wrote it, nothing reads it"
        )
    if not counts:
        extra = f"; {len(foreign)} foreign files beside them: look who put them there" if foreign else ""
        click.echo(f"{archive.root}: every file that the store names is there, as it was{extra}")
        return
    raise CheckFailed(
        f"{counts.total()} files that the store names are not what they were",
        where=str(archive.root),
        expected="every file with its SHA-256",
        got=", ".join(f"{count} {trouble}" for trouble, count in sorted(counts.items())),
        todo=f"copy them from another backup into the archive, then: python -m include {again}",
    )
