"""Pulling over HTTP: pages that shift, servers that stumble, and what must never be kept."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import ssl
import threading
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine

from include import bounded_http
from include.errors import InputError, SourceError
from include.simulator.platform_server import Platform, Shelf, load_platform, platform_app, serving
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.kinds import patience
from tests.sources import faults
from tests.sources.exports import NOW, at, empty, facts, folder_source, stored, write
from tests.sources.faults import Answer, Fault, Faulty

MARCH = (at("2020-03-01"), at("2020-04-01"))
ALARMS = 7


@dataclass
class Rig:
    platform: Platform
    faulty: Faulty
    source: SourceConfig
    folder: Path

    def with_options(self, **options: Any) -> SourceConfig:
        return replace(self.source, options={**self.source.options, **options})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("exports")
    write(
        folder,
        "alarms",
        *(
            {
                "alarm_id": f"A{number}",
                "pushed_at": f"2020-03-1{number}T08:30+08:00",
                "started_at": "2020-03-10T06:00",
                "last_at": "2020-03-10T06:00",
            }
            for number in range(1, ALARMS + 1)
        ),
    )
    write(folder, "feedback", {}, {"alarm_id": "A2", "event_at": "2020-03-13T09:00"})
    write(folder, "problems", {"alarm_id": "A2", "rectified_at": "2020-03-14T00:00"})
    write(folder, "grids", {})
    write(folder, "contacts", {})
    platform = load_platform(folder, "secret")
    faulty = Faulty(platform_app(platform))
    options = {"page_size": 2, "attempts": 3, "first_wait_seconds": 0, "timeout_seconds": 60}
    with serving(faulty) as url:
        yield Rig(
            platform, faulty, SourceConfig("platform", "platform", url, "secret", options=options), folder
        )


@pytest.fixture
def rig(server: Rig) -> Iterator[Rig]:
    shelves = dict(server.platform.shelves)
    server.faulty.set([])
    yield server
    server.platform.shelves = shelves
    server.platform.complete_until = None


def test_a_pull_over_http_equals_a_pull_of_the_files(engine: Engine, rig: Rig) -> None:
    result = pull(engine, rig.source, *MARCH, now=NOW)
    # A problem that was found and rectified inside the window comes twice.
    assert (result.read, result.new, result.unchanged, result.quarantined) == (13, 12, 1, 0)
    assert rig.faulty.asked == (
        ["/v1/grids", "/v1/contacts"] + ["/v1/alarms"] * 4 + ["/v1/feedback-events", "/v1/problems"]
    )
    assert stored(engine, "pull", "parts_expected", "parts_received", "cities_received") == [(8, 8, 1)]
    over_http = facts(engine)
    empty(engine)
    pull(engine, replace(folder_source(rig.folder), name="platform"), *MARCH, now=NOW)
    assert facts(engine) == over_http


@pytest.mark.parametrize(
    "stumbles",
    [
        [faults.status(429, retry_after="0")],
        [faults.status(500), faults.status(503, retry_after="Thu, 01 Jan 2015 00:00:00 GMT")],
        [faults.truncated, faults.unharmed, faults.unharmed, faults.truncated],
        [faults.cut_off],
        [faults.content("application/json", b"")],
        [faults.content("application/json; charset=utf-8", b'{"records": [' + b"9" * 5000 + b"]}")],
    ],
    ids=["429", "500 and 503", "truncated", "cut off", "empty", "endless number"],
)
def test_a_stumble_is_asked_again(engine: Engine, rig: Rig, stumbles: list[Fault]) -> None:
    rig.faulty.set(stumbles)
    assert pull(engine, rig.source, *MARCH, now=NOW).new == 12


@pytest.mark.parametrize(
    ("always", "options", "message"),
    [
        ([faults.status(500)] * 3, {}, "the server gives no answer; got Unanswered: 500 later, 3 times"),
        ([faults.truncated] * 3, {}, r"the server gives no answer; got Unanswered: no valid JSON"),
        (
            [faults.silent] * 2,
            {"timeout_seconds": 0.05, "attempts": 2},
            "the server gives no answer; got ReadTimeout",
        ),
        (
            [faults.status(429, retry_after="3600")],
            {},
            "the server asks to wait too long; expected at most 60 s; got 429 later, Retry-After 3600 s",
        ),
        ([faults.status(401)], {}, "the platform refuses the token; got 401 later; renew the token"),
        ([faults.status(404)], {}, "the platform does not answer the question; expected 200; got 404 later"),
        (
            [faults.status(302, location="/login")],
            {},
            "the platform does not answer the question; expected 200; got 302",
        ),
        (
            [faults.content("text/html", b"<html>Login</html>")],
            {},
            "expected application/json; got text/html",
        ),
        ([faults.content("application/json", b"[]")], {}, "the platform breaks its contract"),
        ([faults.content("application/json", b'{"records": {}, "total": 0}')], {}, r"got records: \{\}"),
        ([faults.content("application/json", b'{"records": []}')], {}, "got total: null"),
        (
            [faults.content("application/json", b'{"records": [], "total": 1, "next_cursor": 7}')],
            {},
            "got next_cursor: 7",
        ),
        (
            [faults.content("application/json", b'{"records": [], "total": 0, "complete_until": "soon"}')],
            {},
            "got complete_until",
        ),
    ],
)
def test_a_fault_that_lasts_keeps_nothing_of_the_window(
    engine: Engine, rig: Rig, always: list[Fault], options: dict[str, Any], message: str
) -> None:
    rig.faulty.set([faults.unharmed] * 4 + always)  # two pages of alarms have come by then
    with pytest.raises(SourceError, match=message):
        pull(engine, rig.with_options(**options), *MARCH, now=NOW)
    assert all(rows == [] for rows in facts(engine).values())
    assert stored(engine, "pull", "pull_id") == []
    rig.faulty.set([])
    assert pull(engine, rig.source, *MARCH, now=NOW).new == 12


def on_page(number: int, change: Callable[[Platform], None], rig: Rig) -> Callable[[int], None]:
    """Changes the platform just before it answers the request of that number."""
    return lambda asked: change(rig.platform) if asked == number else None


def test_a_record_that_changes_between_pages_is_not_lost(engine: Engine, rig: Rig) -> None:
    def revise(platform: Platform) -> None:
        shelf = platform.shelves["alarms"]
        revised = shelf.records[5] | {"alarm_count": 99, "revised_at": "2020-04-02T00:00+08:00"}
        places = [*shelf.places[:5], *shelf.places[6:], ("2020-04-01T16:00:00.000000Z", "A6")]
        platform.shelves["alarms"] = Shelf(places, [*shelf.records[:5], *shelf.records[6:], revised])

    rig.faulty.set([], before=on_page(4, revise, rig))
    first = pull(engine, rig.source, *MARCH, now=NOW)
    assert (first.new, stored(engine, "alarm", "alarm_id")) == (
        11,
        [(f"A{number}",) for number in (1, 2, 3, 4, 5, 7)],
    )
    second = pull(engine, rig.source, MARCH[1], at("2020-05-01"), now=NOW)
    assert second.new == 1
    assert stored(engine, "alarm", "alarm_id", "alarm_count")[5] == ("A6", 99)


def test_a_record_that_turns_up_on_an_earlier_page_is_not_lost(engine: Engine, rig: Rig) -> None:
    def add(platform: Platform) -> None:
        shelf = platform.shelves["alarms"]
        late = shelf.records[0] | {"alarm_id": "late"}
        platform.shelves["alarms"] = Shelf(
            [("2020-03-11T00:00:00.000000Z", "late"), *shelf.places], [late, *shelf.records]
        )

    rig.faulty.set([], before=on_page(5, add, rig))
    result = pull(engine, rig.source, *MARCH, now=NOW)
    assert result.new == 13
    assert len(stored(engine, "alarm", "alarm_id")) == ALARMS + 1


def doubled(answer: Answer) -> Answer:
    page = answer.page
    return answer.with_page(records=page["records"] * 2)


def test_records_that_come_twice_are_stored_once(engine: Engine, rig: Rig) -> None:
    rig.faulty.set([doubled] * 8)
    result = pull(engine, rig.source, *MARCH, now=NOW)
    assert (result.new, result.unchanged) == (12, 14)


def lost(answer: Answer) -> Answer:
    return answer.with_page(records=[])


def test_a_page_that_is_missing_once_is_read_again(engine: Engine, rig: Rig) -> None:
    rig.faulty.set([faults.unharmed] * 3 + [lost])
    assert pull(engine, rig.source, *MARCH, now=NOW).new == 12
    assert rig.faulty.asked.count("/v1/alarms") == 8


def test_pages_that_stay_missing_keep_nothing(engine: Engine, rig: Rig) -> None:
    rig.faulty.set([faults.unharmed] * 2 + [lost] * 12)
    with pytest.raises(
        SourceError, match="the platform's pages do not add up; expected 7 records; got 0 records, 3 times"
    ):
        pull(engine, rig.source, *MARCH, now=NOW)
    assert all(rows == [] for rows in facts(engine).values())


def test_pages_in_a_circle_end(engine: Engine, rig: Rig) -> None:
    page = b'{"records": [], "next_cursor": "round", "total": 9}'
    rig.faulty.set([faults.content("application/json", page)] * 3)
    with pytest.raises(SourceError, match="round in a circle"):
        pull(engine, rig.source, *MARCH, now=NOW)


NO_VALUE = "应为文本、数值或时间，收到的是列表、对象或真假值"


def test_records_that_are_none_are_quarantined(engine: Engine, rig: Rig) -> None:
    odd: list[Any] = [7, {"alarm_id": {"a": ["\ud800"]}, "lon": None}, {"alarm_id": True, "\ud800": 1}, None]
    rig.faulty.set(
        [faults.unharmed] * 5 + [lambda answer: answer.with_page(records=answer.page["records"] + odd)]
    )
    result = pull(engine, rig.source, *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (12, 4)
    assert stored(engine, "quarantine", "origin", "field", "value", "reason") == [
        ("/v1/alarms 第10条", "alarm_id", "\ufffdtrue", NO_VALUE),
        ("/v1/alarms 第11条", "alarm_id", "", "必填，未填写"),
        ("/v1/alarms 第8条", "alarm_id", "", "必填，未填写"),
        ("/v1/alarms 第9条", "alarm_id", '\ufffd{"a": ["\ufffd"]}', NO_VALUE),
    ]


def test_the_window_reaches_as_far_as_the_platform_is_complete(engine: Engine, rig: Rig) -> None:
    rig.platform.complete_until = at("2020-03-20")
    assert pull(engine, rig.source, *MARCH, now=NOW).end_at == at("2020-03-20")
    assert stored(engine, "pull", "end_at", "asked_until_at") == [
        (datetime(2020, 3, 19, 16, tzinfo=UTC), datetime(2020, 3, 31, 16, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("ftp://platform.example", "the platform's address cannot be used"),
        ("platform.example", "the platform's address cannot be used"),
        ("http://platform.example", "the token would cross the network unencrypted"),
        ("https://platform.example:x", "the platform's address cannot be read"),
        ("https://platform.example:99999", "the platform's address cannot be read"),
        ("https://platform..example", "the platform's address cannot be read"),
        (f"https://{'x' * 64}.example", "the platform's address cannot be read"),
    ],
)
def test_an_address_that_must_not_be_used(engine: Engine, location: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pull(engine, SourceConfig("platform", "platform", location, "secret"), *MARCH, now=NOW)


def test_no_message_shows_the_token(engine: Engine, rig: Rig) -> None:
    source = replace(rig.source, token="wrong-secret-token")
    with pytest.raises(SourceError) as caught:
        pull(engine, source, *MARCH, now=NOW)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(source)


class OnePage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"records": [], "next_cursor": null, "total": 0}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A platform whose certificate no authority signed: its URL and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "platform.pem", tmp_path / "platform.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    server = ThreadingHTTPServer(("localhost", 0), OnePage)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://localhost:{server.server_port}", pem
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_self_signed_certificate_is_refused_unless_it_is_named(
    engine: Engine, self_signed: tuple[str, Path]
) -> None:
    url, pem = self_signed
    stranger = SourceConfig("platform", "platform", url, "secret")
    with pytest.raises(SourceError, match="the server's certificate is not trusted"):
        pull(engine, stranger, *MARCH, now=NOW)
    assert pull(engine, replace(stranger, options={"ca_file": str(pem)}), *MARCH, now=NOW).read == 0


def gzipped(*contents: bytes, encoding: str = "gzip") -> Fault:
    return lambda answer: Answer(
        200, {"content-type": "application/json", "content-encoding": encoding}, b"".join(contents)
    )


def test_a_packed_page_is_read(engine: Engine, rig: Rig) -> None:
    def packed(answer: Answer) -> Answer:
        headers = {**answer.headers, "content-encoding": "gzip"}
        headers.pop("content-length", None)
        return replace(answer, headers=headers, body=gzip.compress(answer.body))

    rig.faulty.set([packed] * 8)
    assert pull(engine, rig.source, *MARCH, now=NOW).new == 12


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            gzipped(gzip.compress(gzip.compress(b"{}")), encoding="gzip, gzip"),
            r"cannot be unpacked \(Content-Encoding gzip, gzip\)",
        ),
        (gzipped(b"{}", encoding="br"), r"cannot be unpacked \(Content-Encoding br\)"),
        (gzipped(gzip.compress(b"{}")[:-9]), "the packed body has no end"),
        (gzipped(gzip.compress(b"{}"), gzip.compress(b"{}")), "something after the end"),
        (gzipped(b"no gzip"), "cannot be unpacked"),
    ],
)
def test_a_body_that_cannot_be_unpacked(engine: Engine, rig: Rig, fault: Fault, message: str) -> None:
    rig.faulty.set([fault] * 3)
    with pytest.raises(SourceError, match=message):
        pull(engine, rig.source, *MARCH, now=NOW)


def test_a_body_that_unpacks_without_end_is_given_up_at_its_bound() -> None:
    packer, taken = zlib.compressobj(9, zlib.DEFLATED, 31), []

    def bomb() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield packer.compress(bytes(1 << 20))

    tracemalloc.start()
    with pytest.raises(bounded_http.TooLarge, match="more than 8388608 bytes"):
        bounded_http.unpacked(bomb(), 8 << 20)
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()
    assert len(taken) < 64


def test_a_bomb_is_a_page_that_is_too_large(engine: Engine, rig: Rig) -> None:
    rig.faulty.set([gzipped(gzip.compress(bytes((64 << 20) + 1)))])
    with pytest.raises(
        SourceError, match="a page of the platform is too large; expected at most 67108864 bytes"
    ):
        pull(engine, rig.source, *MARCH, now=NOW)
    assert len(rig.faulty.asked) == 1


def test_a_page_of_too_many_values_is_not_parsed(engine: Engine, rig: Rig) -> None:
    rig.faulty.set(
        [faults.content("application/json", b'{"records": [' + b"[]," * 3_000_000 + b'[]], "total": 1}')]
    )
    with pytest.raises(SourceError, match="more than 4000000 values"):
        pull(engine, rig.source, *MARCH, now=NOW)


def endless(records: list[Any], total: int) -> Fault:
    numbers = itertools.count()
    return lambda _: Answer(
        200,
        {"content-type": "application/json"},
        json.dumps({"records": records, "total": total, "next_cursor": f"c{next(numbers)}"}).encode(),
    )


@pytest.mark.parametrize(("records", "asked"), [([], 101), ([{"alarm_id": "x"}], 5)])
def test_pages_without_end_end(engine: Engine, rig: Rig, monkeypatch, records: list[Any], asked: int) -> None:
    monkeypatch.setattr("include.sources.kinds.platform._MANY", 2)
    rig.faulty.set([endless(records, 1)] * 1000)
    with pytest.raises(SourceError, match="the platform's pages have no end; expected 1 records"):
        pull(engine, rig.source, *MARCH, now=NOW)
    assert len(rig.faulty.asked) == asked


@pytest.mark.parametrize("cursor", ["\ud800", "a\udfffb", "a\r\nX: y", "a\0b", "x" * 5000, "", [], {}])
def test_a_cursor_that_cannot_stand_in_an_address(engine: Engine, rig: Rig, cursor: object) -> None:
    rig.faulty.set([lambda answer: answer.with_page(next_cursor=cursor)] * 3)
    with pytest.raises(SourceError, match="the platform breaks its contract"):
        pull(engine, rig.source, *MARCH, now=NOW)


@pytest.mark.parametrize(
    "value",
    [
        "2\u00b2",
        "\u0663",
        "-1",
        "1e9",
        "nan",
        "inf",
        "9" * 400,
        "",
        " ",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        "Thu, 99 Foo 2015",
        "0x10",
        "1_0",
    ],
)
def test_a_wait_that_cannot_be_understood_is_none(value: str) -> None:
    assert patience._seconds(value) is None


def test_a_wait_of_seconds_or_until_a_date() -> None:
    assert patience._seconds(" 7 ") == 7
    assert patience._seconds("Thu, 01 Jan 2015 00:00:00 GMT") == 0


TOKEN = "tok/en+u=7/Q"
ECHOES = [
    TOKEN,
    quote(TOKEN, safe=""),
    quote_plus(TOKEN),
    quote(TOKEN, safe="").lower(),
    json.dumps(TOKEN)[1:-1],
    base64.b64encode(TOKEN.encode()).decode(),
    base64.b64encode(f"user:{TOKEN}".encode()).decode(),
    base64.b64encode(f"Bearer {TOKEN} and more".encode()).decode(),
    TOKEN.encode().hex(),
]


def is_clean(text: str) -> bool:
    return not any(echo in text for echo in ECHOES[:6]) and TOKEN.encode().hex() not in text


@pytest.mark.parametrize("echo", ECHOES)
def test_a_token_that_the_platform_repeats_is_in_no_message_and_no_row(
    engine: Engine, rig: Rig, echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = replace(rig.source, token=TOKEN)
    error = json.dumps({"error": {"message": "x" * 70 + f"you sent {echo}"}}).encode()
    answers = [
        Answer(403, {"content-type": "application/json"}, error),
        Answer(404, {"content-type": "text/html"}, b"x" * 70 + echo.encode()),
        Answer(200, {"content-type": "application/json"}, json.dumps({"records": echo, "total": 0}).encode()),
        Answer(
            200,
            {"content-type": "application/json"},
            json.dumps({"records": [], "total": 1, "next_cursor": [echo]}).encode(),
        ),
    ]
    for answer in answers:
        rig.faulty.set([lambda _, answer=answer: answer] * 3)
        with pytest.raises(SourceError) as caught:
            pull(engine, source, *MARCH, now=NOW)
        shown = "".join(traceback.format_exception(caught.value))
        assert is_clean(shown), shown
        assert is_clean(caught.value.got)
    good = {"alarm_id": echo, "note": f"a {echo} b"}
    rig.platform.token, was = TOKEN, rig.platform.token
    rig.faulty.set([lambda answer: answer.with_page(records=[good, {echo: 1}], total=2, next_cursor=None)])
    result = pull(engine, source, *MARCH, now=NOW)
    rig.platform.token = was
    assert any("请通知平台方" in warning for warning in result.warnings), result.warnings
    assert result.quarantined == 2
    rows = stored(engine, "quarantine", "origin", "value", "reason", "row_json", "fields_json")
    assert is_clean(json.dumps(rows, ensure_ascii=False))


class Dripping(BaseHTTPRequestHandler):
    sent = 0
    in_header = False

    def do_GET(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        if not self.in_header:
            self.wfile.write(b"content-length: 999999999\r\n\r\n")
        with suppress(OSError):
            while True:
                self.wfile.write(b" " if not self.in_header else b"x")
                type(self).sent += 1

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.mark.parametrize("in_header", [False, True])
def test_an_answer_in_drips_is_given_up(engine: Engine, monkeypatch, in_header: bool) -> None:
    """Each look at the clock is a second later: so many looks and no more."""
    looks = itertools.count()
    monkeypatch.setattr(bounded_http, "monotonic", lambda: float(next(looks)))
    Dripping.in_header = in_header
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    options = {"answer_seconds": 50, "pull_seconds": 120, "attempts": 9, "first_wait_seconds": 0}
    try:
        source = SourceConfig("p", "platform", f"http://127.0.0.1:{server.server_port}", options=options)
        with pytest.raises(SourceError, match="the pull takes too long; expected at most 120 s for all"):
            pull(engine, source, *MARCH, now=NOW)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert next(looks) < 200


def test_a_redirect_is_not_followed(engine: Engine, rig: Rig) -> None:
    rig.faulty.set([faults.status(307, location="http://elsewhere.example/v1/grids")])
    with pytest.raises(SourceError, match="got 307"):
        pull(engine, rig.source, *MARCH, now=NOW)
    assert len(rig.faulty.asked) == 1


@pytest.mark.parametrize(
    "option",
    ["pull_seconds", "answer_seconds", "timeout_seconds", "page_size", "attempts", "longest_wait_seconds"],
)
@pytest.mark.parametrize("value", ["²", "soon", -1, "nan", "1e400", None, [], True, "１２"])
def test_an_option_that_is_no_number_is_said(engine: Engine, rig: Rig, option: str, value: object) -> None:
    with pytest.raises(InputError, match=f"source platform: {option}: an option is no number"):
        pull(engine, rig.with_options(**{option: value}), *MARCH, now=NOW)
