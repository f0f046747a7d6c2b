"""The errors that Qianliyan raises on purpose.

    QianliyanError
    ├── InputError           an argument, a file, a row or a setting cannot be used       (exit code 2)
    ├── SourceError          a source could not be read; nothing of the window was kept   (exit code 2)
    ├── CompositionError     a letter cannot be composed from its figures
    ├── StateError           the letter or delivery is not in a state that allows the action (exit code 2)
    ├── PostRefused          this letter must never reach this mail server
    └── CheckFailed          a check found what must not be                                (exit code 1)

Every message says what is wrong, where, what was expected, what came and what to do next, on one line; no secret of
this process that `keep_secret` was told is in it, in whatever form a server echoes it.
"""

import base64
import html
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

HIDDEN: Final = "***"
# Shorter ones would hide half of every sentence, and are no secrets.
_SHORTEST_SECRET: Final = 4
_SHORTEST_CODED: Final = 6
_SECRET_NAME: Final = re.compile("passw|secret|token|api_?key|apikey|private", re.IGNORECASE)
# Python counts only the common space as printable.
_WHITE_SPACE: Final = "\t\n\r\u00a0\u2002\u2003\u2009\u3000"

# How a text must look to be worth decoding, and how far that goes.
_MAY_BE_CODED: Final = re.compile(
    r"[\\&%\uff01-\uff5e\u00ad\u200b-\u200f\u2060\ufeff]|[\U0001d400-\U0001d7ff\u2460-\u24ff]|=[0-9A-Fa-f]{2}"
    r"|[0-9A-Za-z+/_-]{8}|(?:(?:0x)?[0-9A-Fa-f]{2}[^0-9A-Za-z]{1,4}){3}|\n"
)
_DEEPEST: Final = 4
_MOST_DECODED: Final = 40
_SHORTEST_HEX: Final = 10  # digits
_NO_DIGITS: Final = re.compile(r"0x|\\x|[^0-9a-z]")
_RUN: Final = re.compile("[0-9A-Za-z+/_-]{8,}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_QUOTED_PRINTABLE: Final = re.compile("=(?=[0-9A-Fa-f]{2})")
_ENTITY_ZEROS: Final = re.compile("(&#[xX]?)0+(?=[0-9A-Fa-f])")
_BACKSLASHED: Final = re.compile(
    r"\\(?:u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|u+(?P<long>[0-9A-Fa-f]{4})|x(?P<hex>[0-9A-Fa-f]{2})|(?P<octal>[0-3]?[0-7]{2})|(?P<plain>[^\n]))"
)


class _Secrets:
    """The secrets of this process, in every form in which they might come back, as one pattern."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        if len(secret) < _SHORTEST_SECRET or secret in self.known:
            return
        self.known.add(secret)
        forms = {form for each in self.known for form in _forms(each)}
        longest_first = sorted(forms, key=len, reverse=True)
        self.pattern = re.compile("|".join(re.escape(form) for form in longest_first), re.IGNORECASE)


_SECRETS: Final = _Secrets()


def keep_secret(secret: str | None) -> None:
    """From now on `redact` hides this password or token."""
    _SECRETS.add(secret or "")


def secrets_of(address: str, settings: Mapping[str, object]) -> set[str]:
    """The password in an address, and what stands in its query or in settings under the name of a secret."""
    try:
        parts = urlsplit(address)
        found = {parts.password or "", unquote(parts.password or "")}
        named = [
            *parse_qsl(parts.query),
            *((key, value) for key, value in settings.items() if isinstance(value, str)),
        ]
    except ValueError:
        return set()
    return {one for one in found | {value for key, value in named if _SECRET_NAME.search(key)} if one}


def redact(text: str) -> str:
    """The text without the secrets: as they are, quoted for URLs, HTML or JSON, in hexadecimal, and in Base64 (also inside
    a longer Base64 text, as in `Basic` credentials). Of a text that holds one in any other escape nothing is left."""
    pattern = _SECRETS.pattern
    if pattern is None:
        return text
    hidden = pattern.sub(HIDDEN, text)
    if _MAY_BE_CODED.search(hidden) and _holds_coded(hidden, pattern):
        return f"{HIDDEN}（含密钥，未显示，{len(text)}字）"
    return hidden


def harmless(error: Exception) -> Exception | None:
    """The error as the cause of another, which a log prints with it; None for one whose words hold a secret."""
    return error if redact(str(error)) == str(error) else None


def printable(text: str) -> str:
    """The text fit for logs, JSON and databases: the bytes of a file name that is no UTF-8 are read as GB18030 where they can be,
    else printed as numbers; control characters are printed as numbers too."""
    if not text.isprintable():
        try:
            raw = text.encode(sys.getfilesystemencoding(), "surrogateescape")
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                text = raw.decode("gb18030")
        except UnicodeError:
            text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(one if one.isprintable() or one in _WHITE_SPACE else _numbered(one) for one in text)


def _numbered(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode()
        if ord(character) > 0x7F
        else f"\\x{ord(character):02x}"
    )


def _holds_coded(text: str, pattern: re.Pattern[str]) -> bool:
    """Whether any decoding of the text, or of its decodings, holds a secret."""
    seen, layer = {text}, [text]
    for _ in range(_DEEPEST):
        layer = [
            one
            for one in dict.fromkeys(each(text) for text in layer for each in _DECODERS)
            if one not in seen
        ]
        layer = layer[:_MOST_DECODED]
        if any(pattern.search(one) for one in layer):
            return True
        seen.update(layer)
    digits = [_NO_DIGITS.sub("", one.casefold()) for one in seen]
    coded = [each.encode("utf-8", "surrogatepass").hex() for each in _SECRETS.known]
    return any(form in one for form in coded if len(form) >= _SHORTEST_HEX for one in digits)


def _without_backslashes(text: str) -> str:
    """The escapes of JSON, JavaScript and C undone."""
    return _BACKSLASHED.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    digits = found["long"] or found["hex"] or found["braced"]
    number = int(digits, 16) if digits else int(found["octal"], 8) if found["octal"] else None
    if number is None:
        return found["plain"]
    return chr(number) if number <= sys.maxunicode else ""


def _without_base64(text: str) -> str:
    """What the Base64 runs of the text say, at each of the four places where one may begin."""
    runs = [found[0].translate(_URL_SAFE)[start:] for found in _RUN.finditer(text) for start in range(4)]
    return "\n".join(base64.b64decode(run[: len(run) // 4 * 4]).decode("utf-8", "replace") for run in runs)


def _without_entities(text: str) -> str:
    return html.unescape(_ENTITY_ZEROS.sub(r"\1", text))


def _without_spaces(text: str) -> str:
    return "".join(text.replace("=\n", "").replace("=\r\n", "").split())


def _folded(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")


_DECODERS: Final[tuple[Callable[[str], str], ...]] = (
    _without_backslashes,
    _without_entities,
    unquote,
    lambda text: unquote(text.replace("+", " ")),
    lambda text: unquote(_QUOTED_PRINTABLE.sub("%", text)),
    _folded,
    _without_base64,
    _without_spaces,
)


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    in_url = {quote(raw), quote(raw, safe=""), quote_plus(raw), quote(quote(raw, safe=""), safe="")}
    in_url |= {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in in_url}
    quoted = {
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        repr(secret)[1:-1],
    }
    coded = {raw.hex(), raw.hex().upper()} | {
        form for encode in (base64.b64encode, base64.urlsafe_b64encode) for form in _in_base64(raw, encode)
    }
    coded |= _in_base32(raw)
    return {secret} | in_url | quoted | {form for form in coded if len(form) >= _SHORTEST_CODED}


def _in_base64(raw: bytes, encode: Callable[[bytes], bytes]) -> set[str]:
    """Base64 of `raw` standing alone, and what stays the same of it inside of more, at each of the three places of a triple."""
    alone = encode(raw).decode()
    inside = set()
    for before in range(3):
        length = before + len(raw)
        first, last = -(-before * 8 // 6), length * 8 // 6
        inside.add(encode(bytes(before) + raw).decode()[first:last])
    return {alone, alone.rstrip("="), *inside}


def _in_base32(raw: bytes) -> set[str]:
    """The same of Base32, at each of the five places of a group."""
    inside = set()
    for before in range(5):
        first, last = -(-before * 8 // 5), (before + len(raw)) * 8 // 5
        inside.add(base64.b32encode(bytes(before) + raw).decode()[first:last])
    return inside


class QianliyanError(Exception):
    """Root of everything raised on purpose; `str()` is one line for an operator."""

    exit_code = 2

    def __init__(
        self, what: str, *, where: str = "", expected: str = "", got: object = None, todo: str = ""
    ) -> None:
        self.what, self.where, self.expected, self.todo = map(_safe, (what, where, expected, todo))
        self.got = "" if got is None else _safe(str(got))
        super().__init__(self.what)

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.got:
            parts.append(f"got {_shorten(self.got)}")
        if self.todo:
            parts.append(self.todo)
        return redact("; ".join(" ".join(part.split()) for part in parts))


class InputError(QianliyanError):
    """An argument, a file, a row or a setting cannot be used."""


class SourceError(QianliyanError):
    """A source could not be read; nothing of the asked window was kept."""


class CompositionError(QianliyanError):
    """A letter cannot be composed from its figures (a missing glyph, a template that names an unknown value)."""

    exit_code = 1


class StateError(QianliyanError):
    """A letter or delivery is not in a state that allows the action."""


class PostRefused(QianliyanError):
    """This letter must never reach this mail server (simulated data and a server that is not on this machine)."""

    exit_code = 1


class CheckFailed(QianliyanError):
    """A check found what must not be."""

    exit_code = 1


def _safe(text: str) -> str:
    return printable(redact(text))


def _shorten(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
