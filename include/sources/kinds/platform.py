"""Kind `platform`: the HTTP API of docs/platform-api.yaml, page by page; a window is read whole or not at all."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

import httpx
import numpy as np

from include.bounded_http import Clock, TooLarge, Unreadable, body, client
from include.errors import HIDDEN, InputError, SourceError, harmless, redact
from include.language import say
from include.sources.config import SourceConfig
from include.sources.delivery import Chunk, Delivery, Part, text_frame
from include.sources.kinds.patience import Patience, Unanswered
from include.sources.layout import LAYOUTS, Layout
from include.sources.mapping.language import Mapping, TableMapping
from include.sources.mapping.transform import truth_columns, wanted_columns
from include.sources.reading.cells import cell_text, no_truth

PATHS: Final = {
    "alarms": "/v1/alarms",
    "feedback": "/v1/feedback-events",
    "problems": "/v1/problems",
    "grids": "/v1/grids",
    "contacts": "/v1/contacts",
    "stations": "/v1/stations",
    "station_hours": "/v1/station-hours",
    "station_minutes": "/v1/station-minutes",
    "winds": "/v1/winds",
    "submeter_hours": "/v1/submeter-hours",
}
_LARGEST_PAGE: Final = 64 * 1024 * 1024  # bytes, unpacked
_MOST_VALUES: Final = 4_000_000  # of a page: each costs more memory than bytes
_MOST_RECORDS: Final = 20_000_000  # of a table's window
_MOST_EMPTY: Final = 100  # pages without a record
_MANY: Final = (
    10_000  # so many records too much are no sign of pages without end: what shifts between pages comes twice
)
_LONGEST_WORDS: Final = 1 << 16  # bytes of an error's answer that are looked at
_LONGEST_CURSOR: Final = 4096  # characters
_PULL_SECONDS: Final = 3600.0
_ANSWER_SECONDS: Final = 300.0
_ROWS_AT_ONCE: Final = 10_000
_WIDEST: Final = 200  # fields
_ECHO: Final = f"平台的记录中出现了本系统的口令或令牌，已以{HIDDEN}代替：请通知平台方，并更换令牌"
_READ_AGAIN: Final = 3  # times that a window whose pages do not add up is read


@dataclass(frozen=True)
class Page:
    """One answer of the platform, checked against the contract."""

    records: list[Any]
    next_cursor: str | None
    total: int
    complete_until: datetime | None


def read_platform(
    source: SourceConfig,
    mapping: Mapping,
    start_at: datetime,
    end_at: datetime,
    layouts: MappingOf[str, Layout] = LAYOUTS,
) -> Delivery:
    """What changed in [start_at, end_at), and grids and contacts whole, from the platform at `source.location`.

    Reading raises SourceError when the platform cannot be reached, refuses the token, breaks the contract or keeps
    losing pages; InputError for an address that must not be used.
    """
    delivery = Delivery(iter(()), is_cut=True)
    delivery.parts = _parts(source, mapping, start_at, end_at, delivery, layouts)
    return delivery


def _parts(
    source: SourceConfig,
    mapping: Mapping,
    start_at: datetime,
    end_at: datetime,
    delivery: Delivery,
    layouts: MappingOf[str, Layout],
) -> Iterator[Part]:
    patience = Patience.of(source)
    clock = Clock(
        source.number("pull_seconds", _PULL_SECONDS),
        source.number("answer_seconds", _ANSWER_SECONDS),
    )
    with _client(source, clock) as client:
        for table in mapping.tables:
            query = {"limit": str(max(1, int(source.number("page_size", 1000))))}
            layout = layouts[table.table]
            if layout.changes:
                query |= {"changed_from": _iso(start_at), "changed_until": _iso(end_at)}
            yield from _table(client, clock, patience, table, layout, query, delivery)


def _table(
    client: httpx.Client,
    clock: Clock,
    patience: Patience,
    table: TableMapping,
    layout: Layout,
    query: dict[str, str],
    delivery: Delivery,
) -> Iterator[Part]:
    """Every record of a table's window. Reads on from the start when pages went missing; what came twice is harmless."""
    path = PATHS[table.table]
    for _ in range(_READ_AGAIN):
        received, page = 0, None
        waiting: list[Any] = []
        for page in _pages(client, clock, patience, path, query):
            received += len(page.records)
            waiting += page.records
            delivery.parts_received += 1
            if page.complete_until is not None:
                delivery.covered_until = min(
                    page.complete_until, delivery.covered_until or page.complete_until
                )
            if len(waiting) >= _ROWS_AT_ONCE:
                yield part_of(table, layout, waiting, received - len(waiting), delivery)
                waiting = []
        yield part_of(table, layout, waiting, received - len(waiting), delivery)
        delivery.parts_expected = delivery.parts_received
        if page is None or received >= page.total:
            return
    raise SourceError(
        "the platform's pages do not add up",
        where=f"{client.base_url}{path}",
        expected=f"{page.total} records" if page else "",
        got=f"{received} records, {_READ_AGAIN} times",
        todo="ask the platform's operator; nothing of the window was kept",
    )


