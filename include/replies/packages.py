"""Files inside files: ZIP, winmail.dat and 7z are opened, each member bounded; what is told by content, not by name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from include.answer_form.layout import FORM_SHEET
from include.replies.limits import LIMITS
from include.replies.words import safe_name

FormSheets = Sequence[str]
What = Literal["form", "workbook", "picture", "archive", "sealed", "other"]

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_TNEF: Final = bytes.fromhex("789f3e22")
_TNEF_HEAD: Final = 6
_TNEF_FIELD: Final = 9  # bytes before the first field, and of a field's level, name and length
_7Z: Final = b"7z\xbc\xaf\x27\x1c"
_RAR: Final = b"Rar!\x1a\x07"
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"%PDF")
_SIGNED: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
_UNNAMED: Final = {"form": "附件.xlsx", "workbook": "附件.xlsx"}
_SEARCHED: Final = 4 << 20  # bytes of an old workbook in which the form's sheet is looked for


@dataclass(frozen=True)
class File:
    """One file of a mail. `is_enclosed`: it came with a mail inside the mail; `what`: what it is by its content."""

    name: str
    media_type: str
    content: bytes
    is_enclosed: bool = False
    what: What = "other"


@dataclass
class Room:
    """What may still be unpacked of all packages of one mail, together: what is opened in vain costs as much."""

    unpacked_bytes: int = LIMITS.unpacked_bytes
    members: int = LIMITS.members

    def take(self, size: int) -> None:
        """Counts one member. Raises _Full where there is no room for it; nothing more is opened then."""
        self.unpacked_bytes -= size
        self.members -= 1
        if size > LIMITS.member_bytes or self.unpacked_bytes < 0 or self.members < 0:
            self.unpacked_bytes = self.members = 0
            raise _Full


def opened(
    file: File, depth: int, room: Room, form_sheets: FormSheets = (FORM_SHEET,)
) -> tuple[list[File], list[str]]:
    """The file, or what is in it: files, faults. A package that cannot be opened stays as it is.
    `form_sheets`: what the form's sheet is called, in the house's language and the office's."""
    content = file.content
    try:
        if content[:2] == b"PK" and (book := _book(content, form_sheets)) is not None:
            return [replace(file, what=book, name=file.name or _UNNAMED.get(book, ""))], []
        members = _members(content, room) if depth < LIMITS.depth else None
    except _Full:
        return [replace(file, what="archive")], ["package_too_large"]
    except _Locked:
        return [replace(file, what="archive")], ["package_locked"]
    except Exception:  # a broken package can fail anywhere inside its library, with any exception
        return [replace(file, what="archive")], ["package_broken"]
    if members is None:
        return [replace(file, what=_what(file, form_sheets))], []
    if not members:
        return [replace(file, what="archive")], ["package_broken"]
    found: list[File] = []
    faults: list[str] = []
    for name, inside in members:
        within = File(safe_name(name), "application/octet-stream", inside, file.is_enclosed)
        more, said = opened(within, depth + 1, room, form_sheets)
        found += more
        faults += said
    return found, faults


class _Full(Exception):
    """More is in the packages of a mail than is unpacked."""


class _Locked(Exception):
    """A package with a password."""


def _what(file: File, form_sheets: FormSheets) -> What:
    content = file.content
    if content.startswith(_OLE):
        return (
            "form" if _names_the_form(content, form_sheets) else "workbook" if _is_book(content) else "other"
        )
    if content.startswith(_PICTURES) or file.media_type.startswith("image/"):
        return "picture"
    if content.startswith(_RAR):
        return "archive"
    return "sealed" if file.media_type in _SIGNED else "other"


def _names_the_form(content: bytes, form_sheets: FormSheets) -> bool:
    """Whether an old workbook names the form's sheet: its names stand in it as two-byte characters (or GBK in the oldest)."""
    codes = ("utf-16-le", "gb18030")
    return any(name.encode(code) in content[:_SEARCHED] for name in form_sheets for code in codes)


def _is_book(content: bytes) -> bool:
    return any("Workbook".encode(code) in content[:_SEARCHED] for code in ("utf-16-le", "ascii"))


def _book(content: bytes, form_sheets: FormSheets) -> What | None:
    """`form` or `workbook` for an XLSX or ODS file, `other` for a document that is a ZIP, too (docx, pptx, odt); None for a ZIP."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = {info.filename: info for info in package.infolist()[: LIMITS.members * 10]}
        if "xl/workbook.xml" in names:
            text = _text(package, names["xl/workbook.xml"])
        elif "content.xml" in names and "mimetype" in names:
            text = _text(package, names["content.xml"])
        else:
            return "other" if "[Content_Types].xml" in names else None
    is_form = any(name in text or _charrefs(name) in text for name in form_sheets)
    return "form" if is_form else "workbook"


def _charrefs(text: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in text)


def _text(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    with package.open(info) as stream:
        return stream.read(_SEARCHED).decode("utf-8", "replace")


def _members(content: bytes, room: Room) -> list[tuple[str, bytes]] | None:
    if content.startswith(_TNEF):
        return list(_of_tnef(content, room))
    if content.startswith(_7Z):
        return list(_of_7z(content, room))
    return list(_of_zip(content, room)) if content[:4] == b"PK\x03\x04" else None


def _of_zip(content: bytes, room: Room) -> Iterator[tuple[str, bytes]]:
    """Names of a ZIP that says nothing of their code are GB18030 here, as Chinese programs write them."""
    with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="gb18030") as package:
        members = [info for info in package.infolist() if not info.is_dir()]
        for info in members:
            if info.flag_bits & 1:
                raise _Locked
            with package.open(info) as stream:
                inside = stream.read(min(LIMITS.member_bytes, room.unpacked_bytes) + 1)
            room.take(len(inside))
            yield info.filename, inside


def _of_tnef(content: bytes, room: Room) -> Iterator[tuple[str, bytes]]:
    """The library copies what is left at every field: more of them than a mail of a person has cost minutes."""
    from tnefparse import TNEF

    fields, place = 0, _TNEF_HEAD
    while place + _TNEF_FIELD < len(content):
        place += _TNEF_FIELD + int.from_bytes(content[place + 5 : place + 9], "little") + 2
        fields += 1
    if fields > LIMITS.tnef_fields:
        raise _Full
    for attached in TNEF(content, do_checksum=False).attachments:
        inside = bytes(attached.data)
        room.take(len(inside))
        yield _tnef_name(attached), inside


def _tnef_name(attached: Any) -> str:
    try:
        return str(attached.long_filename() or attached.name or "")
    except (ValueError, LookupError, AttributeError):
        return ""


def _of_7z(content: bytes, room: Room) -> Iterator[tuple[str, bytes]]:
    import py7zr
    from py7zr.io import BytesIOFactory

    with py7zr.SevenZipFile(io.BytesIO(content)) as package:
        if package.needs_password():
            raise _Locked
        infos = [info for info in package.list() if not info.is_directory]
        for info in infos:
            room.take(int(info.uncompressed or 0))
        factory = BytesIOFactory(limit=LIMITS.member_bytes)
        package.extract(targets=[info.filename for info in infos], factory=factory)
    for name, stream in factory.products.items():
        stream.seek(0)
        yield str(name), stream.read()
