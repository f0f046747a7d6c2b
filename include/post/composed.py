"""The shape of a composed letter, as the post takes it in. `include.letters` gives dataclasses of this shape.

Roles of files: `html` and `text` are the two forms of the mail's body; `inline` is a picture that the HTML shows as
`cid:inline`; every other role (`pdf`, `docx`, `xlsx`) is attached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlalchemy import Connection, delete, insert, select

from include.errors import CompositionError, StateError
from include.store import tables
from include.store.archive import Archive

BODY_ROLES: Final = ("text", "html")
INLINE_ROLE: Final = "inline"
EML_ROLE: Final = "eml"

_ATTACHMENT_ORDER: Final = ("pdf", "docx", "xlsx")


class ComposedFile(Protocol):
    """One file of a letter."""

    @property
    def role(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def ascii_name(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def content(self) -> bytes: ...


class ComposedLetter(Protocol):
    """A letter with all its files, one per role. `warnings` are for the operator (Chinese); `templates`: the SHA-256, by name, of each
    template that it was made from."""

    @property
    def subject(self) -> str: ...
    @property
    def files(self) -> Sequence[ComposedFile]: ...
    @property
    def warnings(self) -> Sequence[str]: ...
    @property
    def templates(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class StoredFile:
    """A ComposedFile that came back from the archive."""

    role: str
    file_name: str
    ascii_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class StoredComposition:
    """A ComposedLetter that came back from the archive."""

    subject: str
    files: tuple[StoredFile, ...]
    warnings: tuple[str, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeptFiles:
    """What the store will say of a letter's files: rows of letter_file and of letter_template, both without letter_id."""

    files: list[dict[str, object]]
    templates: list[dict[str, object]]


def body(composed: ComposedLetter, role: str) -> str:
    """The mail's body as `text` or `html`; raises CompositionError when the letter has none."""
    for file in composed.files:
        if file.role == role:
            return file.content.decode("utf-8")
    raise CompositionError(
        "the letter has no body", where=composed.subject, expected=f"a file of role {role}"
    )


def attachments(composed: ComposedLetter) -> list[ComposedFile]:
    """What is attached to the mail, the PDF first."""
    files = [file for file in composed.files if file.role not in (*BODY_ROLES, INLINE_ROLE, EML_ROLE)]
    order = {role: place for place, role in enumerate(_ATTACHMENT_ORDER)}
    return sorted(files, key=lambda file: (order.get(file.role, len(order)), file.role))


def inline_picture(composed: ComposedLetter) -> ComposedFile | None:
    """The picture inside the mail's HTML, or None."""
    return next((file for file in composed.files if file.role == INLINE_ROLE), None)


def keep_files(archive: Archive, composed: ComposedLetter) -> KeptFiles:
    """Puts the bytes into the archive; what `replace_files` then writes."""
    roles = [file.role for file in composed.files]
    if len(set(roles)) != len(roles):
        raise CompositionError("two files of one role", where=composed.subject, got=", ".join(roles))
    files: list[dict[str, object]] = [
        {
            "role": file.role,
            "file_name": file.file_name,
            "ascii_name": file.ascii_name,
            "media_type": file.media_type,
            "sha256": archive.put(file.content),
            "size_bytes": len(file.content),
        }
        for file in composed.files
    ]
    return KeptFiles(files, [{"name": name, "sha256": digest} for name, digest in composed.templates.items()])


def replace_files(connection: Connection, letter_id: int, kept: KeptFiles) -> None:
    """Makes what was kept the files of the letter, and what they were made from its templates."""
    for table, rows in ((tables.letter_file, kept.files), (tables.letter_template, kept.templates)):
        connection.execute(delete(table).where(table.c.letter_id == letter_id))
        if rows:
            connection.execute(insert(table), [{"letter_id": letter_id, **row} for row in rows])


def stored_composition(connection: Connection, archive: Archive, letter_id: int) -> StoredComposition:
    """The letter's present files, exactly as they were archived. Raises StateError when it has none."""
    subject = connection.execute(
        select(tables.letter.c.subject).where(tables.letter.c.letter_id == letter_id)
    ).scalar_one_or_none()
    rows = connection.execute(
        select(tables.letter_file)
        .where(tables.letter_file.c.letter_id == letter_id)
        .order_by(tables.letter_file.c.role)
    ).all()
    if subject is None or not rows:
        raise StateError(
            "the letter has no files", where=f"letter {letter_id}", todo="run its period again to compose it"
        )
    return StoredComposition(
        subject,
        tuple(
            StoredFile(row.role, row.file_name, row.ascii_name, row.media_type, archive.get(row.sha256))
            for row in rows
            if row.role != EML_ROLE
        ),
    )
