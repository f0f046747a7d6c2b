"""Texts of headers as people meant them: encoded words joined as bytes first, gb18030 for gb2312 and gbk, names broken in every known way."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from codecs import lookup
from typing import Final
from urllib.parse import unquote_to_bytes

from include.replies.limits import LIMITS

_ENCODED: Final = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN: Final = re.compile(r"[\s]*")
_PARAMETER: Final = re.compile(r"^\s*([^\s=;]{1,60})\s*=\s*(.*)$", re.DOTALL)
_CONTINUED: Final = re.compile(r"^([a-z-]+)\*(\d{1,3})(\*?)$")
_UNSAFE: Final = re.compile(
    r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffd<>:"/\\|?*]+'
)
_CHINESE: Final = frozenset(
    {"gb2312", "gbk", "cp936", "ms936", "gb_2312-80", "x-gbk", "euc-cn", "hz-gb-2312"}
)
# Python's own codecs that no mail is written in: some take minutes for a long text.
_NO_MAILS: Final = frozenset({"raw-unicode-escape", "unicode-escape", "punycode", "idna", "undefined"})
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_ONE_BYTE: Final = frozenset({"iso-8859-1", "latin1", "windows-1252", "cp1252", "us-ascii", "ascii", ""})


def decoded(content: bytes, charset: str = "") -> str:
    """Bytes as text: by what they say they are, else UTF-8, else GB18030; never an error, and nothing that no store can keep.

    >>> decoded("排查反馈".encode("gbk"), "gb2312")
    '排查反馈'
    """
    told = charset.strip().strip("\"'").lower().partition("*")[0]
    if content.isascii() and not content.startswith(b"\x1b") and b"\x1b$" not in content and told != "utf-7":
        return _storable(content.decode("ascii"))
    first = "gb18030" if told in _CHINESE else told
    # What says that it is plain Latin and holds other bytes was mostly labelled by a program that did not look.
    tried = ["utf-8", "gb18030"] if told in _ONE_BYTE else [first, "utf-8", "gb18030"]
    for name in tried:
        try:
            if lookup(name).name not in _NO_MAILS:
                return _storable(content.decode(name))
        except (LookupError, ValueError):
            continue
    return _storable(content.decode("gb18030", "replace"))


def header_text(raw: str) -> str:
    """A header's value as text; raw bytes stand in it as surrogates (email.policy.compat32).

    >>> header_text("=?gb2312?B?xcWy6Q==?= =?gb2312?B?t7TAoQ==?=")
    '排查反馈'
    """
    raw = raw[: LIMITS.header_bytes]
    parts: list[tuple[str, bytes] | str] = []
    end = 0
    for found in _ENCODED.finditer(raw):
        between = raw[end : found.start()]
        if not (parts and isinstance(parts[-1], tuple) and _BETWEEN.fullmatch(between)):
            parts.append(between)
        charset, content = found[1].lower(), _unwrapped(found[2], found[3])
        last = parts[-1] if parts else ""
        if isinstance(last, tuple) and last[0] == charset:
            parts[-1] = (charset, last[1] + content)  # a character may be cut between two words
        else:
            parts.append((charset, content))
        end = found.end()
    parts.append(raw[end:])
    text = "".join(_plain(part) if isinstance(part, str) else decoded(part[1], part[0]) for part in parts)
    return re.sub(r"\s+", " ", text).strip()


def file_name(disposition: str, content_type: str) -> str:
    """The name of an attachment, from Content-Disposition or else Content-Type; empty where none is told. Safe to show and to save."""
    for header, key in ((disposition, "filename"), (content_type, "name")):
        if name := _of_parameters(header, key):
            return safe_name(name)
    return ""


def safe_name(name: str) -> str:
    """A name without folders, control characters and what file systems refuse."""
    clean = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    if len(clean) > LIMITS.name:
        stem, dot, suffix = clean.rpartition(".")
        clean = f"{stem[: LIMITS.name - 9]}{dot}{suffix[:8]}" if dot else clean[: LIMITS.name]
    return clean


def parameter(header: str, key: str) -> str:
    """One parameter of a header such as Content-Type; empty where it is not there."""
    return _of_parameters(header, key)


def _storable(text: str) -> str:
    """The text without NULs and halves of characters (UTF-7 and its like can name them), which no database takes."""
    return _UNSTORABLE.sub("\ufffd", text)


def _plain(text: str) -> str:
    """Text outside of encoded words; raw bytes in it are UTF-8 or GB18030, whatever the standard says."""
    return _storable(text) if text.isascii() else decoded(text.encode("utf-8", "surrogateescape"))


def _unwrapped(how: str, text: str) -> bytes:
    if how in "qQ":
        return quopri.decodestring(text.replace("_", " ").encode("utf-8", "surrogateescape"))
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return b""


def _of_parameters(header: str, key: str) -> str:
    pieces: dict[int, tuple[str, bool]] = {}
    whole = ""
    for part in _split(header[: LIMITS.header_bytes])[1:]:
        match = _PARAMETER.match(part)
        if match is None:
            continue
        name, value = match[1].lower(), _unquoted(match[2])
        continued = _CONTINUED.match(name)
        if continued and continued[1] == key:
            pieces.setdefault(int(continued[2]), (value, bool(continued[3])))
        elif name == f"{key}*":
            return _extended(value)
        elif name == key and not whole:
            whole = value
    if pieces:
        return _joined(pieces)
    return _loose(whole)


def _split(header: str) -> list[str]:
    """The header cut at semicolons that do not stand in quotes."""
    parts: list[str] = []
    begun: list[str] = []
    is_quoted = is_escaped = False
    for letter in header:
        if letter == ";" and not is_quoted:
            parts.append("".join(begun))
            begun = []
            continue
        if letter == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = letter == "\\" and not is_escaped
        begun.append(letter)
    return [*parts, "".join(begun)]


def _unquoted(value: str) -> str:
    value = re.sub(r"\r?\n[ \t]?", " ", value).strip()
    if len(value) > 1 and value[0] == '"':
        value = value[1:].partition('"')[0] if '\\"' not in value else value[1:].rstrip('"')
        return re.sub(r"\\(.)", r"\1", value)
    return value


def _extended(value: str) -> str:
    """RFC 2231: `utf-8''%E6%8E%92.xlsx`; some leave out the language or the charset."""
    charset, mark, rest = value.partition("'")
    _, second, text = rest.partition("'")
    if not mark or not second:
        charset, text = "", value
    return header_text(decoded(unquote_to_bytes(text.encode("utf-8", "surrogateescape")), charset))


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    charset, content = "", b""
    for number in sorted(pieces):
        value, is_coded = pieces[number]
        if number == 0 and is_coded and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("utf-8", "surrogateescape")
        content += unquote_to_bytes(raw) if is_coded or "%" in value else raw
    text = decoded(content, charset)
    return header_text(text) if "=?" in text else text


def _loose(value: str) -> str:
    """A name that stands as it is: encoded words (with spaces where there may be none), percents, raw bytes, or Latin that is none."""
    if "=?" in value:
        value = re.sub(r"\?=\s+=\?", "?= =?", value)
        words = [re.sub(r"\s+", "", each) if "?b?" in each.lower() else each for each in value.split("?= =?")]
        return header_text("?= =?".join(words))
    if re.fullmatch(r"[\x21-\x7e]*(%[0-9A-Fa-f]{2}){2,}[\x21-\x7e]*", value):
        return decoded(unquote_to_bytes(value.encode("ascii")))
    return _plain(value)
