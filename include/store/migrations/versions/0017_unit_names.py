"""Who is addressed is unit_code and unit_name: columns, and the indexes and constraints that are named after them.

Rows are not touched. SQLite cannot rename a constraint; its words are changed where it keeps them, as its manual describes for changes
that do not touch what is stored (https://www.sqlite.org/lang_altertable.html).
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# The tables that said it; those of the revisions before this one were born with the names of today.
TABLES = (
    "alarm",
    "city",
    "city_day",
    "dust_hour",
    "enterprise",
    "grid",
    "letter",
    "region_member",
    "spot_check",
    "station",
    "station_day",
    "warning_rank",
    "watch_suppressed",
)
NAMES = (("city_code", "unit_code"), ("city_name", "unit_name"))


def upgrade() -> None:
    _rename(NAMES)


def downgrade() -> None:
    _rename(tuple((new, old) for old, new in NAMES))


def _rename(names: tuple[tuple[str, str], ...]) -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for old, new in names:
        indexes = list(_indexes(old))
        for table, index, _ in indexes if is_sqlite else ():
            op.drop_index(index, table)
        for table, column, comment in list(_columns(old)):
            if column == old:
                op.alter_column(table, old, new_column_name=new)
            if comment and old in comment and not is_sqlite:
                op.alter_column(
                    table,
                    column.replace(old, new),
                    existing_comment=comment,
                    comment=comment.replace(old, new),
                )
        for table, index, columns in indexes:
            if is_sqlite:
                op.create_index(index.replace(old, new), table, [name.replace(old, new) for name in columns])
            else:
                op.execute(f"alter index {index} rename to {index.replace(old, new)}")
        if is_sqlite:
            _rename_sqlite_constraints(old, new)
        else:
            _rename_postgresql_constraints(old, new)


def _columns(old: str) -> Iterator[tuple[str, str, str | None]]:
    found = sa.inspect(op.get_bind())
    for table in TABLES:
        for column in found.get_columns(table):
            yield table, column["name"], column.get("comment")


def _indexes(old: str) -> Iterator[tuple[str, str, list[str]]]:
    """Table, name and columns of the indexes that are named after the column."""
    found = sa.inspect(op.get_bind())
    for table in TABLES:
        for index in found.get_indexes(table):
            if old in str(index["name"]):
                yield table, str(index["name"]), [str(name) for name in index["column_names"]]


def _rename_postgresql_constraints(old: str, new: str) -> None:
    statement = (
        "select c.relname, k.conname from pg_constraint as k join pg_class as c on c.oid = k.conrelid "
        "where k.connamespace = current_schema()::regnamespace"
    )
    for table, name in op.get_bind().execute(sa.text(statement)).all():
        if table in TABLES and old in name:
            op.execute(f"alter table {table} rename constraint {name} to {name.replace(old, new)}")


def _rename_sqlite_constraints(old: str, new: str) -> None:
    bind = op.get_bind()
    bind.exec_driver_sql("pragma writable_schema = on")
    for table in TABLES:
        bind.exec_driver_sql(
            "update sqlite_master set sql = replace(sql, ?, ?) where type = 'table' and name = ?",
            (f"_{old} FOREIGN KEY", f"_{new} FOREIGN KEY", table),
        )
    bind.exec_driver_sql("pragma writable_schema = off")
    version = bind.exec_driver_sql("pragma schema_version").scalar_one()
    bind.exec_driver_sql(f"pragma schema_version = {version + 1}")
