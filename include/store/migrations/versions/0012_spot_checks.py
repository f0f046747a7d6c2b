"""抽查: the key of the draw, and the results that persons record."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spot_check_key",
        sa.Column("key_id", sa.Integer(), autoincrement=False, nullable=False, comment="1: there is one key"),
        sa.Column(
            "key_hex",
            sa.String(length=64),
            nullable=False,
            comment="secret of the draw, made once by this store",
        ),
        sa.Column("made_at", include.store.columns.Instant(), nullable=False),
        sa.CheckConstraint("key_id = 1", name=op.f("ck_spot_check_key_one")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_spot_check_key")),
        comment="The key by which answers are drawn for 抽查.",
    )
    op.create_table(
        "spot_check",
        sa.Column(
            "week_start",
            sa.Date(),
            nullable=False,
            comment="the Sunday with which the week of the draw begins",
        ),
        sa.Column("alarm_id", sa.String(length=128), nullable=False),
        sa.Column(
            "checked_at",
            include.store.columns.Instant(),
            nullable=False,
            comment="when the result was recorded; the last one stands",
        ),
        sa.Column("city_code", sa.String(length=6), nullable=False, comment="unit whose answer was drawn"),
        sa.Column(
            "result",
            sa.String(length=16),
            nullable=False,
            comment="confirmed 属实, not_confirmed 不实, undecidable 无法核实",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="what the person found"),
        sa.Column("checked_by", sa.String(length=128), nullable=False),
        sa.CheckConstraint(
            "result in ('confirmed', 'not_confirmed', 'undecidable')", name=op.f("ck_spot_check_result")
        ),
        sa.PrimaryKeyConstraint("week_start", "alarm_id", "checked_at", name=op.f("pk_spot_check")),
        comment="The result of one 抽查 of a drawn answer, as a person recorded it. Rows are only added.",
    )


def downgrade() -> None:
    op.drop_table("spot_check")
    op.drop_table("spot_check_key")
