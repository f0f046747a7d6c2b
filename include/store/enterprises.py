"""Key enterprises (重点企业) in the store."""

import pandas as pd
from sqlalchemy import Connection

from include.store.statements import frame


def key_enterprises(connection: Connection) -> pd.DataFrame:
    """One row an enterprise of all sources, as last imported (sql/enterprises.sql)."""
    return frame(connection, "enterprises")
