"""Mail that comes in: what it is, whose it is, what became of it."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail",
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False, comment="name of the mailbox it came into"),
        sa.Column(
            "content_key",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of Message-ID, sender, addressee, date, subject and body: the same mail by another way is not taken twice",
        ),
        sa.Column(
            "raw_sha256",
            sa.String(length=64),
            nullable=False,
            comment="the mail as it came, in the archive until `prune`",
        ),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False, comment="empty where it has none"),
        sa.Column(
            "sent_at",
            include.store.columns.Instant(),
            nullable=True,
            comment="as the sender's machine says (its Date); no figure reads it",
        ),
        sa.Column(
            "received_at",
            include.store.columns.Instant(),
            nullable=True,
            comment="when it reached our server, by the mailbox or the server's own trace; empty where neither told",
        ),
        sa.Column(
            "clock",
            sa.String(length=16),
            nullable=False,
            comment="internal (the mailbox), received (the server's trace), or empty",
        ),
        sa.Column("taken_at", include.store.columns.Instant(), nullable=False, comment="when it was read"),
        sa.Column(
            "sender",
            sa.String(length=254),
            nullable=False,
            comment="address in From; empty where there is none or several",
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="answer, reply, bounce, delayed, autoreply, receipt, other",
        ),
        sa.Column(
            "permanence",
            sa.String(length=16),
            nullable=False,
            comment="of a bounce: permanent, temporary, or empty",
        ),
        sa.Column(
            "reasons",
            sa.Text(),
            nullable=False,
            comment="names of the rules that said so, separated by commas",
        ),
        sa.Column(
            "authenticity",
            sa.String(length=8),
            nullable=False,
            comment="what our own server says of the sender: pass, fail, none",
        ),
        sa.Column(
            "is_from_contact",
            sa.Boolean(),
            nullable=False,
            comment="the sender was a contact of the unit on the day of receipt",
        ),
        sa.Column(
            "unit_code",
            sa.String(length=32),
            nullable=True,
            comment="of the letter, or of the contact; empty where neither is known",
        ),
        sa.Column(
            "letter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="the letter that it answers or brings back",
        ),
        sa.Column(
            "matched_by",
            sa.String(length=16),
            nullable=False,
            comment="form, references, address, number, person, or empty",
        ),
        sa.Column(
            "files_json", sa.Text(), nullable=False, comment="what is attached: name, size, what it is"
        ),
        sa.Column("words", sa.Text(), nullable=False, comment="of a bounce: what the other server said"),
        sa.Column(
            "rows_taken",
            sa.Integer(),
            nullable=False,
            comment="rows of forms that became facts, or were facts already",
        ),
        sa.Column(
            "rows_refused",
            sa.Integer(),
            nullable=False,
            comment="rows that could not be used: they are in the quarantine",
        ),
        sa.Column("refused_json", sa.Text(), nullable=False, comment="alarm and reason of each of these"),
        sa.Column(
            "state",
            sa.String(length=8),
            nullable=False,
            comment="kept, tray (a person must look), settled (a person did)",
        ),
        sa.Column("tray_reason", sa.Text(), nullable=False, comment="why a person must look"),
        sa.Column("settled_as", sa.String(length=16), nullable=True, comment="taken, filed, not_ours, spam"),
        sa.Column("settled_at", include.store.columns.Instant(), nullable=True),
        sa.Column("settled_by", sa.String(length=128), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=True),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind in ('answer', 'reply', 'bounce', 'delayed', 'autoreply', 'receipt', 'other')",
            name=op.f("ck_mail_kind"),
        ),
        sa.CheckConstraint(
            "settled_as in ('taken', 'filed', 'not_ours', 'spam')", name=op.f("ck_mail_settled_as")
        ),
        sa.CheckConstraint("state in ('kept', 'tray', 'settled')", name=op.f("ck_mail_state")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.letter_id"], name=op.f("fk_mail_letter_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["city.unit_code"], name=op.f("fk_mail_unit_code")),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_mail")),
        sa.UniqueConstraint("source", "content_key", name=op.f("uq_mail_source_content_key")),
        comment="One mail that came in: what it is, whose it is, what became of it. Its words stay in the archive only.",
    )
    op.create_index(op.f("ix_mail_raw_sha256"), "mail", ["raw_sha256"], unique=False)
    op.create_index(op.f("ix_mail_letter_id"), "mail", ["letter_id"], unique=False)
    op.create_index(op.f("ix_mail_state_taken_at"), "mail", ["state", "taken_at"], unique=False)
    op.create_index(op.f("ix_mail_taken_at"), "mail", ["taken_at"], unique=False)
    op.create_index(op.f("ix_mail_unit_code_received_at"), "mail", ["unit_code", "received_at"], unique=False)
    op.create_table(
        "mail_form",
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the form's bytes"),
        sa.Column("letter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "mail_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the mail that it was first taken from",
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.letter_id"], name=op.f("fk_mail_form_letter_id")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.mail_id"], name=op.f("fk_mail_form_mail_id")),
        sa.PrimaryKeyConstraint("sha256", "letter_id", name=op.f("pk_mail_form")),
        comment="One form that was taken: the same bytes again change nothing, by whatever mail they come.",
    )
    op.create_table(
        "mail_seen",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column(
            "folder",
            sa.String(length=255),
            nullable=False,
            comment="folder and UIDVALIDITY, or the name of a POP3 mailbox",
        ),
        sa.Column(
            "uid",
            sa.String(length=128),
            nullable=False,
            comment="ten digits (IMAP), or what the server calls it (POP3)",
        ),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.mail_id"], name=op.f("fk_mail_seen_mail_id")),
        sa.PrimaryKeyConstraint("source", "folder", "uid", name=op.f("pk_mail_seen")),
        comment="One mail of a mailbox that was taken, in the transaction of what became of it.",
    )


def downgrade() -> None:
    op.drop_table("mail_seen")
    op.drop_table("mail_form")
    op.drop_table("mail")
