"""Which templates the files of a letter were made from."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_template",
        sa.Column("letter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "name",
            sa.String(length=128),
            nullable=False,
            comment="of the template: notice.docx, 2020-03/notice_mail.txt",
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="SHA-256 of its content"),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["letter.letter_id"],
            name=op.f("fk_letter_template_letter_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("letter_id", "name", name=op.f("pk_letter_template")),
        comment="One template that the present files of a letter were made from; letters of before this table have none.",
    )


def downgrade() -> None:
    op.drop_table("letter_template")
