"""Where the words and forms of letters stand: the office's own templates first, the shipped ones behind them.

A template is read when a letter is made, so that a change shows in the next letter of a running process; what is compiled from
it is kept by its content. One letter is made from one reading of each template (`one_reading`), so that its PDF, its Word file and
its mail never mix two versions, and the reading tells what the letter was made from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from include.errors import CompositionError
from include.language import office_words, own_words
from include.letters.document.sandbox import find_template
from include.profile.current import office

SHIPPED: Final = Path(__file__).parents[1] / "templates"


@dataclass
class Reading:
    """The templates of one letter, each read once: content by name."""

    contents: dict[str, bytes] = field(default_factory=dict)

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 by name, of every template that was read, by name."""
        return {name: hashlib.sha256(self.contents[name]).hexdigest() for name in sorted(self.contents)}


_READING: Final[ContextVar[Reading | None]] = ContextVar("reading of templates", default=None)


@contextmanager
def one_reading() -> Iterator[Reading]:
    """Within it every template is read once, whatever happens to the files meanwhile."""
    reading = Reading()
    token = _READING.set(reading)
    try:
        yield reading
    finally:
        _READING.reset(token)


def template(name: str) -> bytes:
    """A template by its name (`notice.docx`, `2020-03/notice.docx`). Raises CompositionError when there is none, or it cannot
    be read."""
    reading = _READING.get()
    if reading is not None and name in reading.contents:
        return reading.contents[name]
    path = _path(name)
    if path is None:
        raise CompositionError(
            "there is no such template",
            where="templates",
            got=name,
            expected=" or ".join(str(folder) for folder in _folders()),
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CompositionError(
            "a template cannot be read", where=str(path), got=error.strerror or type(error).__name__
        ) from error
    if reading is not None:
        reading.contents[name] = content
    return content


def template_text(name: str) -> str:
    """A template of text. Raises CompositionError as `template` does, and when it is not UTF-8."""
    try:
        text = template(name).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise CompositionError(
            "a template is not UTF-8", where=name, got=f"byte {error.start}", todo="save it as UTF-8"
        ) from error
    return own_words(office_words(text)) if is_shipped(name) else text


def is_shipped(name: str) -> bool:
    """Whether the house's own template of that name is used: its words are the house's, and said as the office says them."""
    path = _path(name)
    return path is not None and path.is_relative_to(SHIPPED)


def has_template(name: str) -> bool:
    """Whether there is a template of that name."""
    return _path(name) is not None


def _path(name: str) -> Path | None:
    return find_template(name, _folders())


def _folders() -> tuple[Path, ...]:
    return office().templates_dir, SHIPPED
