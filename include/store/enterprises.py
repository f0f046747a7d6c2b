"""Key enterprises (重点企业) in the store."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from include.store.statements import frame

_PARAMETERS: Final = 500


def key_enterprises(connection: Connection) -> pd.DataFrame:
    """One row an enterprise of all sources, as last imported (sql/enterprises.sql)."""
    return frame(connection, "enterprises")


def enterprise_places(connection: Connection) -> pd.DataFrame:
    """One row an enterprise of all sources: where it is (sql/enterprise_places.sql)."""
    return frame(connection, "enterprise_places")


def enterprises_of(connection: Connection, enterprise_ids: Sequence[str]) -> pd.DataFrame:
    """One row an enterprise of all sources, of those asked for: what it is (sql/enterprises_of.sql)."""
    parts = [
        frame(connection, "enterprises_of", enterprise_ids=tuple(enterprise_ids[at : at + _PARAMETERS]))
        for at in range(0, max(len(enterprise_ids), 1), _PARAMETERS)
    ]
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return found.sort_values(["source", "enterprise_id"], ignore_index=True)
