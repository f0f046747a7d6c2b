"""Builds the mail of one copy of a letter: the same letter, copy and moment give the same bytes.

The MIME structure is yagmail's (`prepare_message`, which its `prepare_send` wraps); corrected here are what it gets wrong
(measured with 0.16.0): the text/plain part repeats the HTML source, newlines of the HTML become `<br>`, attachment
types depend on the machine, boundaries are random.
"""

import base64
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from html import escape

from yagmail.headers import resolve_addresses
from yagmail.message import prepare_message

from include.addresses import CONTROL
from include.errors import CompositionError
from include.language import say
from include.periods import office_zone
from include.post.composed import ComposedFile, ComposedLetter, attachments, body, inline_picture
from include.post.recipients import Recipient
from include.post.server import AttachmentNames, MailServer

LETTER_HEADER = "X-Qianliyan-Letter"
COPY_HEADER = "X-Qianliyan-Copy"
ADDRESSEE_HEADER = "X-Qianliyan-Addressee"
DATA_HEADER = "X-Qianliyan-Data"

_LONGEST_FILE_NAME = 100  # characters: 9 bytes each in RFC 2231, and a line of mail has at most 998
_REHEARSAL = "【演练】"
_BODY_TAG = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_POLICY = compat32.clone(linesep="\r\n", max_line_length=78, mangle_from_=False)


@dataclass(frozen=True)
class Dispatch:
    """What a mail says on its envelope. `references`: Message-IDs of the thread, oldest first."""

    letter_key: str
    copy_no: int
    is_rehearsal: bool
    is_simulated: bool
    addressee_name: str
    recipients: tuple[Recipient, ...]
    references: tuple[str, ...]
    released_at: datetime
    reply_to: str
    attachment_names: AttachmentNames


def message_id(letter_key: str, copy_no: int, *, is_rehearsal: bool, domain: str) -> str:
    """`<notice_140300_day_2020-03-12_2020-03-13_1.1@example.org>`: of the letter and the copy, nothing else."""
    copy = f"rehearsal{copy_no}" if is_rehearsal else str(copy_no)
    return f"<{letter_key}.{copy}@{domain}>"


def build_message(dispatch: Dispatch, composed: ComposedLetter, server: MailServer) -> bytes:
    """The exact bytes to hand over: 7-bit, CRLF. Raises CompositionError for a subject that would break a header."""
    subject = (_REHEARSAL if dispatch.is_rehearsal else "") + composed.subject
    if not subject.strip() or CONTROL.search(subject):
        raise CompositionError(
            "the subject cannot be a header",
            where=dispatch.letter_key,
            got=repr(subject),
            expected="one line",
        )
    identity = message_id(
        dispatch.letter_key, dispatch.copy_no, is_rehearsal=dispatch.is_rehearsal, domain=server.domain
    )
    message: Message = prepare_message(
        server.sender_address,
        server.sender_name,
        resolve_addresses(
            server.sender_address,
            server.sender_name,
            _header(dispatch, "to"),
            _header(dispatch, "cc") or None,
            None,
        ),
        subject,
        "<p></p>",
        [_stand_in(place) for place, _ in enumerate(attachments(composed))],
        _headers(dispatch),
        "utf-8",
        False,
        identity,
    )
    _correct_sender(message, server)
    alternative, *attached = _parts(message)
    plain, related = _parts(alternative)
    notice = _rehearsal_notice(dispatch)
    _become(plain, MIMEText(notice + body(composed, "text"), "plain", "utf-8"))
    html = _with_notice(body(composed, "html"), notice)
    picture = inline_picture(composed)
    if picture is not None:
        content_id = (
            f"{hashlib.sha256(identity.encode()).hexdigest()[:24]}@{server.domain}"  # short: not folded
        )
        html = html.replace("cid:inline", f"cid:{content_id}")
        related.attach(_inline_part(picture, content_id, dispatch))
    _become(_parts(related)[0], MIMEText(html, "html", "utf-8"))
    for part, file in zip(attached, attachments(composed), strict=True):
        _name(part, file, dispatch)
    _set_boundaries(message, identity)
    stream = io.BytesIO()
    BytesGenerator(stream, policy=_POLICY).flatten(message)
    return stream.getvalue()


