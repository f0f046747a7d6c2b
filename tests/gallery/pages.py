"""Where the text, pictures and lines of a PDF's pages stand. Reads what Typst writes: every run of text with a matrix of its own."""

import io
import itertools
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import pypdf
from pypdf.generic import ContentStream

MM: Final = 72 / 25.4
_FULL: Final = 0.9  # advance of a full-width sign, at least
_FEW: Final = 3  # full-width signs
_RISE, _FALL = 0.82, 0.08  # of a letter's ink above and below its base line, in parts of its size
Matrix = tuple[float, float, float, float, float, float]
_SAME: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Box:
    """Points from the lower left corner of the page."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True)
class Text:
    """One run on one line. `ink`: the box without the blanks at either end. `is_margin`: head, foot, page number, watermark. `stretch`: the usual advance of its full-width signs, and the
    widest one of a space, in parts of their own; 1 where nothing was spread."""

    words: str
    box: Box
    ink: Box
    size: float
    base: float
    is_margin: bool
    stretch: float
    space_stretch: float


@dataclass(frozen=True)
class Page:
    """One page; `rules` are drawn lines."""

    number: int
    width: float
    height: float
    texts: tuple[Text, ...]
    pictures: tuple[Box, ...]
    rules: tuple[Box, ...]


@dataclass
class _State:
    """What q saves and Q brings back."""

    matrix: Matrix = _SAME
    size: float = 1.0
    font: str = ""


@dataclass
class _Found:
    texts: list[Text] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    rules: list[Box] = field(default_factory=list)


class _Font:
    """Widths and words of the two-byte codes of an embedded font."""

    def __init__(self, dictionary: Any) -> None:
        heir = dictionary["/DescendantFonts"][0].get_object()
        self._default = float(heir.get("/DW", 1000))
        self._widths = dict(_widths(heir.get("/W", [])))
        self._words = _words_of(dictionary["/ToUnicode"].get_object().get_data().decode("latin-1"))

    def glyphs(self, raw: bytes) -> list[tuple[str, float]]:
        """Words and width (in parts of the size) of each code."""
        codes = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
        return [(self._words.get(code, ""), self._widths.get(code, self._default) / 1000) for code in codes]


def pages_of(pdf: bytes) -> list[Page]:
    """The pages of a PDF of ours."""
    fonts: dict[int, _Font] = {}
    return [
        _page(number, page, fonts) for number, page in enumerate(pypdf.PdfReader(io.BytesIO(pdf)).pages, 1)
    ]


def _page(number: int, page: Any, fonts: dict[int, _Font]) -> Page:
    found = _Found()
    _read(page.get_contents(), page["/Resources"], page.pdf, _State(), found, fonts, is_margin=False)
    return Page(
        number,
        float(page.mediabox.width),
        float(page.mediabox.height),
        tuple(found.texts),
        tuple(found.pictures),
        tuple(found.rules),
    )


def _read(
    content: Any,
    resources: Any,
    pdf: Any,
    state: _State,
    found: _Found,
    fonts: dict[int, _Font],
    *,
    is_margin: bool,
) -> None:
    saved: list[_State] = []
    marks = [is_margin]
    text_matrix: Matrix = _SAME
    path: list[tuple[float, float]] = []
    for operands, operator in ContentStream(content, pdf).operations:
        match operator:
            case b"q":
                saved.append(_State(state.matrix, state.size, state.font))
            case b"Q":
                state = saved.pop()
            case b"cm":
                state.matrix = _times(_matrix(operands), state.matrix)
            case b"BDC":
                kind = operands[1] if isinstance(operands[1], dict) else {}
                marks.append(marks[-1] or (operands[0] == "/Artifact" and kind.get("/Type") != "/Layout"))
            case b"BMC":
                marks.append(marks[-1])
            case b"EMC":
                marks.pop()
            case b"Tf":
                state.font, state.size = str(operands[0]), float(operands[1])
            case b"BT":
                text_matrix = _SAME
            case b"Tm":
                text_matrix = _matrix(operands)
            case b"Tj" | b"TJ":
                pieces = operands[0] if operator == b"TJ" else [operands[0]]
                font = _font(resources, state.font, fonts)
                run = _run(pieces, font, state.size, _times(text_matrix, state.matrix), is_margin=marks[-1])
                found.texts += [] if run is None else [run]
            case b"m":
                path = [_at(state.matrix, *map(float, operands))]
            case b"l":
                path.append(_at(state.matrix, *map(float, operands)))
            case b"S":
                found.rules += [_around(pair) for pair in itertools.pairwise(path)]
                path = []
            case b"Do":
                named = resources["/XObject"][operands[0]].get_object()
                if named["/Subtype"] == "/Image":
                    corners = [_at(state.matrix, x, y) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))]
                    found.pictures.append(_around(corners))
                else:
                    inner = _State(_times(_matrix(named.get("/Matrix", _SAME)), state.matrix))
                    own = named.get("/Resources", resources)
                    _read(named, own, pdf, inner, found, fonts, is_margin=marks[-1])


def _run(pieces: Any, font: _Font, size: float, matrix: Matrix, *, is_margin: bool) -> Text | None:
    """None for a run of blanks."""
    words, at, space_spread = "", 0.0, 1.0
    begins, ends = None, 0.0
    spread: list[float] = []
    last: tuple[str, float] = ("", 0.0)
    for piece in pieces:
        if isinstance(piece, int | float):
            moved = -float(piece) / 1000
            at += moved
            if last[0] == " " and last[1]:
                space_spread = max(space_spread, 1 + moved / last[1])
            elif last[1] >= _FULL:
                spread[-1] += moved / last[1]
            continue
        raw = piece if isinstance(piece, bytes) else piece.original_bytes
        for glyph in font.glyphs(raw):
            words += glyph[0]
            if glyph[0].strip():
                begins, ends = at if begins is None else begins, at + glyph[1]
            at += glyph[1]
            spread += [1.0] if glyph[1] >= _FULL else []
            last = glyph
    if begins is None:
        return None
    left, base = _at(matrix, 0.0, 0.0)
    right, other = _at(matrix, at * size, 0.0)
    is_turned = abs(other - base) > 1.0
    real = size * abs(matrix[3])
    bottom, top = base - _FALL * real, base + _RISE * real
    box = Box(min(left, right), bottom, max(left, right), top)
    seen = sorted(_at(matrix, one * size, 0.0)[0] for one in (begins, ends))
    return Text(
        words,
        box,
        Box(seen[0], bottom, seen[1], top),
        real,
        base,
        is_margin or is_turned,
        *_spreads(spread, space_spread),
    )


def _spreads(signs: list[float], space: float) -> tuple[float, float]:
    """Few signs say nothing of a line; among many a single wider space is not seen."""
    return (median(signs), 1.0) if len(signs) > _FEW else (1.0, space)


def _font(resources: Any, name: str, fonts: dict[int, _Font]) -> _Font:
    reference = resources["/Font"].raw_get(name)
    key = getattr(reference, "idnum", id(reference))
    if key not in fonts:
        fonts[key] = _Font(reference.get_object())
    return fonts[key]


def _widths(entries: Any) -> Any:
    rest = list(entries)
    while rest:
        first, second, *rest = rest
        if isinstance(second, list):
            yield from ((int(first) + place, float(width)) for place, width in enumerate(second))
        else:
            yield from ((code, float(rest[0])) for code in range(int(first), int(second) + 1))
            rest = rest[1:]


def _words_of(to_unicode: str) -> dict[int, str]:
    words: dict[int, str] = {}
    inside = ""
    for line in to_unicode.splitlines():
        if line.endswith(("beginbfchar", "beginbfrange")):
            inside = line.split()[-1]
        elif line.startswith("endbf"):
            inside = ""
        elif inside == "beginbfchar":
            code, word = (part.strip("<> ") for part in line.split("> <"))
            words[int(code, 16)] = _unicode(word)
        elif inside == "beginbfrange":
            first, last, word = (part.strip("<> ") for part in line.split("> <"))
            start = int(word, 16)
            for place, code in enumerate(range(int(first, 16), int(last, 16) + 1)):
                words[code] = chr(start + place)
    return words


def _unicode(word: str) -> str:
    return bytes.fromhex(word).decode("utf-16-be")


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = (float(one) for one in operands)
    return a, b, c, d, e, f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _around(points: Any) -> Box:
    across, up = zip(*points, strict=True)
    return Box(min(across), min(up), max(across), max(up))
