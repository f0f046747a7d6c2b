"""The form in every format in which it comes back: files that LibreOffice wrote, packages of Outlook, names that say something else."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.mailroom.office import CONTACT, SENT, Place, answer, form
from tests.mailroom.tnef import winmail

WRITTEN = (
    Path(__file__).parent / "forms"
)  # the form of `office`, both rows filled in, saved by LibreOffice 7.4
TAKEN = [("A1", "submitted", SENT), ("A2", "submitted", SENT)]


def saved(name: str) -> bytes:
    return (WRITTEN / name).read_bytes()


def packed(content: bytes, name: str = "阳泉/排查反馈表.xlsx") -> bytes:
    """A ZIP of a Chinese Windows: the name in GBK, and nothing that says so."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("x" * len(name.encode("gbk")), content)
    return stream.getvalue().replace(b"x" * len(name.encode("gbk")), name.encode("gbk"))


def with_file(place: Place, content: bytes, name: str, media_type: str = "application/octet-stream") -> bytes:
    """The contact's mail with that file instead of the form."""
    mail = answer(place, content=content)
    own = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    head, mark, rest = mail.partition(own)
    disposition, _, body = rest.partition(b"\r\n\r\n")
    assert mark
    assert b"filename" in disposition
    told = (
        f'\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head + media_type.encode() + told.encode("gb18030") + body


@pytest.mark.parametrize(
    ("name", "media_type", "file"),
    [
        ("反馈表.xls", "application/vnd.ms-excel", "libreoffice.xls"),
        (
            "反馈表.et",
            "application/octet-stream",
            "libreoffice.xls",
        ),  # WPS writes the same format under its own name
        ("反馈表.ods", "application/vnd.oasis.opendocument.spreadsheet", "libreoffice.ods"),
        ("反馈表.xlsx", "application/octet-stream", "libreoffice.xls"),  # renamed by hand
    ],
)
def test_a_form_that_was_saved_in_another_format_is_read(
    place: Place, name: str, media_type: str, file: str
) -> None:
    place.deliver(with_file(place, saved(file), name, media_type))
    done = place.read()
    assert (done.rows_taken, done.rows_refused, place.mails()[0]["tray_reason"]) == (2, 0, "")
    assert place.events() == TAKEN


@pytest.mark.parametrize("name", ["反馈表.doc", "反馈表.xls", "反馈表", "image001.png", "反馈表.xlsx.txt"])
def test_what_a_file_is_called_says_nothing(place: Place, name: str) -> None:
    place.deliver(
        with_file(place, form(place.key), name, "text/plain" if name.endswith("txt") else "image/png")
    )
    assert (place.read().rows_taken, place.events()) == (2, TAKEN)


def test_the_form_in_outlooks_winmail_dat_is_read(place: Place) -> None:
    package = winmail(
        {"阳泉市热点网格排查反馈表.xlsx": form(place.key), "现场.jpg": b"\xff\xd8\xff" + bytes(99)}
    )
    place.deliver(with_file(place, package, "winmail.dat", "application/ms-tnef"))
    assert (place.read().rows_taken, place.events()) == (2, TAKEN)
    assert "阳泉市热点网格排查反馈表.xlsx" in place.mails()[0]["files_json"]


def test_the_form_in_a_zip_of_a_chinese_windows_is_read(place: Place) -> None:
    place.deliver(with_file(place, packed(form(place.key)), "反馈.zip", "application/x-zip-compressed"))
    assert place.read().rows_taken == 2
    assert '"排查反馈表.xlsx"' in place.mails()[0]["files_json"]


def test_a_mail_of_thirty_megabytes_is_read_whole(place: Place) -> None:
    """A form and photos without compression: what a clerk sends from a camera."""
    photos = b"\xff\xd8\xff" + bytes(range(256)) * (88 << 10)
    mail = answer(place).rstrip()
    assert mail.endswith(b"--")
    boundary = mail.rpartition(b"\r\n")[2].removesuffix(b"--")
    part = b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: binary\r\n\r\n" + photos
    place.deliver(
        mail.removesuffix(boundary + b"--") + boundary + b"\r\n" + part + b"\r\n" + boundary + b"--\r\n"
    )
    done = place.read()
    assert (done.trouble, done.rows_taken, place.mails()[0]["size_bytes"] > 22 << 20) == ("", 2, True)


def bomb(levels: int) -> bytes:
    """A package that is small, and petabytes when it is opened to its end."""
    content = bytes(20 << 20)
    for level in range(levels):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
            for number in range(16 if level else 1):
                package.writestr(f"{number}.zip", content)
        content = stream.getvalue()
    return content


def test_mail_bombs_cost_little_and_the_mails_beside_them_are_read(place: Place) -> None:
    sheet = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
    book = io.BytesIO(form(place.key))
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(sheet.filename.replace("sheet1", "sheet9"), bytes(300 << 20))
    place.deliver(
        with_file(place, bomb(5), "反馈.zip"),
        with_file(place, book.getvalue(), "反馈表.xlsx"),
        answer(place),
    )
    done = place.read()
    assert (done.trouble, done.tray, place.events()) == ("", 2, TAKEN)
    bombs, books, _ = place.mails()
    assert "压缩包过大" in bombs["tray_reason"]
    assert "too large when unpacked" in books["tray_reason"]
    assert {row["sender"] for row in place.mails()} == {CONTACT}
