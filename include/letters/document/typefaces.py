"""The typefaces of the PDF, which characters they cover, and what stands for a character that none covers.

A font in an operator's folder that plays a role of GB/T 9704 (`_ROLES`) goes first there; Noto Serif SC and Noto Sans SC from
the wheel `pylopdf-fonts-zh-cn` come next, and any other font of the folder fills the gaps that are left.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from include.errors import InputError

STAND_IN: Final = "〓"  # 缺字符: what Chinese printing sets for a character that the typeface lacks

# Families that can play a role of GB/T 9704, the best first; the last one of each is from the wheel.
_ROLES: Final[dict[str, tuple[str, ...]]] = {
    "fangsong": ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "STFangsong", "FandolFang R", "Noto Serif SC"),
    "xiaobiaosong": (
        "方正小标宋简体", "方正小标宋_GBK", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "FandolSong", "Noto Serif SC",
    ),
    "hei": ("黑体", "SimHei", "STHeiti", "FandolHei", "Noto Sans SC"),
    "kai": ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "STKaiti", "FandolKai", "Noto Serif SC"),
    "song": ("宋体", "SimSun", "STSong", "FandolSong", "Noto Serif SC"),
}  # fmt: skip
_LAST_RESORT: Final = ("Noto Serif SC", "Noto Sans SC")
_SUFFIXES: Final = (".otf", ".ttf", ".otc", ".ttc")
_DROPPED: Final = frozenset([*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)])  # variants and skin tones


@dataclass(frozen=True)
class Typefaces:
    """`roles`: families by role of GB/T 9704, in the order they are tried. `coverage`: code points that have a glyph."""

    fonts: Any  # typst.Fonts
    roles: dict[str, list[str]]
    coverage: frozenset[int]

    def missing(self, text: str) -> list[str]:
        """The characters of `text` that no typeface covers, each once, in order; line breaks need no glyph."""
        return [char for char in dict.fromkeys(text) if ord(char) not in self.coverage and char != "\n"]


@cache
def load_typefaces(fonts_dir: Path | None = None) -> Typefaces:
    """The typefaces of a folder (or of none) and of the wheel. Raises InputError for a folder without fonts."""
    import pylopdf_fonts_zh_cn as wheel
    import typst
    from fontTools.ttLib import TTCollection, TTFont

    folders = [wheel.serif_path().parent]
    if fonts_dir is not None:
        if not any(path.suffix.lower() in _SUFFIXES for path in fonts_dir.glob("**/*")):
            raise InputError(
                "no fonts in this folder",
                where="fonts folder",
                got=fonts_dir,
                expected="files " + " ".join(_SUFFIXES),
                todo="put the fonts there or unset the folder",
            )
        folders.insert(0, fonts_dir)
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in folders],
    )
    families = fonts.families()
    roles = {
        role: list(
            dict.fromkeys([*(name for name in known if name in families), *_LAST_RESORT, *sorted(families)])
        )
        for role, known in _ROLES.items()
    }
    coverage: set[int] = set()
    for folder in folders:
        for path in sorted(folder.glob("**/*")):
            suffix = path.suffix.lower()
            if suffix in (".ttc", ".otc"):
                with TTCollection(path, lazy=True) as collection:
                    for face in collection.fonts:
                        coverage.update(face.getBestCmap() or ())
            elif suffix in _SUFFIXES:
                with TTFont(path, lazy=True) as face:
                    coverage.update(face.getBestCmap() or ())
    return Typefaces(fonts, roles, frozenset(coverage))


def plain(text: str) -> str:
    """Text from outside made fit for any document: one line, no control or invisible characters, no unpaired halves."""
    kept = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char in "\t\n\r\x0b\x0c\x85\u2028\u2029":
            kept.append(" ")
        elif category in ("Cc", "Cs") or ord(char) & 0xFFFE == 0xFFFE:
            kept.append(STAND_IN)
        elif category != "Cf" and ord(char) not in _DROPPED:
            kept.append(char)
    return " ".join("".join(kept).split(" ")).strip()
