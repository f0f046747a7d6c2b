"""The tables of mail that comes in, on the same metadata as include/store/tables.py."""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from include.store.columns import Instant, Serial, one_of
from include.store.tables import metadata

MAIL_KINDS: Final = ("answer", "reply", "bounce", "delayed", "autoreply", "receipt", "other")
# kept: nobody has to look at it; tray: a person has; settled: a person did.
MAIL_STATES: Final = ("kept", "tray", "settled")
SETTLED_AS: Final = ("taken", "filed", "not_ours", "spam")

mail = Table(
    "mail",
    metadata,
    Column("mail_id", Serial, primary_key=True),
    Column("source", String(64), nullable=False, comment="name of the mailbox it came into"),
    Column(
        "content_key",
        String(64),
        nullable=False,
        comment="SHA-256 of Message-ID, sender, addressee, date, subject and body: the same mail by another way is not taken twice",
    ),
    Column(
        "raw_sha256", String(64), nullable=False, comment="the mail as it came, in the archive until `prune`"
    ),
    Column("size_bytes", Integer, nullable=False),
    Column("message_id", String(255), nullable=False, comment="empty where it has none"),
    Column("sent_at", Instant, comment="as the sender's machine says (its Date); no figure reads it"),
    Column(
        "received_at",
        Instant,
        comment="when it reached our server, by the mailbox or the server's own trace; empty where neither told",
    ),
    Column(
        "clock",
        String(16),
        nullable=False,
        comment="internal (the mailbox), received (the server's trace), or empty",
    ),
    Column("taken_at", Instant, nullable=False, comment="when it was read"),
    Column(
        "sender", String(254), nullable=False, comment="address in From; empty where there is none or several"
    ),
    Column("subject", Text, nullable=False),
    Column(
        "kind",
        String(16),
        nullable=False,
        comment="answer, reply, bounce, delayed, autoreply, receipt, other",
    ),
    Column("permanence", String(16), nullable=False, comment="of a bounce: permanent, temporary, or empty"),
    Column("reasons", Text, nullable=False, comment="names of the rules that said so, separated by commas"),
    Column(
        "authenticity",
        String(8),
        nullable=False,
        comment="what our own server says of the sender: pass, fail, none",
    ),
    Column(
        "is_from_contact",
        Boolean,
        nullable=False,
        comment="the sender was a contact of the unit on the day of receipt",
    ),
    Column(
        "unit_code",
        ForeignKey("city.unit_code"),
        comment="of the letter, or of the contact; empty where neither is known",
    ),
    Column("letter_id", ForeignKey("letter.letter_id"), comment="the letter that it answers or brings back"),
    Column(
        "matched_by",
        String(16),
        nullable=False,
        comment="form, references, address, number, person, or empty",
    ),
    Column("files_json", Text, nullable=False, comment="what is attached: name, size, what it is"),
    Column("words", Text, nullable=False, comment="of a bounce: what the other server said"),
    Column(
        "rows_taken",
        Integer,
        nullable=False,
        comment="rows of forms that became facts, or were facts already",
    ),
    Column(
        "rows_refused",
        Integer,
        nullable=False,
        comment="rows that could not be used: they are in the quarantine",
    ),
    Column("refused_json", Text, nullable=False, comment="alarm and reason of each of these"),
    Column(
        "state", String(8), nullable=False, comment="kept, tray (a person must look), settled (a person did)"
    ),
    Column("tray_reason", Text, nullable=False, comment="why a person must look"),
    Column("settled_as", String(16), comment="taken, filed, not_ours, spam"),
    Column("settled_at", Instant),
    Column("settled_by", String(128)),
    Column("settled_reason", Text),
    Column(
        "hint_id",
        String(64),
        comment="the hint that a person took from it: with that hint's sender goes who sent this, about what and with which files",
    ),
    Column("is_simulated", Boolean, nullable=False),
    UniqueConstraint("source", "content_key"),
    Index(None, "raw_sha256"),
    Index(None, "letter_id"),
    Index(None, "hint_id"),
    Index(None, "state", "taken_at"),
    Index(None, "unit_code", "received_at"),
    Index(None, "taken_at"),
    one_of("kind", MAIL_KINDS),
    one_of("state", MAIL_STATES),
    one_of("settled_as", SETTLED_AS),
    comment="One mail that came in: what it is, whose it is, what became of it. Its words stay in the archive only.",
)

mail_seen = Table(
    "mail_seen",
    metadata,
    Column("source", String(64), primary_key=True),
    Column(
        "folder",
        String(255),
        primary_key=True,
        comment="folder and UIDVALIDITY, or the name of a POP3 mailbox",
    ),
    Column(
        "uid", String(128), primary_key=True, comment="ten digits (IMAP), or what the server calls it (POP3)"
    ),
    Column("mail_id", ForeignKey("mail.mail_id"), nullable=False),
    comment="One mail of a mailbox that was taken, in the transaction of what became of it.",
)

mail_form = Table(
    "mail_form",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="of the form's bytes"),
    Column("letter_id", ForeignKey("letter.letter_id"), primary_key=True),
    Column(
        "mail_id", ForeignKey("mail.mail_id"), nullable=False, comment="the mail that it was first taken from"
    ),
    comment="One form that was taken: the same bytes again change nothing, by whatever mail they come.",
)
