"""The hours in which a station stands far below its day's own middle: how a network scatters."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_COMMENT = "hours far below the day's own middle: the scatter of the station"


def upgrade() -> None:
    op.add_column("station_day", sa.Column("low_hours", sa.Integer(), nullable=True, comment=_COMMENT))


def downgrade() -> None:
    op.drop_column("station_day", "low_hours")
