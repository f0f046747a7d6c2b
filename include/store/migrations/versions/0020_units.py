"""The office and its units between dates; codes of units of any office, up to 32 characters."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CODES = ("unit_code", "region_code", "province_code")


# What these columns mean now: table, column, comment. SQLite keeps no comments.
COMMENTS = (
    ("city", "unit_code", "code of the unit, as the profile has it"),
    ("city", "unit_name", "its last name"),
    ("city", "province_code", "code of the unit above, or its own"),
    ("contact", "region_code", "unit, the unit above it, or this office"),
)


def upgrade() -> None:
    _create()
    _widen("6", "32")
    if op.get_bind().dialect.name != "sqlite":
        for table, column, comment in COMMENTS:
            op.execute(f"comment on column {table}.{column} is '{comment}'")
        op.execute(
            "comment on table city is"
            " 'A unit that letters go or went to: what facts refer to. Its dated names are in `unit`.'"
        )


def downgrade() -> None:
    _widen("32", "6")
    for table in ("unit_change", "unit", "installation"):
        op.drop_table(table)


def _widen(old: str, new: str) -> None:
    """Columns of codes from VARCHAR(old) to VARCHAR(new). SQLite keeps no lengths: its words are changed where it keeps them."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("pragma writable_schema = on")
        for code in CODES:
            bind.exec_driver_sql(
                "update sqlite_master set sql = replace(sql, ?, ?) where type = 'table' and name not in"
                " ('unit', 'unit_change', 'installation')",
                (f"{code} VARCHAR({old})", f"{code} VARCHAR({new})"),
            )
        bind.exec_driver_sql("pragma writable_schema = off")
        version = bind.exec_driver_sql("pragma schema_version").scalar_one()
        bind.exec_driver_sql(f"pragma schema_version = {version + 1}")
        return
    found = sa.inspect(bind)
    for table in found.get_table_names():
        for column in found.get_columns(table):
            length = getattr(column["type"], "length", None)
            if column["name"] in CODES and length == int(old) and table not in ("unit", "unit_change"):
                op.execute(f"alter table {table} alter column {column['name']} type varchar({new})")


def _create() -> None:
    op.create_table(
        "installation",
        sa.Column(
            "installation_id", sa.Integer(), autoincrement=False, nullable=False, comment="1: there is one"
        ),
        sa.Column(
            "profile",
            sa.String(length=64),
            nullable=False,
            comment="name of the profile that this store was filled from",
        ),
        sa.Column("own_unit", sa.String(length=32), nullable=False, comment="unit_code of this office"),
        sa.CheckConstraint("installation_id = 1", name=op.f("ck_installation_one")),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_installation")),
        comment="Which office this store belongs to; another profile is refused.",
    )
    op.create_table(
        "unit",
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first date; 1900-01-01: since ever"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="first date on which it no longer holds; empty while it does",
        ),
        sa.Column("name", sa.String(length=64), nullable=False, comment="as tables print it"),
        sa.Column(
            "bureau", sa.String(length=128), nullable=False, comment="the addressee as a letter prints it"
        ),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="bureau, department, town, zone"),
        sa.Column(
            "place_code", sa.String(length=32), nullable=False, comment="place of the profile where it lies"
        ),
        sa.Column(
            "reports_to",
            sa.String(length=32),
            nullable=True,
            comment="unit_code of the unit above; empty for the top",
        ),
        sa.Column(
            "address_form", sa.String(length=32), nullable=False, comment="how a letter speaks to it (你市)"
        ),
        sa.Column("is_addressed", sa.Boolean(), nullable=False, comment="letters of this office go to it"),
        sa.Column(
            "fixed_by",
            sa.String(length=128),
            nullable=True,
            comment="who changed it last; empty: as the profile says",
        ),
        sa.PrimaryKeyConstraint("unit_code", "valid_from", name=op.f("pk_unit")),
        comment="A unit between two dates: taken from the profile once, then the operator's. What an operator changed is not put back.",
    )
    op.create_table(
        "unit_change",
        sa.Column("change_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", include.store.columns.Instant(length=27), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column(
            "action",
            sa.String(length=16),
            nullable=False,
            comment="add, end, rename, move, join, leave, take, keep",
        ),
        sa.Column("before_json", sa.Text(), nullable=False, comment="the rows of the unit before"),
        sa.Column("after_json", sa.Text(), nullable=False, comment="… and after"),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_unit_change")),
        comment="A person's change of a unit or of its membership in a region. Rows are only added.",
    )
    op.create_index(op.f("ix_unit_change_unit_code"), "unit_change", ["unit_code"], unique=False)
