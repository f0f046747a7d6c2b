"""One mail taken apart: its headers, what a person reads, what is attached, what it encloses. Bounded; whatever is odd is said, not raised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from html.parser import HTMLParser
from typing import Final

from include.answer_form.layout import FORM_SHEET
from include.replies.limits import LIMITS
from include.replies.packages import File, FormSheets, Room, opened
from include.replies.words import decoded, file_name, header_text, parameter

_HEADER: Final = re.compile(rb"(?:\xef\xbb\xbf)?[A-Za-z][A-Za-z0-9-]{0,70}:")
_MOST_ADDRESSED: Final = 100
_ANGLED: Final = re.compile(r"<([^<>\s]{1,500})>")
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"]{1,128}@[^\s<>()\[\],;:\"]{1,255}")
_SILENT: Final = frozenset({"script", "style", "head", "title"})
_BREAKS: Final = frozenset({"p", "br", "div", "tr", "li", "table", "h1", "h2", "h3", "blockquote"})

Heads = tuple[tuple[str, str], ...]  # name in small letters, value as text; in the mail's order


@dataclass(frozen=True)
class Mail:
    """A mail. `inner`: headers of the mails and header blocks that it encloses; `reports`: the fields of its machine-readable
    reports, block by block; `faults`: why a person has to look at it, in words of `verdict.FAULTS`."""

    heads: Heads
    media_type: str
    report_type: str
    text: str
    files: tuple[File, ...]
    inner: tuple[Heads, ...] = ()
    reports: tuple[tuple[str, Heads], ...] = ()
    media_types: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    inner_text: str = ""  # of the mails that it encloses
    smime_type: str = ""  # of a mail that is one S/MIME package: signed-data, enveloped-data

    def head(self, name: str) -> str:
        """The first header of that name (small letters); empty where there is none."""
        return next((value for key, value in self.heads if key == name), "")

    def all_heads(self, name: str) -> tuple[str, ...]:
        """Every header of that name, the topmost first."""
        return tuple(value for key, value in self.heads if key == name)

    @property
    def sender(self) -> str:
        """The address in From, in small letters; empty where there is none or more than one (nobody knows then who speaks)."""
        froms = self.all_heads("from")
        return address_of(froms[0]) if len(froms) == 1 else ""

    @property
    def addressed(self) -> tuple[str, ...]:
        """The addresses in To and Cc, in small letters, each once."""
        heads = " ".join((*self.all_heads("to"), *self.all_heads("cc")))
        return tuple(dict.fromkeys(each.lower() for each in _ADDRESS.findall(heads)))[:_MOST_ADDRESSED]


@dataclass
class _Taking:
    """What has been taken of the mail so far."""

    form_sheets: FormSheets
    parts: int = 0
    room: Room = field(default_factory=Room)
    texts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    inner_texts: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    inner: list[Heads] = field(default_factory=list)
    reports: list[tuple[str, Heads]] = field(default_factory=list)
    media_types: set[str] = field(default_factory=set)
    faults: dict[str, None] = field(default_factory=dict)


_BARE_CR: Final = re.compile(rb"\r(?!\n)")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


def read_mail(content: bytes, form_sheets: FormSheets = (FORM_SHEET,)) -> Mail:
    """Takes a mail apart. Never raises for what a mail can hold: what cannot be read is in `faults`."""
    taking = _Taking(form_sheets)
    if len(content) > LIMITS.mail_bytes:
        taking.faults["too_large"] = None
        content = content[: LIMITS.header_bytes].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    try:
        message: Message = BytesParser(policy=compat32).parsebytes(content)
    except (MessageError, RecursionError, ValueError):
        taking.faults["broken"] = None
        head = content[: LIMITS.header_bytes].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
        message = BytesParser(policy=compat32).parsebytes(head, headersonly=True)
    try:
        _take(message, taking, depth=0, is_enclosed=False)
    except RecursionError:
        taking.faults["too_deep"] = None
    text = "\n".join(taking.texts) if any(each.strip() for each in taking.texts) else "\n".join(taking.pages)
    content_type = _raw(message, "content-type")
    heads = heads_of(message)
    if _BARE_CR.search(_HEAD_END.split(content[: LIMITS.header_bytes], maxsplit=1)[0]):
        # A line that our server did not see as one: what it would have taken away may stand behind it.
        heads = tuple((name, value) for name, value in heads if name != "authentication-results")
    return Mail(
        heads,
        _media_type(message),
        parameter(content_type, "report-type").lower(),
        text[: LIMITS.searched],
        tuple(taking.files),
        tuple(taking.inner),
        tuple(taking.reports),
        frozenset(taking.media_types),
        tuple(taking.faults),
        "\n".join(taking.inner_texts)[: LIMITS.searched],
        parameter(content_type, "smime-type").lower(),
    )


def heads_of(message: Message) -> Heads:
    """The headers of a part as text."""
    found = []
    for name, value in list(message.raw_items())[: LIMITS.headers]:
        found.append((name.lower(), header_text(str(value))))
    return tuple(found)


def address_of(value: str) -> str:
    """The last address of a header's value, in small letters: what stands in the angle brackets, not in the name before them."""
    angled = [each for each in _ANGLED.findall(value) if "@" in each]
    found = angled[-1:] or _ADDRESS.findall(value)[:1]
    return found[0].strip().lower() if found else ""


