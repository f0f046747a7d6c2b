"""Columns of tables as wide as the longest word in them.

A template gives the widths; a word of a unit's name or of a head that is wider than its column takes room from the columns that have some,
so that it is not broken. Chinese breaks between any two signs: there only numbers (of grids, of letters), shares, marks and moments are words, and of heads the unit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from docx.oxml.ns import qn

from include.letters.document.word_styles import SMALL_HEAD, TABLE_HEAD, TABLE_TEXT, WORD_STYLES
from include.profile.current import office

_INSET_TWIPS: Final = 60  # 3 pt between a word and the line beside it; `official_letter.typ` has the same
_SLACK_TWIPS: Final = 24  # the line itself, and what widths differ by between typefaces
_WIDEST_TWIPS: Final = round(156 / 25.4 * 1440)  # of a table: the type area
_LATIN: Final = range(0x20, 0x250)
_PIECES: Final = re.compile(
    r"[^ \n/-]+[/-]?|[/-]"
)  # what a line may not break within; other blanks break none
_CHINESE_PIECES: Final = re.compile(
    r"至?\d+月\d+日 \d+:\d\d|\d+/\d+（[\d.]+%）|长期\d+条|(?<![!-~])[!-~]{1,16}(?![!-~])"
)
# A head breaks before its unit and at its stroke.
_HEAD_PIECES: Final = re.compile(r"^[^（）/\n]{1,3}(?=（|$)|[^（）/\n]{1,3}/|（[^（）]{1,5}）", re.M)
_OVER: Final = 1.05  # of the page that needs of a Chinese table may take: they are told for the wider typeface, with slack
_CHINESE_INSET_TWIPS: Final = 30  # 1.5 pt
_SHORT: Final = (
    (14, False),
    (8, False),
    (0, False),
)  # signs of a cell that stays on one line where there is room: a unit's name, a number with its unit
_CHINESE_SHORT: Final = ((8, True), (5, True), (5, False), (0, False))  # and whether heads keep their pieces


def fit_columns(body: Any, style_names: Mapping[str, str]) -> None:
    """Sets the columns of every table of a composed document by their longest words. `style_names`: style by its id."""
    is_chinese = office().language == "zh"
    for table in body.iter(qn("w:tbl")):
        columns = table.findall(f"{qn('w:tblGrid')}/{qn('w:gridCol')}")
        most = _WIDEST_TWIPS * (_OVER if is_chinese else 1)
        least: list[float] = []
        for signs, keeps in _CHINESE_SHORT if is_chinese else _SHORT:
            least = _needs(table, len(columns), style_names, whole_to=signs, keeps_heads=keeps)
            if sum(least) <= most:
                break
        widths = fitted([int(one.get(qn("w:w"))) for one in columns], least, _WIDEST_TWIPS)
        for column, width in zip(columns, widths, strict=True):
            column.set(qn("w:w"), str(width))
        for at, span, cell in _cells(table):
            for told in cell.iterfind(f"{qn('w:tcPr')}/{qn('w:tcW')}"):
                told.set(qn("w:w"), str(sum(widths[at : at + span])))
        for side in () if is_chinese else ("left", "right"):
            for margin in table.iterfind(f"{qn('w:tblPr')}/{qn('w:tblCellMar')}/{qn(f'w:{side}')}"):
                margin.set(qn("w:w"), str(_INSET_TWIPS))


def fitted(widths: Sequence[float], needed: Sequence[float], widest: float) -> list[int]:
    """The widths of columns that hold what they need, no more than `widest` together: what the narrow ones lack the others give in
    proportion to what they have to spare. Where all need more than there is, each gets its share of its need."""
    scale = min(1.0, widest / sum(widths))
    scaled = [width * scale for width in widths]
    total, need = sum(scaled), sum(needed)
    if need >= total:
        return [int(one * total / need) for one in needed]
    lacking = sum(max(0.0, least - width) for width, least in zip(scaled, needed, strict=True))
    spare = sum(max(0.0, width - least) for width, least in zip(scaled, needed, strict=True))
    return [
        int(least if width < least else width - (width - least) * lacking / spare)
        for width, least in zip(scaled, needed, strict=True)
    ]


def _cells(table: Any) -> Iterator[tuple[int, int, Any]]:
    """First column, number of columns and element of each cell."""
    for row in table.findall(qn("w:tr")):
        at = 0
        for cell in row.findall(qn("w:tc")):
            span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
            wide = int(span.get(qn("w:val"))) if span is not None else 1
            yield at, wide, cell
            at += wide


def _needs(
    table: Any, count: int, style_names: Mapping[str, str], *, whole_to: int, keeps_heads: bool
) -> list[float]:
    """What each column needs for its words, and for its cells of up to `whole_to` signs as a whole; twips."""
    needed = [0.0] * count
    for at, span, cell in _cells(table):
        if span == 1:
            needed[at] = max(needed[at], _needed_twips(cell, style_names, whole_to, keeps_heads=keeps_heads))
    return needed


def _needed_twips(cell: Any, style_names: Mapping[str, str], whole_to: int, *, keeps_heads: bool) -> float:
    needed = 0.0
    is_chinese = office().language == "zh"
    words = _CHINESE_PIECES if is_chinese else _PIECES
    for paragraph in cell.findall(qn("w:p")):
        named = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        name = style_names.get(named.get(qn("w:val")), TABLE_TEXT) if named is not None else TABLE_TEXT
        size_twips = WORD_STYLES.get(name, WORD_STYLES[TABLE_TEXT]).size_pt * 20
        text = "".join(
            node.text or "" if node.tag == qn("w:t") else "\n"
            for node in paragraph.iter(qn("w:t"), qn("w:br"))
        )
        is_head = is_chinese and name in (TABLE_HEAD, SMALL_HEAD)
        is_whole = len(text) <= whole_to and not is_head
        pieces = [text.strip()] if is_whole else words.findall(text)
        if is_head and keeps_heads:
            pieces += _HEAD_PIECES.findall(text)
        longest = max((_width_em(piece, is_whole=is_whole or is_chinese) for piece in pieces), default=0.0)
        needed = max(needed, longest * size_twips)
    return needed + 2 * (_CHINESE_INSET_TWIPS if is_chinese else _INSET_TWIPS) + _SLACK_TWIPS


def _width_em(word: str, *, is_whole: bool) -> float:
    """The width of a word in parts of its size, set in the PDF's stand-ins or in Word's 仿宋, where each letter takes half of it. Other
    signs may part anywhere and ask for nothing, but those of a whole cell and of a piece in Chinese; a bracket at the end of a line takes half."""
    advances = [_advances_em()[char] for char in word if char in _advances_em()]
    signs = len(word) - len(advances) - 0.5 * (word.startswith("（") + word.endswith("）"))
    return max(sum(advances), 0.5 * len(advances)) + (signs if is_whole else 0)


@cache
def _advances_em() -> dict[str, float]:
    """The advance of each Latin letter, digit and sign, of the wider one of the typefaces of tables."""
    import pylopdf_fonts_zh_cn as wheel
    from fontTools.ttLib import TTFont

    widest: dict[str, float] = {}
    for path in (wheel.serif_path(), wheel.sans_path()):
        with TTFont(path, lazy=True) as face:
            names, advances, size = face.getBestCmap(), face["hmtx"], face["head"].unitsPerEm
            for code in _LATIN:
                if code in names:
                    char = chr(code)
                    widest[char] = max(widest.get(char, 0.0), advances[names[code]][0] / size)
    return widest
