"""After a restore from a backup: the store does not know what left since the backup, so nothing goes again by itself."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine

from include.errors import InputError
from include.post import audit, outbox
from include.post.channels.outbox import distrust as distrust_messages
from include.store.engine import writing
from include.store.statements import frame


def record_restore(engine: Engine, *, now: datetime, actor: str, reason: str) -> int:
    """Declares that the store was restored: what waits in the outbox becomes `unknown`, and from now on no run releases by
    itself a window as of `now` or earlier (see `last_restore`). Returns recipients and messages. Raises InputError without a reason.
    """
    if not reason.strip():
        raise InputError("a reason is needed", where="restore", todo="say which backup was restored, and why")
    with writing(engine) as connection:
        distrusted = outbox.distrust(connection, actor=actor, now=now)
        distrusted += distrust_messages(connection, actor=actor, now=now)
        audit.record(
            connection, [audit.Change("run", "restore", "restore", None, None, reason)], now=now, actor=actor
        )
    return distrusted


def last_restore(connection: Connection) -> datetime | None:
    """When the store was last declared restored, or None."""
    found = frame(connection, "last_restore")["restored_at"].iloc[0]
    return None if pd.isna(found) else found.to_pydatetime()
