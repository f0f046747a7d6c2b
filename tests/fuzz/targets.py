"""The parsers of what comes from outside: each takes made-up input, and may say no, but only in our words.

A target is a strategy and a function that fails where something else than an error of ours comes out, where a row is neither
kept nor set apart, or where a text comes out that a database or a log cannot have.
"""

import io
import json
import socket
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from include import bounded_http
from include.answer_form import layout as form
from include.answer_form import reading as answer_forms
from include.answer_form.code import answer_code
from include.errors import InputError, SourceError
from include.office.contacts import read_csv as read_contacts
from include.post import local_server
from include.post.mailer import MailSession
from include.post.server import MailServer
from include.replies.limits import LIMITS
from include.replies.verdict import KINDS, reason_words
from include.simulator.mail_answers import answer_mail, bounce_mail, text_mail
from include.sources.air.files import read_air_file
from include.sources.air.reading import Names
from include.sources.air.stage import Stage
from include.sources.delivery import Chunk, Delivery, Part
from include.sources.kinds.patience import Unanswered, _seconds
from include.sources.kinds.platform import page_of, part_of
from include.sources.layout import LAYOUTS
from include.sources.mapping.language import TableMapping
from include.sources.places import Places
from include.sources.reading import mail_child, workbook_child
from include.sources.reading.tables import read_table
from include.sources.reading.workbooks import SheetRow
from include.sources.spool import Spool
from include.sources.staging import stage
from tests.fuzz.mutations import WORDS, mutated
from tests.mailroom.tnef import winmail
from tests.sources.exports import ALARM, EXAMPLES

PLACES = Places({"140300": "140300"}, frozenset({"140300"}), {})
NOW = datetime(2020, 3, 13, tzinfo=UTC)
WINDOW = (datetime(2020, 3, 1, tzinfo=UTC), datetime(2020, 4, 1, tzinfo=UTC))
HEADER = ",".join(ALARM)
CSV = (
    HEADER + "\n" + "\n".join(",".join((ALARM | {"alarm_id": f"A{n}"}).values()) for n in range(3)) + "\n"
).encode()
AIR = (
    "date,hour,城市,PM2.5,PM10\n" + "".join(f"20200301,{hour},北京,{hour + 1},30\n" for hour in range(6))
).encode()
PAGE = json.dumps(
    {
        "records": [ALARM, {**ALARM, "alarm_id": "A2", "lon": 113.6}],
        "next_cursor": "c1",
        "total": 2,
        "complete_until": "2020-03-20T00:00:00Z",
    }
).encode()
CONTACTS = (",".join(EXAMPLES["contacts"]) + "\n" + ",".join(EXAMPLES["contacts"].values()) + "\n").encode()
MAIL = (
    b"Message-ID: <a@b.example>\r\nFrom: =?utf-8?b?5p2O?= <a@b.example>\r\nSubject: =?gb18030?b?sam+rw==?=\r\n"
    b"Date: Thu, 12 Mar 2020 08:30:00 +0800\r\nX-Received-For: a@b.example, c@d.example\r\n\r\nbody\r\n"
)
REPLIES = b"220 here\r\n250-here\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n"


def csv(content: bytes) -> None:
    """Rows of a CSV file, staged as alarms: each is kept or set apart."""
    _stage_file(content, "alarms.csv")


def _stage_file(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(InputError):
            for chunk in read_table(path):
                _stage(TableMapping("alarms"), chunk)


def _stage(mapping: TableMapping, chunk: Chunk) -> None:
    spool = Spool()
    try:
        stage(spool, Part(mapping, chunk), PLACES, None)
        staged = [rows for shelf in (mapping.table, "rejects") for rows, _ in spool.take(shelf)]
    except InputError:
        return
    finally:
        spool.close()
    assert sum(map(len, staged)) == len(chunk.rows) + len(chunk.broken)
    for rows in staged:
        rows.to_csv().encode("utf-8")


@cache
def _workbook() -> dict[str, bytes]:
    book = openpyxl.Workbook()
    book.active.append(list(ALARM))
    for number in range(3):
        book.active.append([*(ALARM | {"alarm_id": f"A{number}", "alarm_count": number + 1}).values()])
    book.active.append([datetime(2020, 3, 12), "=1+1", 1.5, True])  # noqa: DTZ001
    saved = io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as package:
        return {name: package.read(name) for name in package.namelist()}


@st.composite
def workbooks(draw: st.DrawFn) -> bytes:
    """A workbook one part of which is spoilt, or whose bytes are."""
    parts = dict(_workbook())
    name = draw(st.sampled_from(sorted(parts)))
    parts[name] = draw(mutated(parts[name]))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for each, content in parts.items():
            package.writestr(each, content)
    return draw(mutated(packed.getvalue())) if draw(st.integers(0, 3)) == 0 else packed.getvalue()


@cache
def _parquet() -> bytes:
    rows = [ALARM | {"alarm_id": f"A{number}"} for number in range(3)]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in ALARM}
    columns |= {
        "lon": [113.62, None, 113.6],
        "alarm_count": [3, 1, 2],
        "last_at": [NOW] * 3,
        "more": [[1], [], None],
    }
    saved = io.BytesIO()
    pq.write_table(pa.table(columns), saved)
    return saved.getvalue()


