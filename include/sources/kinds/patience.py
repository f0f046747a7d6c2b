"""Asking a server again: how often, how long to wait in between, and when to give up."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from include.errors import SourceError, harmless
from include.sources.config import SourceConfig

T = TypeVar("T")
_SECONDS = re.compile("[0-9]{1,9}")


class Unanswered(Exception):
    """The server may answer later; `retry_after` is its header of that name."""

    def __init__(self, what: str, retry_after: str | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Patience:
    """`attempts` in all; waits double from `first_wait_seconds`, or are what the server asks, up to `longest_wait_seconds`."""

    attempts: int = 5
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0

    @classmethod
    def of(cls, source: SourceConfig) -> Patience:
        """As the source's options say."""
        return cls(
            attempts=max(1, int(source.number("attempts", cls.attempts))),
            first_wait_seconds=source.number("first_wait_seconds", cls.first_wait_seconds),
            longest_wait_seconds=source.number("longest_wait_seconds", cls.longest_wait_seconds),
        )

    def ask(self, question: Callable[[], T], *, where: str) -> T:
        """The answer to `question`, asked again after a time-out, a broken connection or `Unanswered`.

        Raises SourceError when it stays unanswered, when the server asks for a longer wait than allowed, and at once
        when its certificate is not trusted.
        """
        for attempt in range(1, self.attempts + 1):
            asked_wait: float | None = None
            try:
                return question()
            except Unanswered as unanswered:
                last: Exception = unanswered
                asked_wait = _seconds(unanswered.retry_after)
            except httpx.HTTPError as error:
                if _is_distrust(error):
                    raise SourceError(
                        "the server's certificate is not trusted",
                        where=where,
                        got=error,
                        todo="if it is the right server, name its authority's certificate as ca_file in the connection's extra",
                    ) from harmless(error)
                last = error
            wait = self.first_wait_seconds * 2 ** (attempt - 1) if asked_wait is None else asked_wait
            if asked_wait is not None and asked_wait > self.longest_wait_seconds:
                raise SourceError(
                    "the server asks to wait too long",
                    where=where,
                    got=f"{last}, Retry-After {asked_wait:g} s",
                    expected=f"at most {self.longest_wait_seconds:g} s",
                    todo="run again later",
                ) from harmless(last)
            if attempt < self.attempts:
                time.sleep(min(wait, self.longest_wait_seconds))
        raise SourceError(
            "the server gives no answer",
            where=where,
            got=f"{type(last).__name__}: {last}, {self.attempts} times",
            todo="check the address and the network, and run again; nothing of the window was kept",
        ) from harmless(last)


def _seconds(retry_after: str | None) -> float | None:
    """The header's wait in seconds; None when it says nothing that can be understood."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _is_distrust(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
