"""The page attacked: links guessed, replayed, ended; other letters; bombs; scripts in texts and EXIF; tricks with paths; too many requests."""

import io
import re
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image

from include.errors import InputError
from include.field import photos, spooling
from include.field.bundles import DeviceTold
from include.field.codes import code_hash
from include.field.links import link_word, word_hash
from include.field.reports import Answer
from include.field.sealing import seal, write_whole
from include.field.settings import field_settings
from include.rules import FIELD
from tests.field.pages import (
    CLEAR,
    FOUND,
    LETTER_KEY,
    LINK_KEY,
    NOW,
    UNIT,
    WORD,
    Place,
    alarm,
    bundle,
    photo,
    place,
    upload,
)

ROOT = Path(__file__).resolve().parents[2]
NAME = WORD.partition(".")[0]


@pytest.fixture
def page(tmp_path: Path) -> Place:
    return place(tmp_path)


OTHER_WORD = link_word(LINK_KEY, LETTER_KEY, "140100", date(2020, 3, 27))
NO_LINKS = (
    "",
    "x",
    NAME,
    f"{NAME}.",
    f"{NAME}.{'a' * 26}",
    f"{NAME}.{WORD.partition('.')[2][:-1]}a"
    if not WORD.endswith("a")
    else f"{NAME}.{WORD.partition('.')[2][:-1]}b",
    WORD.upper(),
    f"{WORD}%00",
    f"{WORD}%0a",
    f" {WORD}",
    OTHER_WORD,
    f"{NAME}.{OTHER_WORD.partition('.')[2]}",
    link_word(b"z" * 32, LETTER_KEY, UNIT, date(2020, 3, 27)),
    link_word(LINK_KEY, LETTER_KEY, UNIT, date(2020, 3, 28)),
    "..%2f..%2fkey",
    "../key",
    "%2e%2e/key",
    f"..%2fbundles%2f{NAME}.json",
    f"{NAME}.json",
    "a" * 5000,
)


@pytest.mark.parametrize("word", NO_LINKS)
def test_a_word_that_is_no_link_opens_nothing_and_is_told_nothing(page: Place, word: str) -> None:
    answers = [page.visitor().get(f"/f/{word}{more}") for more in ("", "/1", "/device", f"/r/{'0' * 32}")]
    answers.append(page.visitor("198.51.100.1").post(f"/f/{word}/1", CLEAR))
    assert {one.status_code for one in answers} <= {404, 405}
    assert len({re.sub(r'(?:href|src|data-base)="[^"]*"', "", one.text) for one in answers}) == 1
    assert "阳泉" not in answers[0].text
    assert page.reports() == []


@pytest.mark.parametrize(
    "path",
    ["/", "/f", "/f/", "/bundles", "/spool/", "/key", "/openapi.json", "/docs", "/field.py", "/f/x/y/z"],
)
def test_there_is_no_list_of_anything(page: Place, path: str) -> None:
    assert page.visitor().get(path).status_code == 404


def test_guessing_is_slowed_down_by_address_and_an_ipv6_subscriber_is_one(page: Place) -> None:
    guesser = page.visitor("2001:db8:1:2::1")
    said = [guesser.get(f"/f/{NAME}.{number:a>26}").status_code for number in "abcdefghijklmnop"]
    assert said == [404] * FIELD.wrong_a_minute + [429] * (16 - FIELD.wrong_a_minute)
    assert page.visitor("2001:db8:1:2:ffff::9").get(f"/f/{WORD}").status_code == 429
    assert page.visitor("2001:db8:1:3::1").get(f"/f/{WORD}").status_code == 200


def test_an_ended_or_removed_link_is_as_unknown_as_any(page: Place) -> None:
    page.now = bundle().expires_at
    assert page.visitor().get(f"/f/{WORD}").status_code == 404
    page.now = NOW
    assert page.visitor().get(f"/f/{WORD}").status_code == 200
    page.folder.bundle(NAME).unlink()
    assert page.visitor().send(CLEAR).status_code == 404


