"""What a month's warning grids were judged from, so that they are judged again exactly where that changed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Months of before have an empty one: the next bulletin judges them anew.
    op.add_column(
        "warning_month",
        sa.Column(
            "readings_sha256",
            sa.String(length=64),
            nullable=False,
            server_default="",
            comment="of the readings, grids and regions it was judged from; where they change, it is judged again",
        ),
    )


def downgrade() -> None:
    op.drop_column("warning_month", "readings_sha256")
