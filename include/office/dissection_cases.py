"""A case of 解剖分析 as the store has it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from include.errors import InputError
from include.store.dissection import StoredCase, dissections
from include.store.facts import ALL_KNOWN


def stored_case(connection: Connection, case_id: str, as_of: datetime = ALL_KNOWN) -> StoredCase:
    """The case of that name as of a moment. Raises InputError for one that is not there (then)."""
    found = next(dissections(connection, as_of, case_id=case_id), None)
    if found is None:
        raise InputError(
            "no such case", where="dissection", got=case_id[:80], expected="see: dissection list"
        )
    return found