@pytest.mark.parametrize("change", ["byte", "key", "purpose", "swapped", "cut", "link", "empty", "huge"])
def test_a_bundle_that_was_tampered_with_opens_nothing(page: Place, change: str, tmp_path: Path) -> None:
    path = page.folder.bundle(NAME)
    data = path.read_bytes()
    told = bundle().model_dump(mode="json")
    changed = {
        "byte": data.replace("点位1".encode(), "点位9".encode()),
        "key": seal(b"x" * 32, "bundle", told),
        "purpose": seal(page.key, "unit", told),
        "swapped": data.replace(word_hash(WORD).encode(), word_hash("another").encode()),
        "cut": data[:-10],
        "empty": b"",
        "huge": b"[" * (5 * 1024 * 1024),
        "link": data,
    }[change]
    path.unlink()
    if change == "link":  # to a file of the same content outside
        (tmp_path / "elsewhere.json").write_bytes(changed)
        path.symlink_to(tmp_path / "elsewhere.json")
    else:
        path.write_bytes(changed)
    assert page.visitor().get(f"/f/{WORD}").status_code == 404


def test_a_form_that_is_sent_again_is_one_report_and_a_changed_one_another(page: Place) -> None:
    phone = page.visitor()
    first = phone.send(CLEAR)
    page.now += timedelta(minutes=3)
    page.open()  # the page was started anew meanwhile
    phone._site = page.site
    assert phone.send(CLEAR).headers["location"] == first.headers["location"]
    page.folder.receipt(
        first.headers["location"].removeprefix("r/")
    ).unlink()  # it crashed before the receipt
    assert phone.send(CLEAR).headers["location"] == first.headers["location"]
    assert [(one.received_at, one.alarm_id) for one in page.reports()] == [(NOW, "A1")]
    assert phone.send(CLEAR | {"note": "补充"}).headers["location"] != first.headers["location"]
    assert page.visitor().send(CLEAR).headers["location"] != first.headers["location"]  # another device
    assert len(page.reports()) == 3


@pytest.mark.parametrize("number", ["0", "3", "99999999999999999999", "-1", "1.0", "a"])
def test_only_the_alarms_of_the_letter_can_be_answered(page: Place, number: str) -> None:
    assert page.visitor().post(f"/f/{WORD}/{number}", CLEAR | {"alarm_id": "B7"}).status_code == 404
    assert page.reports() == []


def test_an_alarm_that_the_form_names_itself_is_not_looked_at(page: Place) -> None:
    page.visitor().send(
        CLEAR | {"alarm_id": "B7", "letter_key": "other", "unit_code": "999999", "received_at": "2020-01-01"}
    )
    [report] = page.reports()
    assert (report.alarm_id, report.letter_key, report.unit_code, report.received_at) == (
        "A1",
        LETTER_KEY,
        UNIT,
        NOW,
    )


EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'\u202e"


def test_what_was_typed_is_text_wherever_it_is_shown(page: Place) -> None:
    page.put(bundle(unit_name=EVIL, alarms=(alarm(point_name=EVIL, county=EVIL, grid_id=EVIL),)))
    phone = page.visitor()
    refused = phone.send(
        {"step": "found", "inspector": EVIL, "description": EVIL, "note": EVIL, "unit": EVIL}
    )
    taken = phone.send(CLEAR | {"inspector": EVIL[:60], "note": EVIL})
    shown = [refused.text, phone.get(f"/f/{WORD}").text, phone.get(f"/f/{WORD}/1").text]
    shown.append(phone.get(f"/f/{WORD}/{taken.headers['location']}").text)
    for text in shown:
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "49" not in re.sub(r"[0-9a-z.]{16,}", "", text)
        assert "&lt;script&gt;alert(1)" in text
    [report] = page.reports()
    assert isinstance(report, Answer)
    assert "\u202e" not in report.note


def test_every_answer_forbids_what_is_not_its_own(page: Place) -> None:
    for path in (f"/f/{WORD}", f"/f/{WORD}/1", f"/f/{WORD}/device", "/nothing", "/field.js", "/health"):
        headers = page.visitor().get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert ("no-store" in headers["cache-control"]) == (path != "/field.js")
        assert "noindex" in headers["x-robots-tag"]


def test_nothing_inline_and_nothing_from_elsewhere(page: Place) -> None:
    for path in (f"/f/{WORD}", f"/f/{WORD}/1", f"/f/{WORD}/device"):
        text = page.visitor().get(path).text
        assert not re.search(r"<script(?![^>]*src=)|\bstyle=|\son\w+=|javascript:|https?://", text)


def test_another_site_sends_nothing_in_a_visitors_name(page: Place) -> None:
    for told in ("cross-site", "same-site"):
        assert page.visitor().send(CLEAR, headers={"sec-fetch-site": told}).status_code == 403
    cookie = page.visitor().get(f"/f/{WORD}").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert page.reports() == []


