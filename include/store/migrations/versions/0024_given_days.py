"""Daily means as their source gave them, and the production lines of an enterprise."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "city_day",
        sa.Column(
            "is_given",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="the source gave the daily means (日均值（来源给出）): they rest on no hours of ours and count as whole days",
        ),
    )
    op.add_column(
        "enterprise",
        sa.Column(
            "lines",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="its production lines where the table has a row for each: number, name and industry, one a line of text",
        ),
    )


def downgrade() -> None:
    op.drop_column("enterprise", "lines")
    op.drop_column("city_day", "is_given")
