"""Secrets that the store itself makes, each once, in a table of one row."""

import secrets
from datetime import datetime

from sqlalchemy import Engine, Table, select

from include.store.engine import reading, writing


def kept_key(engine: Engine, table: Table, now: datetime) -> bytes:
    """The 32 bytes of a table with `key_id, key_hex, made_at`; made by whoever asks first, the same ever after."""
    asked = select(table.c.key_hex)
    with reading(engine) as connection:
        known = connection.execute(asked).scalar_one_or_none()
    if known is None:
        with writing(engine, lock=table.name) as connection:
            known = connection.execute(asked).scalar_one_or_none()
            if known is None:
                known = secrets.token_hex(32)
                connection.execute(table.insert().values(key_id=1, key_hex=known, made_at=now))
    return bytes.fromhex(str(known))