def pixel_bomb() -> bytes:
    """A PNG of a few bytes that says it is 50,000 by 50,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG with a text that unpacks to 200 MB."""
    info = Image.new("RGB", (10, 10))
    stream = io.BytesIO()
    info.save(stream, "PNG")
    data = stream.getvalue()
    text = b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    return data[:33] + chunk + data[33:]


NO_PHOTOS = {
    "pixels": pixel_bomb(),
    "text": text_bomb(),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<html><script>alert(1)</script></html>",
    "cut": photo()[:200],
    "gif": photo(form="GIF"),
    "tiff": photo(form="TIFF"),
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(evil) run",
    "noise": bytes(range(256)) * 20,
    "empty": b"",
}


@pytest.mark.parametrize("kind", NO_PHOTOS)
def test_what_is_no_photo_is_refused_with_words_and_keeps_nothing(page: Place, kind: str) -> None:
    answer = page.visitor().send(CLEAR, uploads=[upload(NO_PHOTOS[kind])])
    assert answer.status_code == 422
    assert re.search("不是能读的照片|照片过大", answer.text)
    assert list(page.folder.spool.iterdir()) == []


def test_a_photo_keeps_its_pixels_and_nothing_else(page: Place) -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>alert('exif')</script>"
    exif[0x010F] = "PhoneMaker"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[2] = (37.0, 54.0, 30.0)
    phone = photo((640, 480), exif=exif, comment=b"secret place")
    page.visitor().send(
        CLEAR, uploads=[upload(phone, name="../../evil.php"), upload(photo((5000, 200)), name="b.jpg")]
    )
    [report] = page.reports()
    assert isinstance(report, Answer)
    assert [(one.width, one.height) for one in report.photos] == [(480, 640), (1600, 64)]
    names = {path.name for path in page.folder.spool.iterdir()}
    assert names == {f"{report.report_id}.json", f"{report.report_id}.1.jpg", f"{report.report_id}.2.jpg"}
    kept = page.folder.photo(report.report_id, 1).read_bytes()
    for word in (b"Exif", b"script", b"PhoneMaker", b"secret", b"evil"):
        assert word not in kept
    assert dict(Image.open(io.BytesIO(kept)).getexif()) == {}


