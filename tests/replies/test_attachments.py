"""Names broken in every known way, files inside files, and mails that ask for more than there is."""

import io
import time

import py7zr
import pytest

from include.answer_form.layout import FORM_SHEET
from include.replies.limits import LIMITS
from include.replies.mail import read_mail
from include.replies.verdict import judge, verdict
from include.replies.words import decoded, header_text
from tests.replies.mails import attached, mail, zipped

NAME = "排查反馈表.xlsx"
UTF8, GBK = NAME.encode(), NAME.encode("gbk")
BOOK = zipped(**{"xl/workbook.xml": f'<workbook><sheet name="{FORM_SHEET}"/></workbook>'.encode()})


def percents(raw: bytes) -> bytes:
    return "".join(f"%{byte:02X}" for byte in raw).encode()


def b64(raw: bytes) -> bytes:
    import base64

    return base64.b64encode(raw)


HALF = len("排查反".encode()) - 1
BROKEN = {
    "RFC 2231": b"filename*=utf-8''" + percents(UTF8),
    "RFC 2231 in GBK": b"filename*=gbk''" + percents(GBK),
    "RFC 2231 without a charset": b"filename*=" + percents(UTF8),
    "RFC 2231 in pieces": b"filename*0*=utf-8''"
    + percents(UTF8[:HALF])
    + b"; filename*1*="
    + percents(UTF8[HALF:]),
    "pieces that are not marked": b'filename*0="=?utf-8?B?' + b64(UTF8) + b'?="',
    "RFC 2047 in quotes": b'filename="=?utf-8?B?' + b64(UTF8) + b'?="',
    "RFC 2047 bare": b"filename==?utf-8?B?" + b64(UTF8) + b"?=",
    "RFC 2047 cut amid a character": b'filename="=?utf-8?B?'
    + b64(UTF8[:HALF])
    + b"?=\r\n =?utf-8?B?"
    + b64(UTF8[HALF:])
    + b'?="',
    "RFC 2047 as gb2312 with letters of GBK": b'filename="=?gb2312?B?' + b64(GBK) + b'?="',
    "RFC 2047 without its padding": b'filename="=?GBK?B?' + b64(GBK).rstrip(b"=") + b'?="',
    "RFC 2047 as quoted printable": b'filename="=?gb18030?Q?'
    + b"".join(b"=%02X" % byte for byte in GBK)
    + b'?="',
    "raw UTF-8": b'filename="' + UTF8 + b'"',
    "raw GBK": b'filename="' + GBK + b'"',
    "percents": b'filename="' + percents(UTF8) + b'"',
    "UTF-8 called Latin": b'filename="=?iso-8859-1?B?' + b64(UTF8) + b'?="',
    "with a folder": b'filename="C:\\\\tmp\\\\' + UTF8 + b'"',
}


@pytest.mark.parametrize("way", BROKEN)
def test_a_name_is_read_however_it_is_broken(way: str) -> None:
    (file,) = read_mail(attached(b"Content-Disposition: attachment; " + BROKEN[way])).files
    assert file.name == NAME


def test_a_name_in_the_type_alone_is_one_too_and_none_may_leave_its_folder() -> None:
    told = b'application/octet-stream; name="=?gbk?B?' + b64(GBK) + b'?="'
    assert read_mail(attached(b"Content-Disposition: attachment", told)).files[0].name == NAME
    odd = b'Content-Disposition: attachment; filename="../../etc/pass\x00wd\xe2\x80\xae.xlsx"'
    assert read_mail(attached(odd)).files[0].name == "pass_wd_.xlsx"


def test_subjects_in_the_charsets_of_the_land() -> None:
    assert header_text("=?gb2312?B?" + b64("鄠邑区反馈".encode("gbk")).decode() + "?=") == "鄠邑区反馈"
    assert header_text("=?GB18030?B?" + b64("反馈".encode("gb18030")).decode() + "?=") == "反馈"
    assert header_text("=?x-unknown?B?" + b64("反馈".encode()).decode() + "?=") == "反馈"
    assert header_text("反馈".encode("gbk").decode("ascii", "surrogateescape")) == "反馈"
    assert decoded(b"\x1b$B", "iso-2022-jp") is not None