def _pages(
    client: httpx.Client, clock: Clock, patience: Patience, path: str, query: dict[str, str]
) -> Iterator[Page]:
    where = f"{client.base_url}{path}"
    seen: set[str] = set()
    cursor: str | None = None
    received = total = 0
    while True:
        asked = query if cursor is None else {**query, "cursor": cursor}
        page = patience.ask(partial(_page, client, clock, path, asked), where=where)
        received, total = received + len(page.records), max(total, page.total)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return
        if cursor in seen:
            raise SourceError(
                "the platform's pages go round in a circle",
                where=where,
                got=f"cursor {cursor} twice",
            )
        seen.add(cursor)
        if received > min(2 * total + _MANY, _MOST_RECORDS) or len(seen) > received + _MOST_EMPTY:
            raise SourceError(
                "the platform's pages have no end",
                where=where,
                expected=f"{total} records, and at most {_MOST_RECORDS}",
                got=f"{received} records on {len(seen)} pages, and more to come",
                todo="ask the platform's operator; nothing of the window was kept",
            )


def _page(client: httpx.Client, clock: Clock, path: str, query: dict[str, str]) -> Page:
    where = f"{client.base_url}{path}"
    clock.begin(where)
    with client.stream("GET", path, params=query) as response:
        content = _content(response, where)
        if response.status_code in (401, 403):
            raise SourceError(
                "the platform refuses the token",
                where=where,
                got=f"{response.status_code} {_message(content)}",
                todo="renew the token (password) of the connection",
            )
        if response.status_code == 429 or response.status_code >= 500:
            raise Unanswered(
                f"{response.status_code} {_message(content)}", response.headers.get("retry-after")
            )
        if response.status_code != 200:
            raise SourceError(
                "the platform does not answer the question",
                where=where,
                got=f"{response.status_code} {_message(content)}",
                expected="200",
                todo="check the connection's address against docs/platform-api.yaml",
            )
        kind = response.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise SourceError(
                "the platform answers with something else",
                where=where,
                got=kind or "no content type",
                expected="application/json",
                todo="check the connection's address: a login page or a proxy may stand before the platform",
            )
    return page_of(content, where)


def page_of(content: bytes, where: str) -> Page:
    """One answer's body as a page. Raises SourceError where it breaks the contract, Unanswered where it is no JSON."""
    if sum(content.count(mark) for mark in b"[{,") > _MOST_VALUES:
        raise _too_large(where, f"more than {_MOST_VALUES} values")
    try:
        return _checked(json.loads(content), where)
    except (ValueError, RecursionError) as error:
        raise Unanswered(f"no valid JSON ({error})") from harmless(error)


def _checked(body: Any, where: str) -> Page:
    if not isinstance(body, dict):
        raise _broken_contract(where, "page", body)
    records, cursor, total, complete = (
        body.get(name) for name in ("records", "next_cursor", "total", "complete_until")
    )
    if not isinstance(records, list):
        raise _broken_contract(where, "records", records)
    if cursor is not None and not _is_cursor(cursor):
        raise _broken_contract(where, "next_cursor", cursor)
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise _broken_contract(where, "total", total)
    try:
        until = None if complete is None else datetime.fromisoformat(complete)
    except (ValueError, TypeError):
        raise _broken_contract(where, "complete_until", complete) from None
    if until is not None and until.tzinfo is None:
        raise _broken_contract(where, "complete_until", complete)
    return Page(records, cursor, total, until)


def _is_cursor(cursor: Any) -> bool:
    """Whether it is a text that can stand in an address."""
    if not isinstance(cursor, str) or not 0 < len(cursor) <= _LONGEST_CURSOR:
        return False
    return cursor.isprintable()  # no half characters, nothing that ends a line


