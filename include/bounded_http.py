"""HTTP for servers that are not trusted: no answer takes longer, or unpacks to more, than it may.

httpx ends a *silence*; a server that sends a byte a second is never silent. And it unpacks a body before anybody can count it,
once for each encoding that the server names.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpcore
import httpx

from include.errors import SourceError, redact

# gzip and zlib, as their header says.
_ANY_ZLIB: Final = 47
_UNPACKED: Final = ("gzip", "x-gzip", "deflate")


@dataclass
class Clock:
    """The time of a whole pull and of each answer in it; `begin` starts an answer's."""

    pull_seconds: float
    answer_seconds: float
    _pull_ends: float = field(init=False)
    _answer_ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._pull_ends = monotonic() + self.pull_seconds
        self._answer_ends = self._pull_ends

    def begin(self, where: str) -> None:
        """An answer is asked for now. Raises SourceError when the pull's time is over."""
        now = monotonic()
        if now >= self._pull_ends:
            raise SourceError(
                "the pull takes too long",
                where=where,
                expected=f"at most {self.pull_seconds:g} s for all pages",
                todo="pull a shorter window, or raise pull_seconds in the connection's extra; nothing of the window was kept",
            )
        self._answer_ends = min(now + self.answer_seconds, self._pull_ends)

    def left(self, timeout: float | None) -> float:
        """The seconds that the next step may take. Raises httpcore.ReadTimeout when there are none."""
        left = self._answer_ends - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"the answer takes longer than {self.answer_seconds:g} s in all")
        return left if timeout is None else min(left, timeout)


def client(
    url: httpx.URL, headers: dict[str, str], trust: ssl.SSLContext, clock: Clock, silence_seconds: float
) -> httpx.Client:
    """A client that follows no redirect, asks no environment, and whose every read counts against the clock."""
    return httpx.Client(
        base_url=url,
        headers={**headers, "accept-encoding": "gzip"},
        timeout=httpx.Timeout(silence_seconds),
        transport=_Transport(trust, clock),
        trust_env=False,
        follow_redirects=False,
    )


class NotSent(Exception):
    """Nobody was asked: the server could not be reached."""


class Lost(Exception):
    """The request was on its way, and no answer came that can be read: only the server knows."""


@dataclass(frozen=True)
class Answer:
    """What a server answered to one request."""

    status: int
    headers: httpx.Headers
    content: bytes


def ask(
    request: httpx.Request, trust: ssl.SSLContext, silence_seconds: float, answer_seconds: float, most: int
) -> Answer:
    """One request over a connection of its own; `most` bytes of its answer are read. Raises NotSent, Lost.

    It passes by httpx's client, which logs every URL: that of a robot is its key.
    """
    clock = Clock(answer_seconds, answer_seconds)
    request.extensions = {"timeout": httpx.Timeout(silence_seconds).as_dict()}
    request.headers["accept-encoding"] = "identity"
    with _Transport(trust, clock) as transport:
        try:
            response = transport.handle_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSent(f"{type(error).__name__} {redact(str(error))}") from None
        except httpx.HTTPError as error:
            raise Lost(f"{type(error).__name__} {redact(str(error))}") from None
        try:
            return Answer(response.status_code, response.headers, body(response, most))
        except (httpx.HTTPError, TooLarge, Unreadable) as error:
            raise Lost(f"{type(error).__name__} {redact(str(error))}") from None
        finally:
            response.close()


class TooLarge(Exception):
    """A body that is, or unpacks to, more than was allowed."""


class Unreadable(Exception):
    """A body whose encoding cannot be undone."""


def body(response: httpx.Response, most: int) -> bytes:
    """The unpacked body of a streamed response. Raises TooLarge, Unreadable."""
    told = response.headers.get_list("content-encoding", split_commas=True)
    encodings = [one.strip().lower() for one in told if one.strip().lower() not in ("", "identity")]
    if not encodings:
        return _joined(response.iter_raw(), most)
    if len(encodings) > 1 or encodings[0] not in _UNPACKED:
        raise Unreadable(f"Content-Encoding {', '.join(encodings)}")
    return unpacked(response.iter_raw(), most)


def unpacked(blocks: Iterable[bytes], most: int) -> bytes:
    """What gzip or zlib packed, step by step: never more than `most` bytes exist. Raises TooLarge, Unreadable."""
    unpacker = zlib.decompressobj(_ANY_ZLIB)
    content = bytearray()
    try:
        for block in blocks:
            while block and not unpacker.eof:
                content += unpacker.decompress(block, most + 1 - len(content))
                block = unpacker.unconsumed_tail
                if len(content) > most:
                    raise TooLarge(f"more than {most} bytes when unpacked")
            if unpacker.eof and (block or unpacker.unused_data):
                raise Unreadable("something after the end of the packed body")
    except zlib.error as error:
        raise Unreadable(str(error)) from error
    if not unpacker.eof:
        raise Unreadable("the packed body has no end")
    return bytes(content)


def _joined(blocks: Iterable[bytes], most: int) -> bytes:
    content = bytearray()
    for block in blocks:
        content += block
        if len(content) > most:
            raise TooLarge(f"more than {most} bytes")
    return bytes(content)


class _Transport(httpx.HTTPTransport):
    def __init__(self, trust: ssl.SSLContext, clock: Clock) -> None:
        super().__init__(verify=trust, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=trust, network_backend=_Backend(clock))


class _Backend(httpcore.NetworkBackend):
    def __init__(self, clock: Clock) -> None:
        self._clock, self._inner = clock, httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *others: Any, **more: Any
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._inner.connect_tcp(host, port, self._clock.left(timeout), *others, **more), self._clock
        )


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, clock: Clock) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(
            self._inner.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
