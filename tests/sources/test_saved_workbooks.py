"""Workbooks as other programs save them, through the reader of tables: .xls, .et and .ods, and each with a password.

`workbooks_saved/` holds the same table three times: in BIFF8 (hours.xls, which is also what WPS calls .et), in OpenDocument
(hours.ods), and as .xlsx encrypted with a password (locked.xlsx, ECMA-376 agile).
"""

import struct
import zipfile
from pathlib import Path

import pytest

from include.errors import InputError
from include.sources.reading.form import Form
from include.sources.reading.tables import read_table

SAVED = Path(__file__).parent / "workbooks_saved"
ROWS = [
    (2, ["2026-03-11", "1", "唐山市", "35.5", "甲"]),
    (3, ["2026-03-11", "24", "唐山市", "70", "=乙"]),
    (4, ["2026-03-12", "1", "保定市", "", ""]),
]


def named(folder: Path, saved: str, name: str) -> Path:
    (folder / name).write_bytes((SAVED / saved).read_bytes())
    return folder / name


def rows(path: Path, form: Form) -> tuple[list[str], list[tuple[int, list[str]]]]:
    (chunk,) = read_table(path, form)
    assert chunk.broken == ()
    return list(chunk.rows.columns), list(
        zip(chunk.lines.tolist(), chunk.rows.to_numpy().tolist(), strict=True)
    )


FILES = [
    ("hours.xls", "a.xls"),
    ("hours.xls", "a.et"),
    ("hours.ods", "a.ods"),
    ("hours.ods", "a.xls"),
    ("hours.xls", "a.xlsx"),
]


@pytest.mark.parametrize(("saved", "name"), FILES, ids=[f"{saved} as {name}" for saved, name in FILES])
def test_old_workbooks_and_open_documents_read_like_new_ones(tmp_path: Path, saved: str, name: str) -> None:
    """What a file holds decides, not its name."""
    path = named(tmp_path, saved, name)
    assert rows(path, Form()) == (["日期", "时段", "城市", "PM2.5", "备注"], ROWS)
    assert rows(path, Form(sheet="说明")) == rows(path, Form(sheet="2")) == (["说明"], [])
    with pytest.raises(InputError, match="no such sheet; expected 小时值, 说明; got 汇总"):
        list(read_table(path, Form(sheet="汇总")))


def with_filepass(content: bytes) -> bytes:
    """The same old workbook with FILEPASS as its second record (RC4), in the place of records of the same length."""
    begin = content.index(bytes.fromhex("0908100000060500")) + 20
    end = begin
    while content[end : end + 2] != b"\x42\x00":  # CODEPAGE
        end += 4 + struct.unpack_from("<H", content, end + 2)[0]
    filepass = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + bytes(48)
    rest = struct.pack("<HH", 0x5C, end - begin - len(filepass) - 4)
    return content[:begin] + filepass + rest + bytes(end - begin - len(filepass) - 4) + content[end:]


def locked_xls(path: Path) -> None:
    path.write_bytes(with_filepass((SAVED / "hours.xls").read_bytes()))


def locked_ods(path: Path) -> None:
    """As the manifest of OpenDocument tells of encryption."""
    with zipfile.ZipFile(SAVED / "hours.ods") as plain, zipfile.ZipFile(path, "w") as package:
        for name in plain.namelist():
            content = plain.read(name)
            if name == "META-INF/manifest.xml":
                begin = content.index(b'manifest:full-path="content.xml"')
                end = content.index(b"/>", begin)
                content = (
                    content[:end]
                    + b'><manifest:encryption-data manifest:checksum="AA=="/></manifest:file-entry>'
                    + content[end + 2 :]
                )
            package.writestr(name, bytes(64) if name == "content.xml" else content)


def locked_xlsx(path: Path) -> None:
    path.write_bytes((SAVED / "locked.xlsx").read_bytes())


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (locked_xlsx, "a.xlsx"),
        (locked_xlsx, "a.xls"),
        (locked_xls, "a.xls"),
        (locked_xls, "a.et"),
        (locked_ods, "a.ods"),
    ],
)
def test_a_workbook_with_a_password_is_named_as_one(tmp_path: Path, make, name: str) -> None:
    make(tmp_path / name)
    with pytest.raises(InputError) as told:
        list(read_table(tmp_path / name))
    assert (told.value.what, told.value.expected, told.value.todo) == (
        "the workbook is encrypted",
        "one without a password",
        "save it without a password",
    )
