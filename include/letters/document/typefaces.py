"""The typefaces of the PDF, which characters they cover, and what stands for a character that none covers.

A font in an operator's folder, or of the system, that plays a role of GB/T 9704 (`ROLES`) goes first there; Noto Serif SC and Noto Sans SC from
the wheel `pylopdf-fonts-zh-cn` come next, and any other font of the folder fills the gaps that are left.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from include.errors import InputError

STAND_IN: Final = "〓"  # 缺字符: what Chinese printing sets for a character that the typeface lacks

# Families that can play a role of GB/T 9704, the best first; the last one of each is from the wheel.
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "fangsong": ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "STFangsong", "FandolFang R", "Noto Serif SC"),
    "xiaobiaosong": (
        "方正小标宋简体", "方正小标宋_GBK", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "FandolSong", "Noto Serif SC",
    ),
    "hei": ("黑体", "SimHei", "STHeiti", "FandolHei", "Noto Sans SC"),
    "kai": ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "STKaiti", "FandolKai", "Noto Serif SC"),
    "song": ("宋体", "SimSun", "STSong", "FandolSong", "Noto Serif SC"),
}  # fmt: skip
_BOLD: Final = 600  # weight of a face, at least
STAND_INS: Final = ("Noto Serif SC", "Noto Sans SC")
_SUFFIXES: Final = (".otf", ".ttf", ".otc", ".ttc")
_VARIANTS: Final = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")  # of signs, and skin tones


@dataclass(frozen=True)
class Typefaces:
    """`roles`: families by role of GB/T 9704, in the order they are tried. `bold`: the roles whose first family has a bold cut.
    `coverage`: code points that have a glyph."""

    fonts: Any  # typst.Fonts
    roles: dict[str, list[str]]
    bold: tuple[str, ...]
    coverage: frozenset[int]

    def missing(self, text: str) -> list[str]:
        """The characters of `text` that no typeface covers, each once, in order; line breaks need no glyph."""
        return [char for char in dict.fromkeys(text) if ord(char) not in self.coverage and char != "\n"]


@cache
def load_typefaces(fonts_dir: Path | None = None) -> Typefaces:
    """The typefaces of a folder (or of none), the official ones of the system, and those of the wheel. Raises InputError for a
    folder without fonts."""
    import pylopdf_fonts_zh_cn as wheel
    import typst

    folders = [wheel.serif_path().parent]
    if fonts_dir is not None:
        if not _files([fonts_dir]):
            raise InputError(
                "no fonts in this folder",
                where="fonts folder",
                got=fonts_dir,
                expected="files " + " ".join(_SUFFIXES),
                todo="put the fonts there or unset the folder",
            )
        folders.insert(0, fonts_dir)
    own = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(one) for one in folders]
    )
    of_system = [Path(face.path) for face in _official_faces() if face.family not in own.families()]
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(one) for one in (*folders, *dict.fromkeys(path.parent for path in of_system))],
    )
    families = {face.family for face in fonts.fonts()}
    roles = {
        role: list(
            dict.fromkeys(
                [*(name for name in known if name in families), *STAND_INS, *sorted(own.families())]
            )
        )
        for role, known in ROLES.items()
    }
    heavy = {face.family for face in fonts.fonts() if face.weight >= _BOLD}
    bold = tuple(role for role, names in roles.items() if names[0] in heavy)
    return Typefaces(fonts, roles, bold, _coverage([*_files(folders), *dict.fromkeys(of_system)]))


def _official_faces() -> list[Any]:
    """The faces installed on this machine that play a role of GB/T 9704."""
    import typst

    official = {name for names in ROLES.values() for name in names} - set(STAND_INS)
    installed = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    return [face for face in installed.fonts() if face.family in official and face.path]


def _files(folders: Sequence[Path]) -> list[Path]:
    return [path for one in folders for path in sorted(one.glob("**/*")) if path.suffix.lower() in _SUFFIXES]


def _coverage(files: Iterable[Path]) -> frozenset[int]:
    from fontTools.ttLib import TTCollection, TTFont

    found: set[int] = set()
    for path in files:
        if path.suffix.lower() in (".ttc", ".otc"):
            with TTCollection(path, lazy=True) as collection:
                for face in collection.fonts:
                    found.update(face.getBestCmap() or ())
        else:
            with TTFont(path, lazy=True) as face:
                found.update(face.getBestCmap() or ())
    return frozenset(found)


def plain(text: str) -> str:
    """Text from outside made fit for any document: one line, no control or invisible characters, no unpaired halves."""
    if text.isprintable() and not _VARIANTS.search(text):  # what nearly every text is
        return unicodedata.normalize("NFC", text).strip()
    kept = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char in "\t\n\r\x0b\x0c\x85\u2028\u2029":
            kept.append(" ")
        elif category in ("Cc", "Cs") or ord(char) & 0xFFFE == 0xFFFE:
            kept.append(STAND_IN)
        elif category != "Cf" and not _VARIANTS.match(char):
            kept.append(char)
    return "".join(kept).strip()
