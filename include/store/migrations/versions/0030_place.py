"""Places between dates, beside units: taken from the profile once, then the operator's."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place",
        sa.Column("place_code", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="first date; 1900-01-01: since ever"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="first date on which it no longer holds; empty while it does",
        ),
        sa.Column("name", sa.String(length=200), nullable=False, comment="as letters and maps print it"),
        sa.Column(
            "level",
            sa.String(length=200),
            nullable=False,
            comment="as the profile calls its levels (province, city, county)",
        ),
        sa.Column(
            "parent_code",
            sa.String(length=32),
            nullable=True,
            comment="place_code of the place around it; empty for the top",
        ),
        sa.Column("aliases", sa.Text(), nullable=False, comment="former and other names, separated by |"),
        sa.Column(
            "name_en", sa.String(length=200), nullable=False, comment="its name in English; empty for none"
        ),
        sa.Column(
            "fixed_by",
            sa.String(length=128),
            nullable=True,
            comment="who changed it last; empty: as the profile says",
        ),
        sa.PrimaryKeyConstraint("place_code", "valid_from", name=op.f("pk_place")),
        comment="A place between two dates: taken from the profile once, then the operator's. What an operator changed is not put back.",
    )
    op.create_table(
        "place_change",
        sa.Column("change_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", include.store.columns.Instant(length=27), nullable=False),
        sa.Column("place_code", sa.String(length=32), nullable=False),
        sa.Column(
            "action",
            sa.String(length=16),
            nullable=False,
            comment="add, end, rename, move, take, keep",
        ),
        sa.Column("before_json", sa.Text(), nullable=False, comment="the rows of the place before"),
        sa.Column("after_json", sa.Text(), nullable=False, comment="… and after"),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_place_change")),
        comment="A person's change of a place. Rows are only added.",
    )
    op.create_index(op.f("ix_place_change_place_code"), "place_change", ["place_code"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_place_change_place_code"), "place_change")
    op.drop_table("place_change")
    op.drop_table("place")