def parquet(content: bytes) -> None:
    """Rows of a Parquet file, staged as alarms, by the process that reads such files."""
    _stage_file(content, "alarms.parquet")


def xlsx(content: bytes) -> None:
    """A workbook, as the child reads it: it always has a last word, and no more rows than there may be."""
    told: list[dict[str, Any]] = []
    workbook_child.guarded(io.BytesIO(content), {}, told.append)
    assert "done" in told[-1] or "error" in told[-1]
    json.dumps(told).encode("ascii")
    rows = [row for message in told for row in message.get("rows", ())]
    assert all(len(texts) <= workbook_child.MOST_COLUMNS for _, texts, _, _ in rows)


def json_page(content: bytes) -> None:
    """A page of a platform and its records, staged."""
    try:
        page = page_of(content, "/v1/alarms")
        part = part_of(
            TableMapping("alarms"), LAYOUTS["alarms"], page.records, 0, Delivery(iter(()), is_cut=True)
        )
    except (SourceError, Unanswered):
        return
    _stage(part.mapping, part.chunk)


def packed_body(blocks: list[bytes]) -> None:
    """A packed body never unpacks to more than it may."""
    with suppress(bounded_http.TooLarge, bounded_http.Unreadable):
        assert len(bounded_http.unpacked(blocks, 1000)) <= 1000


def retry_after(text: str) -> None:
    """A wait is none or a number of seconds that is not negative."""
    seconds = _seconds(text)
    assert seconds is None or seconds >= 0


LETTER = answer_forms.Letter("notice_140300", "140300", False, frozenset({"A1", "A2"}))


@st.composite
def answers(draw: st.DrawFn) -> list[SheetRow]:
    """Rows of the answer form, filled in well, by half, or oddly."""
    odd = st.sampled_from([word.decode("utf-8", "replace") for word in WORDS]) | st.text(max_size=20)
    rows = []
    for number in range(draw(st.integers(0, 4))):
        alarm = draw(st.sampled_from(["A1", "A2", "A9"]))
        good = {
            "code": answer_code(LETTER.key, alarm),
            "alarm_id": alarm,
            "result": draw(st.sampled_from(list(form.RESULTS))),
            "category": "扬尘",
            "description": "路面",
            "rectification": draw(st.sampled_from(list(form.RECTIFICATIONS))),
            "rectify_by_date": "2020-03-15",
            "rectified_date": "2020-03-13",
            "unit": "局",
            "inspector": "李",
            "answered_at": "2020-03-13 08:30",
        }
        spoilt = draw(st.dictionaries(st.sampled_from(sorted(good)), odd, max_size=4))
        values = {**good, **spoilt}
        texts = [values.get(column.key, "") for column in form.COLUMNS]
        formulas = draw(st.lists(st.integers(0, len(texts) - 1), max_size=1))
        rows.append(SheetRow(form.FIRST_ROW + number, texts, formulas, []))
    return rows


def answer_form(rows: Sequence[SheetRow]) -> None:
    """Rows of an answer form, staged: each is an answer, or set apart, or was left empty."""
    places = {column.key: place for place, column in enumerate(form.COLUMNS)}
    found = answer_forms._answers(list(rows), places, LETTER, NOW)
    assert len(found.broken) + len(found.problems) <= len(rows)
    for part in answer_forms._parts("form.xlsx", found):
        _stage(part.mapping, part.chunk)


def air(content: bytes) -> None:
    """An air-quality file: values of days that are read, within their bounds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "air.csv"
        path.write_bytes(content)
        stage_of_air = Stage(Path(folder))
        with suppress(InputError):
            file = read_air_file(
                path, 0, stage_of_air, Names({"北京": "110000"}), None, latest=None, known={}
            )
            assert all(2000 <= day.year <= 2099 for day in stage_of_air.days_of(0))
            str(file.faults).encode("utf-8")
        for _, rows in stage_of_air.take():
            known = rows["value"].dropna()
            assert ((known > 0) & (known < 10_000)).all()


def contacts(content: bytes) -> None:
    """A file of contacts, as the desk takes it."""
    with suppress(InputError):
        for row in read_contacts(content):
            json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")


def mail(content: bytes) -> None:
    """A mail in the local mailbox, and the name it is offered under."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "new").mkdir()
        (Path(folder) / "new" / "1").write_bytes(content)
        for path, head in local_server._heads(Path(folder)):
            read = local_server._read(path, head)
            assert read.sent_at is None or read.sent_at.tzinfo is not None
        local_server._offer(Path(folder), content)


