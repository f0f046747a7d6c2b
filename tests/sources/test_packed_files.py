"""Packed tables: what is in a package is read once, and packages in packages are not."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from include.errors import InputError
from include.sources.reading.tables import read_table

TABLE = b"a,b\n1,2\n"


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, told in members.items():
            package.writestr(name, told)
    return content.getvalue()


def test_tables_of_a_package_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.csv": TABLE, "b.csv": TABLE, "readme.md": b"x"}))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(TABLE))
    for name, pieces in (("a.zip", 2), ("b.csv.gz", 1)):
        read = [chunk.rows.astype(str).values.tolist() for chunk in read_table(tmp_path / name)]
        assert read == [[["1", "2"]]] * pieces


def nested(levels: int, wide: int) -> bytes:
    content, name = TABLE, "a.csv"
    for _ in range(levels):
        content, name = zipped({f"{place}{name}": content for place in range(wide)}), "a.zip"
    return content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", nested(2, 1)),
        ("a.zip", nested(9, 10)),  # a billion tables in 23 kB
        ("a.zip", nested(900, 1)),
        ("a.zip", zipped({"a.csv.gz": gzip.compress(TABLE)})),
        ("a.zip.gz", gzip.compress(zipped({"a.csv": TABLE}))),
        ("a.csv.gz.gz", gzip.compress(gzip.compress(TABLE))),
    ],
    ids=["zip in zip", "wide", "deep", "gz in zip", "zip in gz", "gz in gz"],
)
def test_a_package_in_a_package_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"a packed file in a packed file.*unpack the outer one"):
        list(read_table(tmp_path / name))
