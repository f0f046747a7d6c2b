"""Ways to spoil a profile: each gives a function that changes one thing in a folder."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
from shapely import box
from shapely.geometry.base import BaseGeometry

from include.letters.document.templates import SHIPPED

SQUARE = box(110, 30, 111, 31)


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8", newline="")

    return change


def added(file: str, *lines: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        path.write_text(
            path.read_text(encoding="utf-8") + "".join(f"{line}\n" for line in lines), encoding="utf-8"
        )

    return change


def encoded(file: str, change_bytes: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / file).write_bytes(change_bytes((folder / file).read_bytes()))

    return change


def written(file: str, content: bytes | str) -> Callable[[Path], None]:
    raw = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / file).write_bytes(raw) and None


def units(*rows: str) -> Callable[[Path], None]:
    """The file of units with these rows after that of the office itself."""

    def change(folder: Path) -> None:
        lines = (folder / "units.csv").read_text(encoding="utf-8").splitlines()[:2]
        (folder / "units.csv").write_text("".join(f"{one}\n" for one in (*lines, *rows)), encoding="utf-8")

    return change


def linked(file: str, target: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).symlink_to(target)

    return change


def piped(file: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / file).unlink()
        os.mkfifo(folder / file)

    return change


def word_template(name: str, change_xml: Callable[[str], str]) -> Callable[[Path], None]:
    """The shipped Word template with another text of its document."""

    def change(folder: Path) -> None:
        with (
            zipfile.ZipFile(SHIPPED / name) as shipped,
            zipfile.ZipFile(folder / "templates" / name, "w") as own,
        ):
            for part in shipped.namelist():
                raw = shipped.read(part)
                own.writestr(part, change_xml(raw.decode()) if part == "word/document.xml" else raw)

    return change


def ruled(rule: str) -> Callable[[Path], None]:
    return replaced("profile.yaml", "rules: []", f"rules:\n  - {rule}\n#")


def outlined(
    datum: str, place: str = "000100", shape: BaseGeometry | None = SQUARE, crs: str | None = "EPSG:4326"
) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        frame = {"place_code": [place], "datum": [datum], "source": ["drawn"], "licence": ["CC0"]}
        gpd.GeoDataFrame(frame, geometry=[shape], crs=crs).to_parquet(folder / "outlines.parquet")

    return change


def template(name: str, content: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "templates" / name).write_text(content, encoding="utf-8") and None


# What a template of a mail may not lose.
MAIL = "{% set 主题 = 'x' %}{{ 主送机关 }}{{ 发文机关 }}{{ 文号 }}{{ 签发日期 }}{{ 标识清单 }}{{ 是否模拟 }}{{ 函件标识 }}"