def smtp_replies(replies: bytes) -> None:
    """A mail server's words: the outcome is never more than they say, and nothing is raised."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        thread = threading.Thread(target=_talk, args=(listening, replies), daemon=True)
        thread.start()
        host, port = listening.getsockname()
        server = MailServer(
            host=host,
            port=port,
            sender_address="a@b.example",
            sender_name="a",
            security="none",
            timeout_seconds=0.2,
        )
        with MailSession(server) as session:
            done = session.transmit(["c@d.example"], b"Subject: x\r\n\r\nbody\r\n", is_simulated=True)
            session.close()
        thread.join()
    outcome = done.outcomes["c@d.example"]
    assert outcome.result in ("accepted", "refused", "retry", "unknown")
    assert len(outcome.text) <= 1000
    assert outcome.text.isprintable()
    if outcome.result == "accepted":
        assert (outcome.code, b"354" in replies) == (250, True)


def _talk(listening: socket.socket, replies: bytes) -> None:
    """Says one reply (up to a line that announces no other) whenever it is spoken to, then ends its side."""
    lines = replies.splitlines(keepends=True)
    with suppress(OSError):
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(0.5)
            while lines:
                line = lines.pop(0)
                connection.sendall(line)
                if line[3:4] != b"-" and not connection.recv(1 << 16):
                    break
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):
                pass


def replies(content: bytes) -> None:
    """A mail that comes back: it has a verdict whose reasons a person can read, and texts that a store, a page and a log can have."""
    request = {
        "internal_at": None,
        "now": NOW.isoformat(),
        "received_host": "mx.example",
        "authserv_id": "mx.example",
    }
    told = mail_child.answer(content, request)
    assert told["verdict"]["kind"] in KINDS
    faults = (*told["verdict"]["reasons"], *told["verdict"]["faults"])
    assert [name for name in faults if reason_words(name) == name] == []
    assert len(told["files"]) <= LIMITS.parts + LIMITS.members
    assert len(told["text"]) <= LIMITS.text
    for text in _texts(told):
        assert "\0" not in text
        text.encode("utf-8")
    for name in (told["message_id"], told["sender"], told["subject"]):
        assert "\n" not in name


def _texts(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for key, value in told.items():
            yield from (*_texts(key), *_texts(value))
    elif isinstance(told, list | tuple):
        for value in told:
            yield from _texts(value)


@cache
def _replies() -> tuple[bytes, ...]:
    """One mail of each kind, as their programs write them."""
    key = "notice_140300_day_2020-03-12_2020-03-13_1"
    ours = f"Message-ID: <{key}.1@s.example>\r\nFrom: dudu@s.example\r\nSubject: =?utf-8?b?5Ye9?=\r\n\r\n".encode()
    rows = {
        form.FORM_SHEET: [[]] * 3 + [[one.header for one in form.COLUMNS]],
        form.GUIDE_SHEET: [[]] * 2 + [["", key]],
    }
    book = openpyxl.Workbook()
    for name, several in rows.items():
        sheet = book.create_sheet(name)
        for row in several:
            sheet.append(row)
    saved = io.BytesIO()
    book.save(saved)
    filled = saved.getvalue()
    package = winmail({"反馈表.xlsx": filled}, html="<p>见附件</p>")
    return (
        answer_mail(ours, "a@yq.example", filled, NOW),
        answer_mail(ours, "a@yq.example", package, NOW),
        bounce_mail(ours, "a@yq.example", NOW, "550 5.1.1 用户不存在"),
        text_mail(ours, "a@yq.example", NOW, "来函收悉").replace(
            b"From: ", b"X-QQ-AUTO-REPLY: true\r\nFrom: ", 1
        ),
        b"Content-Type: message/rfc822\r\n\r\n" + text_mail(ours, "a@yq.example", NOW, "<b>收悉</b>"),
        package,
    )


Target = tuple[st.SearchStrategy[Any], Callable[[Any], None]]
TARGETS: dict[str, Target] = {
    "csv": (mutated(CSV), csv),
    "xlsx": (workbooks(), xlsx),
    "parquet": (mutated(_parquet()), parquet),
    "json_page": (mutated(PAGE), json_page),
    "packed_body": (st.lists(st.binary(max_size=64) | st.just(b"\x1f\x8b\x08\x00"), max_size=6), packed_body),
    "retry_after": (
        st.text(max_size=40) | st.sampled_from(["²", "Thu, 01 Jan 2015 00:00:00 GMT"]),
        retry_after,
    ),
    "answer_form": (answers(), answer_form),
    "air": (mutated(AIR), air),
    "contacts": (mutated(CONTACTS), contacts),
    "mail": (mutated(MAIL), mail),
    "replies": (st.sampled_from(_replies()).flatmap(mutated), replies),
    "smtp_replies": (mutated(REPLIES), smtp_replies),
}
