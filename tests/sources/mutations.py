"""Ways in which files and answers arrive broken. Each takes the bytes of a good one and a source of random choices."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import openpyxl

Mutation = Callable[[bytes, Random], bytes]

SPOILT = (
    "",
    " ",
    "2020-13-01T00:00+08:00",
    "2020-02-30T25:61",
    "=1+1",
    '=HYPERLINK("http://x")',
    "-",
    "NaN",
    "inf",
    "1e999",
    "٣",
    "\x00",
    "\x1f",
    "\ufeff",
    "\ufffd",
    "\u202e",
    "null",
    "None",
    "#N/A",
    "0x10",
    "'; drop table alarm; --",
    "<script>",
    "鄠🔥",
    "x" * 70,
    "x" * 200_000,
    "113.62",
    "37.80",
    "-999",
    "999999999999999999999",
    "1,5",
    "a\nb",
    "a\tb",
    '"',
    '""',
    "\\",
    "２０２０",
)


def _table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"))))


def _csv(rows: list[list[str]], **settings: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **settings).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def truncated(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content))]


def flipped_bytes(content: bytes, random: Random) -> bytes:
    spoilt = bytearray(content)
    for _ in range(random.randint(1, 20)):
        spoilt[random.randrange(len(spoilt))] = random.randrange(256)
    return bytes(spoilt)


def inserted_bytes(content: bytes, random: Random) -> bytes:
    place = random.randrange(len(content))
    return (
        content[:place]
        + random.choice([b'"', b"\x00", b"\r", b"\n", b",", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a"])
        + content[place:]
    )


def mixed_encodings(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join(line.decode().encode("gb18030") if random.random() < 0.3 else line for line in lines)


def shuffled_columns(content: bytes, random: Random) -> bytes:
    rows = _table(content)
    order = random.sample(range(len(rows[0])), len(rows[0]))
    return _csv([[row[place] for place in order] for row in rows])


def shuffled_cells(content: bytes, random: Random) -> bytes:
    rows = _table(content)
    return _csv([rows[0], *(random.sample(row, len(row)) for row in rows[1:])])


def spoilt_cells(content: bytes, random: Random) -> bytes:
    rows = _table(content)
    for _ in range(random.randint(1, 6)):
        row = random.choice(rows[1:])
        row[random.randrange(len(row))] = random.choice(SPOILT)
    return _csv(rows)


def spoilt_header(content: bytes, random: Random) -> bytes:
    rows = _table(content)
    rows[0][random.randrange(len(rows[0]))] = random.choice(SPOILT)
    return _csv(rows)


def swapped_coordinates(content: bytes, random: Random) -> bytes:
    rows = _table(content)
    rows[0] = [{"lon": "lat", "lat": "lon"}.get(name, name) for name in rows[0]]
    return _csv(rows)


def repeated_lines(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join([lines[0], *(random.choice(lines[1:]) for _ in range(20))])


def ragged_lines(content: bytes, random: Random) -> bytes:
    rows = _table(content)
    for row in rows[1:]:
        if random.random() < 0.4:
            row[:] = (
                row[: random.randrange(len(row))]
                if random.random() < 0.5
                else row + ["x"] * random.randint(1, 9)
            )
    return _csv(rows)


def other_dialect(content: bytes, random: Random) -> bytes:
    rows = _table(content)
    return _csv(
        rows, delimiter=random.choice(",;\t|"), quoting=random.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
    )


def other_encoding(content: bytes, random: Random) -> bytes:
    return content.decode().encode(
        random.choice(["gb18030", "utf-16", "utf-16-le", "utf-8-sig", "big5hkscs"]), "replace"
    )


def nothing_like_it(content: bytes, random: Random) -> bytes:
    return random.choice(
        [
            b"",
            b"\n" * 9,
            b"\xef\xbb\xbf",
            b"PK\x03\x04",
            random.randbytes(500),
            b"alarm_id\n",
            b"<html><body>502</body></html>",
        ]
    )


CSV_MUTATIONS: tuple[Mutation, ...] = (
    truncated,
    flipped_bytes,
    inserted_bytes,
    mixed_encodings,
    shuffled_columns,
    shuffled_cells,
    spoilt_cells,
    spoilt_header,
    swapped_coordinates,
    repeated_lines,
    ragged_lines,
    other_dialect,
    other_encoding,
    nothing_like_it,
)


def _workbook(content: bytes, change: Callable[[Any], None]) -> bytes:
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    change(workbook.active)
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()


def merged_cells(content: bytes, random: Random) -> bytes:
    def change(sheet: Any) -> None:
        row, column = random.randint(1, sheet.max_row - 1), random.randint(1, sheet.max_column - 1)
        sheet.merge_cells(
            start_row=row, start_column=column, end_row=row + random.randint(0, 1), end_column=column + 1
        )

    return _workbook(content, change)


def spoilt_sheet(content: bytes, random: Random) -> bytes:
    def change(sheet: Any) -> None:
        for _ in range(random.randint(1, 6)):
            value = random.choice(
                [
                    *(text for text in SPOILT if text.isprintable() and len(text) < 32_000),
                    None,
                    True,
                    3.5,
                    7,
                    "=A1",
                    "=NOW()",
                ]
            )
            sheet.cell(random.randint(1, sheet.max_row), random.randint(1, sheet.max_column + 2), value)

    return _workbook(content, change)


def moved_sheet(content: bytes, random: Random) -> bytes:
    def change(sheet: Any) -> None:
        random.choice([sheet.insert_rows, sheet.insert_cols, sheet.delete_rows, sheet.delete_cols])(
            random.randint(1, 5), random.randint(1, 3)
        )

    return _workbook(content, change)


def spoilt_package(content: bytes, random: Random) -> bytes:
    """One part of the workbook's package is broken or missing."""
    saved = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        victim = random.choice(old.namelist())
        for name in old.namelist():
            if name != victim:
                new.writestr(name, old.read(name))
            elif random.random() < 0.6:
                new.writestr(name, random.choice([truncated, flipped_bytes])(old.read(name), random))
    return saved.getvalue()


XLSX_MUTATIONS: tuple[Mutation, ...] = (
    truncated,
    flipped_bytes,
    merged_cells,
    spoilt_sheet,
    moved_sheet,
    spoilt_package,
)


def spoilt_json(content: bytes, random: Random) -> bytes:
    """A value somewhere in the page is another one."""
    page = json.loads(content)
    places: list[tuple[Any, Any]] = [(page, key) for key in page]
    for record in page.get("records", []):
        places += [(record, key) for key in record]
    for _ in range(random.randint(1, 4)):
        owner, key = random.choice(places)
        owner[key] = random.choice([*SPOILT, None, [], {}, [[]], -1, 1e308, True, 10**30, {"a": {"b": []}}])
    return json.dumps(page).encode()


def records_lost(content: bytes, random: Random) -> bytes:
    page = json.loads(content)
    page["records"] = random.sample(page["records"], random.randint(0, len(page["records"])))
    return json.dumps(page).encode()


def records_twice(content: bytes, random: Random) -> bytes:
    page = json.loads(content)
    page["records"] = [record for record in page["records"] for _ in range(random.randint(1, 3))]
    return json.dumps(page).encode()


def key_missing(content: bytes, random: Random) -> bytes:
    page = json.loads(content)
    owner = random.choice([page, *page.get("records", [])])
    owner.pop(random.choice(list(owner)), None)
    return json.dumps(page).encode()


JSON_MUTATIONS: tuple[Mutation, ...] = (
    truncated,
    flipped_bytes,
    spoilt_json,
    records_lost,
    records_twice,
    key_missing,
)
