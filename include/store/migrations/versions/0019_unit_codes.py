"""Codes of units, provinces and regions are opaque text of up to 32 characters; they had the six of GB/T 2260."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BORN_WIDE = ("hint",)


def upgrade() -> None:
    _widen(6, 32)


def downgrade() -> None:
    _widen(32, 6)


def _widen(old: int, new: int) -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        _in_words(bind, old, new)
        return
    for table, column, is_nullable in _columns(bind, old):
        op.alter_column(
            table,
            column,
            existing_type=sa.String(length=old),
            type_=sa.String(length=new),
            existing_nullable=is_nullable,
        )


def _columns(bind: sa.Connection, length: int) -> Iterator[tuple[str, str, bool]]:
    """The columns that hold such codes: by name, for other texts have 32 characters, too."""
    found = sa.inspect(bind)
    for table in found.get_table_names():
        for column in found.get_columns(table):
            is_code = column["name"] in ("unit_code", "province_code", "region_code")
            if is_code and table not in _BORN_WIDE and getattr(column["type"], "length", None) == length:
                yield table, column["name"], column["nullable"]


def _in_words(bind: sa.Connection, old: int, new: int) -> None:
    """SQLite keeps no length of a text but the words of the table; they are changed where it keeps them, as its manual describes
    for changes that do not touch what is stored (https://www.sqlite.org/lang_altertable.html)."""
    columns = list(_columns(bind, old))
    bind.exec_driver_sql("pragma writable_schema = on")
    for table, column, _ in columns:
        bind.exec_driver_sql(
            "update sqlite_master set sql = replace(sql, ?, ?) where type = 'table' and name = ?",
            (f"{column} VARCHAR({old})", f"{column} VARCHAR({new})", table),
        )
    bind.exec_driver_sql("pragma writable_schema = off")
    version = bind.exec_driver_sql("pragma schema_version").scalar_one()
    bind.exec_driver_sql(f"pragma schema_version = {version + 1}")
