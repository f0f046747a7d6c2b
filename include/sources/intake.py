"""One pull: read a window of a source, check every row, and commit facts, quarantine and ledger in one transaction.

Nothing is written before everything was read and checked; a pull that fails or is killed leaves nothing behind, and
pulling again gives the same store as an undisturbed pull. A file that cannot be used is left out and named.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NoReturn

from sqlalchemy import Connection, Engine

from include.errors import InputError, QianliyanError
from include.sources import quarantine
from include.sources.chain_words import UNKNOWN
from include.sources.clocks import Receipt
from include.sources.config import SourceConfig
from include.sources.contacts.book import told_count
from include.sources.delivery import Delivery
from include.sources.kinds.database import read_database
from include.sources.kinds.folder import read_folder
from include.sources.kinds.platform import read_platform
from include.sources.kinds.watched_folder import empty_inbox
from include.sources.layout import CONTACTS
from include.sources.mapping.files import mapping_of
from include.sources.mapping.language import Mapping
from include.sources.places import places
from include.sources.receipt import PullResult, record, result_of
from include.sources.spool import Spool
from include.sources.staging import commit, stage, stage_files
from include.sources.troubles import Trouble, keep_troubles, waiting_files
from include.sources.turns import folder_seconds
from include.store.engine import reading, writing

_CONTACTS_GONE: Final = (
    "该来源以前提供过联系人（仍有{count}人），现在文件夹中没有联系人文件：这些联系人继续有效，"
    "请放回文件，或在工作台逐一核对后停用，再作废本条"
)


def pull(
    engine: Engine, source: SourceConfig, start_at: datetime, end_at: datetime, *, now: datetime
) -> PullResult:
    """Reads what changed in [start_at, end_at) and stores it; grids and contacts whole. Never covers the future of `now`.

    Adjacent windows take every change once: an alarm changes when it is pushed or revised, feedback when it happens, a
    problem when it is found and when it is rectified. An inbox has no windows: what lies in it is consumed.
    Raises InputError or SourceError with nothing kept.
    """
    asked_until, end_at = end_at, min(end_at, now)
    if source.kind == "inbox":
        return empty_inbox(engine, source, now=now)
    if start_at >= end_at:
        raise InputError(
            "there is nothing to pull",
            where=f"source {source.name}",
            got=f"{start_at.isoformat()} to {end_at.isoformat()}",
            expected="a window that begins before its end and before now",
        )
    mapping = mapping_of(source)
    with reading(engine) as connection:
        known_places = places(connection)
        waited = waiting_files(connection, source.name)
    spool = Spool()
    try:
        delivery = _deliver(source, mapping, start_at, end_at)
        window = None if delivery.is_cut else (start_at, end_at)
        receipt = Receipt.of(source, now)
        troubles, error = stage_files(
            spool, delivery, known_places, window, receipt, waited=waited, seconds=folder_seconds(source)
        )
        if troubles and not delivery.parts_received:
            _keep_and_raise(engine, source, troubles, error, now)
        for part in delivery.parts:
            stage(spool, part, known_places, window, receipt)
        end_at = max(start_at, min(end_at, delivery.covered_until or end_at))
        with writing(engine, lock="intake") as connection:
            owners = {source.name, *mapping.same_ids_as}
            tally = commit(
                connection,
                spool,
                mapping.tables,
                source=source.name,
                owners=owners,
                now=now,
                is_whole=not troubles,
                speaker=UNKNOWN if source.is_unit else None,
            )
            replayed = quarantine.retry_waiting(connection, now=now)
            if delivery.files is not None:
                missing = _missing_contacts(connection, source, delivery)
                delivery.warnings += [str(trouble) for trouble in missing]
                keep_troubles(connection, source.name, [*troubles, *missing], is_whole=True, now=now)
            result = result_of(source, tally, start_at, end_at, replayed=replayed, warnings=delivery.warnings)
            record(connection, result, tally, delivery, asked_until=asked_until, now=now)
    finally:
        spool.close()
    return result


def _keep_and_raise(
    engine: Engine, source: SourceConfig, troubles: list[Trouble], error: Exception | None, now: datetime
) -> NoReturn:
    """Of a folder of which nothing could be read nothing is kept, but which files were slow is known the next time."""
    if any(trouble.waits for trouble in troubles):
        with writing(engine, lock="intake") as connection:
            keep_troubles(connection, source.name, troubles, is_whole=True, now=now)
    raise error if isinstance(error, QianliyanError) else InputError(troubles[0].reason) from error


def _missing_contacts(connection: Connection, source: SourceConfig, delivery: Delivery) -> list[Trouble]:
    """A source that told contacts and has no file of them any more: who was in it stays in force, and a person must know."""
    count = told_count(connection, source.name) if CONTACTS.name in delivery.absent else 0
    return [Trouble(f"{CONTACTS.name}*", _CONTACTS_GONE.format(count=count))] if count else []


def _deliver(source: SourceConfig, mapping: Mapping, start_at: datetime, end_at: datetime) -> Delivery:
    if source.kind == "files":
        return read_folder(source, mapping)
    if source.kind == "platform":
        return read_platform(source, mapping, start_at, end_at)
    return read_database(source, mapping, start_at, end_at)