def _broken_contract(where: str, name: str, got: object) -> SourceError:
    return SourceError(
        "the platform breaks its contract",
        where=where,
        got=f"{name}: {redact(json.dumps(got, ensure_ascii=False, default=str))[:80]}",
        expected="a page as docs/platform-api.yaml describes it",
        todo="ask the platform's operator",
    )


def _content(response: httpx.Response, where: str) -> bytes:
    try:
        return body(response, _LARGEST_PAGE)
    except TooLarge as error:
        raise _too_large(where, str(error)) from error
    except Unreadable as error:
        if response.status_code != 200:  # its words do not matter
            return b""
        raise Unanswered(f"a body that cannot be unpacked ({error})") from error


def _too_large(where: str, got: str) -> SourceError:
    return SourceError(
        "a page of the platform is too large",
        where=where,
        got=got,
        expected=f"at most {_LARGEST_PAGE} bytes and {_MOST_VALUES} values",
        todo="lower page_size in the connection's extra",
    )


def _message(content: bytes) -> str:
    """What an answer says in words, without a secret that it may repeat."""
    try:
        return redact(str(json.loads(content[:_LONGEST_WORDS])["error"]["message"]))[:200]
    except (ValueError, KeyError, TypeError, RecursionError):
        return redact(content[:_LONGEST_WORDS].decode("utf-8", "replace"))[:80]


def part_of(table: TableMapping, layout: Layout, records: list[Any], before: int, delivery: Delivery) -> Part:
    """Records as rows of text, with every column that the mapping may ask for, and no secret that the platform repeats."""
    told = [record if isinstance(record, dict) else {"": record} for record in records]
    objects = [{redact(cell_text(name)): value for name, value in record.items()} for record in told]
    named = {name for record in objects for name in record}
    if len(named) > _WIDEST:
        raise _broken_contract(PATHS[table.table], "fields of records", f"{len(named)} different names")
    header = sorted(named | wanted_columns(table, layout, named))
    truths = truth_columns(table, layout)
    told_rows = [
        [cell_text(record.get(name) if name in truths else no_truth(record.get(name))) for name in header]
        for record in objects
    ]
    rows = [[redact(text) for text in row] for row in told_rows]
    if rows != told_rows and _ECHO not in delivery.warnings:
        delivery.warnings.append(_ECHO)
    numbers = np.arange(before + 1, before + 1 + len(rows))
    return Part(table, Chunk(PATHS[table.table], numbers, text_frame(header, rows), word=say("条")))


def _client(source: SourceConfig, clock: Clock) -> httpx.Client:
    try:
        url = httpx.URL(source.location)
        # What a resolver would trip over: an empty or overlong part of the name.
        url.raw_host.decode("ascii").encode("idna")
        is_port = url.port is None or 0 < url.port < 65536
    except (httpx.InvalidURL, UnicodeError):
        is_port = False
    if not is_port:
        raise InputError(
            "the platform's address cannot be read",
            where=f"source {source.name}",
            got=source.location,
            expected="https://, a server's name, and a port from 1 to 65535 where it has one of its own",
            todo="correct the connection's host and port",
        )
    if url.scheme not in ("http", "https") or not url.host:
        raise InputError(
            "the platform's address cannot be used",
            where=f"source {source.name}",
            got=source.location,
            expected="https://…",
        )
    if url.scheme == "http" and source.token and not _is_this_machine(url.host):
        raise InputError(
            "the token would cross the network unencrypted",
            where=f"source {source.name}",
            got=str(url),
            expected="https://…",
        )
    if source.token and not (source.token.isascii() and source.token.isprintable()):
        raise InputError(
            "the token cannot stand in a header",
            where=f"source {source.name}",
            expected="printable ASCII characters",
            todo="correct the password of the connection",
        )
    headers = {"accept": "application/json"} | (
        {"authorization": f"Bearer {source.token}"} if source.token else {}
    )
    silence_seconds = source.number("timeout_seconds", 30)
    return client(url, headers, _trust(source), clock, silence_seconds)


def _trust(source: SourceConfig) -> ssl.SSLContext:
    """The system's authorities, or those of `ca_file`; a certificate that they did not sign is refused."""
    ca_file = source.options.get("ca_file")
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise InputError(
            "the certificates cannot be read", where=f"source {source.name}: ca_file", got=error
        ) from error


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