def test_too_many_and_too_large_are_refused(page: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    five = [upload(photo(colour=colour)) for colour in ("red", "blue", "green", "white", "black")]
    assert page.visitor().send(CLEAR, uploads=five).status_code == 422
    assert page.visitor().send(CLEAR, uploads=[*five, upload(photo())]).status_code in (403, 422)
    assert page.visitor().send({**CLEAR, **{f"x{n}": "1" for n in range(500)}}).status_code == 403
    assert page.visitor().send(CLEAR | {"note": "长" * 20_000}).status_code == 403
    assert page.visitor().send(CLEAR | {"note": "长" * 501}).status_code == 422
    monkeypatch.setattr("include.field.requests.FIELD", replace(FIELD, largest_request_bytes=50_000))
    assert page.visitor().send(CLEAR, uploads=[upload(b"x" * 60_000)]).status_code == 413
    assert page.reports() == []


def test_a_request_that_lies_about_its_length_is_cut_off(
    page: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.field.requests.FIELD", replace(FIELD, largest_request_bytes=50_000))

    async def body():
        yield b'--x\r\nContent-Disposition: form-data; name="photos"; filename="a"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 10_000

    answer = page.visitor().ask(
        "POST", f"/f/{WORD}/1", content=body(), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_body_that_is_no_form_is_refused(page: Place, kind: str) -> None:
    answer = page.visitor().ask(
        "POST", f"/f/{WORD}/1", content=b'{"step":"clear"}', headers={"content-type": kind}
    )
    assert answer.status_code in (403, 422)
    assert page.reports() == []


def test_reports_and_codes_are_limited(page: Place) -> None:
    phone = page.visitor()
    said = [
        phone.send(CLEAR | {"nonce": str(number)}).status_code for number in range(FIELD.reports_a_minute + 2)
    ]
    assert said == [303] * FIELD.reports_a_minute + [429, 429]
    other = page.visitor("198.51.100.7")
    asked = [
        other.post(f"/f/{WORD}/device", {"contact": "c0"}).status_code
        for _ in range(FIELD.codes_of_device + 1)
    ]
    assert asked == [303] * FIELD.codes_of_device + [429]


def test_a_code_is_not_guessed(page: Place) -> None:
    phone = page.visitor()
    phone.send(CLEAR)
    [report] = page.reports()
    told = DeviceTold(
        device_id=report.device_id,
        unit_code=UNIT,
        state="asked",
        label="张三（z***@yq.example）",
        asked_at=NOW,
        expires_at=NOW + FIELD.code_life,
        code_salt="s",
        code_hash=code_hash("ABCD2345", "s"),
    )
    write_whole(
        page.folder.device(report.device_id, UNIT), seal(page.key, "device", told.model_dump(mode="json"))
    )
    wrong = [phone.post(f"/f/{WORD}/device", {"code": f"ABCD234{char}"}).status_code for char in "2346"]
    assert wrong == [422] * 4
    stranger = page.visitor("198.51.100.9")
    assert (
        stranger.post(f"/f/{WORD}/device", {"code": "ABCD2345"}).status_code == 422
    )  # the code of another device
    for odd in ("ABCD234", "ABCD23456", "ABCD-234O", "验证码", ""):  # no code at all: no try is lost by it
        assert "未计次数" in phone.post(f"/f/{WORD}/device", {"code": odd}).text
    assert phone.post(f"/f/{WORD}/device", {"code": "ａｂｃｄ　２３４５"}).status_code == 303
    assert phone.post(f"/f/{WORD}/device", {"code": "ABCD2345"}).status_code == 429
    assert phone.post(f"/f/{WORD}/device", {"contact": "dudu@evil.example"}).status_code == 422


def test_a_full_spool_takes_nothing_and_says_so(page: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "FIELD", replace(FIELD, most_waiting_files=0))
    page.visitor().send(CLEAR)
    page.open()
    answer = page.visitor().send(CLEAR | {"nonce": "again"})
    assert answer.status_code == 503
    assert "已填写的内容仍保存在本机" in answer.text


def test_a_decoder_that_hangs_is_ended(page: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "FIELD", replace(FIELD, photo_seconds=0.001))
    answer = page.visitor().send(CLEAR, uploads=[upload(photo())])
    assert answer.status_code == 422
    assert "照片处理超时" in answer.text


def test_a_receipt_is_shown_under_its_own_link_only(page: Place) -> None:
    sent = page.visitor().send(FOUND).headers["location"]
    other = link_word(LINK_KEY, "notice_140300_day_2020-03-13_2020-03-14_1", UNIT, date(2020, 3, 28))
    page.put(bundle(other, letter_key="notice_140300_day_2020-03-13_2020-03-14_1"))
    assert page.visitor().get(f"/f/{WORD}/{sent}").status_code == 200
    assert page.visitor().get(f"/f/{other}/{sent}").status_code == 404
    assert page.visitor().get(f"/f/{WORD}/r/{'0' * 32}").status_code == 404
    assert page.visitor().get(f"/f/{WORD}/r/..%2f..%2fkey").status_code == 404


def test_the_process_of_the_page_holds_nothing_of_the_office() -> None:
    code = (
        "import sys, include.field.__main__\n"
        "held = {'sqlalchemy', 'duckdb', 'pandas', 'airflow', 'alembic', 'smtplib', 'include.store', 'include.house', 'include.connections'}\n"
        "sys.exit(' '.join(sorted(held & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("options", [["--host", "0.0.0.0"], ["--host", "192.0.2.1", "--port", "9"]])
def test_others_reach_the_page_over_tls_only(page: Place, options: list[str]) -> None:
    command = [sys.executable, "-m", "include.field", "--folder", str(page.folder.root), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "not served without TLS" in done.stderr


@pytest.mark.parametrize(
    "told",
    [
        {"url": "http://pad.example"},
        {"url": "ftp://x"},
        {"url": "https://pad.example/?a=1"},
        {"url": "javascript:alert(1)"},
        {"url": "http://127.0.0.1.evil.example"},
        {"folder": 7},
        {"link": "x"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(told: dict[str, object]) -> None:
    with pytest.raises(InputError):
        field_settings(told)


def test_a_report_is_received_in_the_whole_second_that_its_receipt_prints(page: Place) -> None:
    page.now = NOW + timedelta(microseconds=77_000)
    page.visitor().send(CLEAR)
    [report] = page.reports()
    assert report.received_at == NOW