def _take(part: Message, taking: _Taking, *, depth: int, is_enclosed: bool) -> None:
    taking.parts += 1
    if taking.parts > LIMITS.parts or depth > LIMITS.depth:
        taking.faults["too_many_parts" if taking.parts > LIMITS.parts else "too_deep"] = None
        return
    media_type = _media_type(part)
    taking.media_types.add(media_type)
    if media_type in (
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
    ):
        taking.reports += [(media_type, block) for block in _blocks(part)]
    elif media_type in ("text/rfc822-headers", "message/rfc822-headers"):
        enclosed = BytesParser(policy=compat32).parsebytes(
            _bytes(part)[: LIMITS.header_bytes], headersonly=True
        )
        taking.inner.append(heads_of(enclosed))
    elif media_type in ("message/rfc822", "message/global"):
        for enclosed in _enclosed(part):
            taking.inner.append(heads_of(enclosed))
            _take(enclosed, taking, depth=depth + 1, is_enclosed=True)
    elif part.is_multipart():
        for each in part.get_payload():
            if isinstance(each, Message):
                _take(each, taking, depth=depth + 1, is_enclosed=is_enclosed)
            if taking.parts > LIMITS.parts:
                return
    else:
        _take_leaf(part, media_type, taking, depth, is_enclosed)


def _take_leaf(part: Message, media_type: str, taking: _Taking, depth: int, is_enclosed: bool) -> None:
    name = file_name(_raw(part, "content-disposition"), _raw(part, "content-type"))
    content = _bytes(part)
    is_file = bool(name) or _raw(part, "content-disposition").lower().startswith("attachment")
    if media_type.startswith("multipart/"):  # without a boundary there is one text and no parts
        media_type = "text/plain"
    if media_type in ("text/plain", "text/html") and not is_file:
        text = decoded(content[: LIMITS.searched * 4], parameter(_raw(part, "content-type"), "charset"))
        text = text if media_type == "text/plain" else page_text(text)
        own = taking.texts if media_type == "text/plain" else taking.pages
        (taking.inner_texts if is_enclosed else own).append(text)
        return
    if media_type == "application/pgp-encrypted" or not content:
        return
    if name.lower().endswith(".eml") and _HEADER.match(content):  # forwarded as a file: Foxmail, QQ, 163
        enclosed = BytesParser(policy=compat32).parsebytes(content)
        taking.inner.append(heads_of(enclosed))
        _take(enclosed, taking, depth=depth + 1, is_enclosed=True)
        return
    file = File(name, media_type, content, is_enclosed)
    found, faults = opened(file, depth, taking.room, taking.form_sheets)
    taking.files += found
    taking.faults.update(dict.fromkeys(faults))


def _enclosed(part: Message) -> Iterator[Message]:
    """The mail inside a part; one that is wrapped in base64 against the standard, too."""
    payload = part.get_payload()
    if isinstance(payload, list):
        whole = payload[0] if payload else None
        encoding = _raw(part, "content-transfer-encoding").lower()
        if isinstance(whole, Message) and encoding in ("base64", "quoted-printable") and not whole.keys():
            stand_in = Message()
            stand_in["Content-Transfer-Encoding"] = encoding
            stand_in.set_payload(whole.get_payload())
            yield BytesParser(policy=compat32).parsebytes(_bytes(stand_in))
        elif isinstance(whole, Message):
            yield whole


def _blocks(part: Message) -> Iterator[Heads]:
    payload = part.get_payload()
    if isinstance(payload, list):
        for block in payload[: LIMITS.parts]:
            if isinstance(block, Message) and block.keys():
                yield heads_of(block)
    else:
        for text in re.split(rb"\r?\n\r?\n", _bytes(part)[: LIMITS.header_bytes]):
            block = BytesParser(policy=compat32).parsebytes(text, headersonly=True)
            if block.keys():
                yield heads_of(block)


def _bytes(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (ValueError, AssertionError, UnicodeError):
        return b""
    return found if isinstance(found, bytes) else b""


def _media_type(part: Message) -> str:
    told = _raw(part, "content-type").partition(";")[0].strip().lower()
    return told if re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", told) else "text/plain"


def _raw(part: Message, name: str) -> str:
    """The first header of that name as it came: raw bytes stand in it as surrogates."""
    return next((str(value) for key, value in part.raw_items() if key.lower() == name), "")


def page_text(html: str) -> str:
    """The words of an HTML page, without anything that could load or run."""
    reader = _Words()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):  # what html.parser gives up on
        pass
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\xa0]+", " ", "".join(reader.words))).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)