def seven(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w") as package:
        for name, content in members.items():
            package.writestr(content, name)
    return stream.getvalue()


def raw(content: bytes) -> bytes:
    return attached(
        b'Content-Disposition: attachment; filename="a.bin"\r\nContent-Transfer-Encoding: base64',
        content=b64(content),
    )


@pytest.mark.parametrize(
    "content",
    [
        BOOK,
        zipped(**{"反馈.xlsx": BOOK}),
        zipped(**{"a.zip": zipped(**{"b.xlsx": BOOK})}),
        seven(**{"反馈.xlsx": BOOK}),
    ],
    ids=["itself", "in a zip", "in a zip in a zip", "in a 7z"],
)
def test_the_form_is_found_by_its_content_wherever_it_is(content: bytes) -> None:
    found = verdict(raw(content))
    assert (found.kind, found.forms) == ("answer", (0,))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (zipped(a=bytes(70 << 20)), "package_too_large"),
        (zipped(**{str(number): b"x" for number in range(LIMITS.members + 1)}), "package_too_large"),
        (BOOK[: len(BOOK) // 2], "package_broken"),
        (b"Rar!\x1a\x07\x00" + bytes(100), "rar"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "package_broken"),
        (b"x\x9f\x3e\x22" + bytes(5), "package_broken"),
        (b"\xff\xd8\xff" + bytes(100), "picture"),
    ],
    ids=["a bomb", "many members", "half a package", "RAR", "broken 7z", "broken winmail.dat", "a photo"],
)
def test_what_cannot_be_opened_is_said_and_left_to_a_person(content: bytes, fault: str) -> None:
    found = verdict(raw(content))
    assert found.faults == (fault,)


def test_a_mail_that_was_forwarded_as_a_file_is_opened_like_one() -> None:
    """Foxmail, QQ and 163 call it a file of unknown kind, whose name ends in .eml."""
    inner = mail(
        "From: b@yq.example\nMessage-ID: <inner@x>\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=a.xlsx",
        b64(BOOK).decode(),
    )
    told = (
        b'Content-Disposition: attachment; filename="=?gbk?B?'
        + b64("转发的邮件.eml".encode("gbk"))
        + b'?="\r\nContent-Transfer-Encoding: base64'
    )
    found = read_mail(attached(told, content=b64(inner)))
    assert [(file.name, file.what, file.is_enclosed) for file in found.files] == [("a.xlsx", "form", True)]
    assert judge(found).signs.inner_ids == ("<inner@x>",)
    (table,) = read_mail(attached(told, content=b64("序号\n1".encode()))).files  # called so, and none
    assert (table.name, table.what) == ("转发的邮件.eml", "other")


def test_a_document_that_is_a_zip_stays_whole() -> None:
    """Otherwise a person is offered forty pieces of XML."""
    word = zipped(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    (file,) = read_mail(raw(word)).files
    assert (file.name, file.what, file.content) == ("a.bin", "other", word)


def test_ten_thousand_parts_deep_nests_and_long_headers_cost_little() -> None:
    began = time.process_time()
    parts = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000 + b"--b--"
    assert "too_many_parts" in verdict(parts).faults
    nest = b""
    for number in range(200):
        nest += f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n".encode()
    assert "too_deep" in verdict(nest + b"\r\nx").faults
    inside = b"Content-Type: message/rfc822\r\n\r\n" * 500 + b"x"
    assert verdict(inside).faults == ("too_deep",)
    assert verdict(b"Subject: " + b"=?utf-8?B?" * 100_000 + b"\r\n\r\nx").kind == "other"
    assert verdict(b"From: " + b"<" * 500_000 + b"\r\n\r\n" + b"5.1.1 " * 100_000).kind == "other"
    assert verdict(b"References: " + b"<a@b> " * 100_000 + b"\r\n\r\nx").kind == "reply"
    assert time.process_time() - began < 10


def test_encrypted_and_signed_mails_are_said_to_be_so() -> None:
    sealed = b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB"
    assert verdict(sealed).faults == ("encrypted",)
    assert verdict(sealed.replace(b"; name", b"; smime-type=signed-data; name")).faults == ("signed",)
    signed = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--"
    assert judge(read_mail(signed)).faults == ("signed",)