def _header(dispatch: Dispatch, header: str) -> dict[str, str]:
    return {
        each.address: formataddr((each.name, each.address))
        for each in dispatch.recipients
        if each.header == header
    }


def _headers(dispatch: Dispatch) -> dict[str, str]:
    headers = {
        "Date": format_datetime(dispatch.released_at.astimezone(office_zone())),
        "Auto-Submitted": "auto-generated",
        LETTER_HEADER: dispatch.letter_key,
        COPY_HEADER: f"rehearsal {dispatch.copy_no}" if dispatch.is_rehearsal else str(dispatch.copy_no),
        ADDRESSEE_HEADER: dispatch.addressee_name,
        DATA_HEADER: "simulated" if dispatch.is_simulated else "reported",
    }
    if dispatch.reply_to:
        headers["Reply-To"] = dispatch.reply_to
    if dispatch.references:
        headers["In-Reply-To"] = dispatch.references[-1]
        headers["References"] = " ".join(dispatch.references)
    return headers


def _stand_in(place: int) -> io.BytesIO:
    """yagmail guesses types from names with the machine's own table; `_name` puts type, name and content in place."""
    stream = io.BytesIO(b"")
    stream.name = f"{place}.bin"
    return stream


def _correct_sender(message: Message, server: MailServer) -> None:
    """yagmail escapes quotes in the sender's name twice."""
    message.replace_header("From", formataddr((server.sender_name, server.sender_address)))


def _parts(message: Message) -> list[Message]:
    parts = message.get_payload()
    if not isinstance(parts, list):
        raise CompositionError(
            "not the structure that yagmail 0.16.0 builds", where="mail", got=message.get_content_type()
        )
    return [part for part in parts if isinstance(part, Message)]


def _become(part: Message, other: Message) -> None:
    part._headers = other._headers  # type: ignore[attr-defined]  # a part has no public way to take another's place
    part.set_payload(other.get_payload())


def _inline_part(picture: ComposedFile, content_id: str, dispatch: Dispatch) -> MIMEImage:
    part = MIMEImage(picture.content, picture.media_type.partition("/")[2])
    _name(part, picture, dispatch)
    part.replace_header("Content-Disposition", part["Content-Disposition"].replace("attachment", "inline", 1))
    part["Content-ID"] = f"<{content_id}>"
    return part


def _name(part: Message, file: ComposedFile, dispatch: Dispatch) -> None:
    name = file.ascii_name if dispatch.attachment_names == "ascii" else file.file_name
    if dispatch.is_rehearsal:
        name = ("rehearsal_" if dispatch.attachment_names == "ascii" else say("演练_")) + name
    if CONTROL.search(name) or not 0 < len(name) <= _LONGEST_FILE_NAME:
        raise CompositionError(
            "the file name cannot be a header",
            where=dispatch.letter_key,
            got=repr(name),
            expected=f"1 to {_LONGEST_FILE_NAME} printable characters",
        )
    # RFC 2231 for the clients of today; RFC 2047 inside `name`, against the standard, for those that read only this.
    encoded = name if name.isascii() else Header(name, "utf-8").encode().replace("\n", "")
    for header in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
        del part[header]
    part.add_header("Content-Type", file.media_type, name=encoded)
    part.add_header(
        "Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name)
    )
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(file.content).decode("ascii"))


def _rehearsal_notice(dispatch: Dispatch) -> str:
    if not dispatch.is_rehearsal:
        return ""
    return say(
        "{rehearsal}本邮件为演练，未发往{addressee_name}，不编文号，请勿办理。\n\n",
        rehearsal=_REHEARSAL,
        addressee_name=dispatch.addressee_name,
    )


def _with_notice(html: str, notice: str) -> str:
    if not notice:
        return html
    banner = f'<p style="padding:8px;border:2px solid #c00;color:#c00"><b>{escape(notice.strip())}</b></p>'
    tag = _BODY_TAG.search(html)
    cut = tag.end() if tag else 0
    return html[:cut] + banner + html[cut:]


def _set_boundaries(message: Message, identity: str) -> None:
    multiparts: Sequence[Message] = [part for part in message.walk() if part.is_multipart()]
    for place, part in enumerate(multiparts):
        digest = hashlib.sha256(f"{identity} {place}".encode()).hexdigest()[:32]
        part.set_boundary(f"=_{digest}")  # "=_" stands in no base64 line, and every part is base64
