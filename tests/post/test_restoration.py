"""After a restore nothing goes again by itself."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.post.outbox import resolve
from include.post.restoration import last_restore, record_restore
from include.post.round import post_round
from include.store.archive import Archive
from include.store.engine import reading, writing
from tests.post.mailbox_process import mailbox_process
from tests.post.samples import NOW, add_cities, audit_rows, deliveries, released, server


def test_what_waited_at_the_backup_is_unknown_and_is_not_sent(
    engine: Engine, archive: Archive, tmp_path: Path
) -> None:
    add_cities(engine)
    released(engine, archive)
    with writing(engine) as connection:  # one of the two was being sent
        connection.exec_driver_sql("update delivery set state = 'sending' where header = 'cc'")
    later = NOW + timedelta(hours=1)
    assert record_restore(engine, now=later, actor="王", reason="02:00 的备份") == 2
    assert set(deliveries(engine).values()) == {"unknown"}
    assert [row[1:] for row in audit_rows(engine, "delivery")][-2:] == [
        ("distrust", "queued", "unknown"),
        ("distrust", "sending", "unknown"),
    ]
    assert audit_rows(engine, "run") == [("restore", "restore", None, None)]
    with mailbox_process(tmp_path / "mailbox") as port:
        done = post_round(engine, archive, server(port), clock=lambda: later, owner="test")
        assert (done.mails, done.still_due) == ((), 0)
        resolve(engine, 1, arrived=False, now=later, actor="王", reason="对方未收到")
        done = post_round(engine, archive, server(port), clock=lambda: later, owner="test")
    assert dict(done.results) == {"accepted": 1}
    assert set(deliveries(engine).values()) == {"sent"}


def test_the_moment_of_the_last_restore_is_kept(engine: Engine) -> None:
    with reading(engine) as connection:
        assert last_restore(connection) is None
    for hours in (5, 2):
        record_restore(engine, now=NOW + timedelta(hours=hours), actor="王", reason="恢复")
    with reading(engine) as connection:
        assert last_restore(connection) == NOW + timedelta(hours=5)


def test_a_restore_needs_a_reason(engine: Engine) -> None:
    with pytest.raises(InputError, match="a reason is needed"):
        record_restore(engine, now=NOW, actor="王", reason=" ")
