"""What a station's own swelling in damp air is learnt from; a to-do of the watch has one kind."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("damp_mean", "mean log swelling in damp air of the hours compared"),
    ("damp_xx", "sum of its squares about that mean"),
    ("damp_xy", "sum of its products with the log-ratio: the station's own swelling"),
)
_KIND = "unsupported: late hours speak against an alarm that left"
_OLD_KIND = f"{_KIND}; late: raised too late to be pushed by itself"


def upgrade() -> None:
    for name, comment in _COLUMNS:
        op.add_column("station_day", sa.Column(name, sa.Float(), nullable=True, comment=comment))
    _kind(_KIND, _OLD_KIND)


def downgrade() -> None:
    _kind(_OLD_KIND, _KIND)
    for name, _ in _COLUMNS:
        op.drop_column("station_day", name)


def _kind(comment: str, before: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "watch_todo",
            "kind",
            comment=comment,
            existing_comment=before,
            existing_type=sa.String(length=16),
            existing_nullable=False,
        )
