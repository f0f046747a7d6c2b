"""What is wrong with the layout of a page or a picture: words outside, over each other or over a line, pages nearly empty, lines
stretched, last lines of one character, signatures without text, moments torn apart."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any, Final, TypeVar

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.text import Text as PictureText

from include.letters.document.manuscript import Manuscript, Paragraph, Table
from tests.gallery.pages import MM, Box, Page, Text

T = TypeVar("T")
LEAST_FILLED: Final = 0.2  # of the type area's height, on every page but the last
MOST_STRETCHED: Final = (
    1.5  # an advance in parts of its natural one; full-width signs less, as there are many of them in a line
)
MOST_STRETCHED_SIGNS: Final = 1.25
LEAST_CONTRAST: Final = 4.5  # of the words of a picture and what they stand on
_INK_LUMINANCE: Final = 0.02
_EDGE_PT: Final = 8 * MM  # that no word may come nearer to the edge of the paper
_TOP_PT, _FOOT_PT = 37 * MM, 35 * MM  # margins of the type area
_LEFT_PT, _RIGHT_PT = 28 * MM, 26 * MM
_SLACK_PT: Final = 0.6
_PICTURE_EDGE_PT: Final = 0.5 * MM  # that no word of a picture may come nearer to its edge
_LEADING: Final = 0.42  # of a line's size above and below it: a page of text fills its page
_MOMENT: Final = re.compile(
    r"\d+月\d+日(?: ?\d+(?:时(?:\d+分)?|:\d\d))?|\d{4}-\d\d-\d\d \d\d:\d\d|\d+\s?[A-Z][a-z]{2,8}\s?\d+:\d\d"
)
_TOLD: Final = re.compile(r"(?:\d:\d\d|[时分])$")  # a line that ends with a whole moment
_RANK: Final = re.compile(r"并列$")  # that goes on with its number
_HIDDEN: Final = re.compile("[\u200b-\u200d\u2060\ufeff]")
_NESTED: Final = re.compile(r"（[^（）]*（[^（）]*）")
_DOUBLED: Final = re.compile(r".{0,9}(?:[，；、：][，；、：。]|。[，；、：。]).{0,9}")
_SIGNS: Final = "，。；：、！？）》”’.,;:!?)"
_OPENING, _CLOSING = "（《“‘〔", "，。；：、！？）》”’〕"  # of a full-width sign of these half is blank
_FULL_LINE: Final = 0.9  # of the type area's width: a line of running text reaches that far
_ANNEX: Final = re.compile(r"(?:附件|Annex )\d+(?:$|[ 　])")
_LONGEST_CELL: Final = 18  # signs of a cell that holds a moment; longer ones are prose


def word_findings(manuscript: Manuscript) -> list[str]:
    """Brackets within brackets and signs beside each other, in the words of a letter."""
    found = []
    for text in _texts_of(manuscript):
        found += [f"brackets within brackets: {one[0]!r}" for one in _NESTED.finditer(text)]
        found += [f"signs beside each other: {one[0]!r}" for one in _DOUBLED.finditer(text)]
    return found


def _texts_of(manuscript: Manuscript) -> Iterator[str]:
    for block in manuscript.blocks:
        if isinstance(block, Paragraph):
            yield block.text
        elif isinstance(block, Table):
            yield from (one.text for row in block.rows for cell in row for one in cell.paragraphs)


def page_findings(pages: Sequence[Page]) -> list[str]:
    """Every finding of a document's pages, in words that name page and text."""
    return [
        f"page {page.number}: {found}"
        for page in pages
        for found in (
            *_outside(page),
            *_overlapping(page),
            *_struck(page),
            *_stretched(page),
            *_lonely(page),
            *_unread(page),
            *_misplaced(page),
            *_torn(page),
            *_hidden(page),
            *(_empty(page) if page is not pages[-1] else ()),
        )
    ]


def _outside(page: Page) -> Iterator[str]:
    for text in page.texts:
        box = text.box
        if text.is_margin and text.size > 40:
            continue  # the watermark
        limits = _EDGE_PT, page.width - _EDGE_PT, _EDGE_PT, page.height - _EDGE_PT
        if box.left < limits[0] or box.right > limits[1] or box.bottom < limits[2] or box.top > limits[3]:
            yield f"text at the edge of the paper or beyond: {text.words!r}"
        elif not text.is_margin and box.right > page.width - _RIGHT_PT + 3 * MM:
            yield f"text beyond the right margin: {text.words!r}"


def _overlapping(page: Page) -> Iterator[str]:
    words = [(text, _ink_of(text)) for text in page.texts if not text.is_margin]
    for (one, box), (other, beside) in combinations(words, 2):
        if _overlap(box, beside, 0.12 * min(one.size, other.size)):
            yield f"text over text: {one.words!r} and {other.words!r}"
    for text, box in words:
        if any(_overlap(box, picture, _SLACK_PT) for picture in page.pictures):
            yield f"text over a picture: {text.words!r}"


def _struck(page: Page) -> Iterator[str]:
    for text in page.texts:
        if not text.is_margin and any(_crosses(rule, _ink_of(text)) for rule in page.rules):
            yield f"a line through {text.words!r}"


def _ink_of(text: Text) -> Box:
    """The ink's box without the blank half of a full-width sign at either end."""
    words, box = text.words.strip(), text.ink
    left = box.left + (0.5 * text.size if words[0] in _OPENING else 0.0)
    return Box(left, box.bottom, box.right - (0.5 * text.size if words[-1] in _CLOSING else 0.0), box.top)


def _crosses(rule: Box, box: Box) -> bool:
    """Whether an upright or level line lies inside a box."""
    return (
        rule.left < box.right - _SLACK_PT
        and rule.right > box.left + _SLACK_PT
        and rule.bottom < box.top - _SLACK_PT
        and rule.top > box.bottom + _SLACK_PT
    )


def _overlap(one: Box, other: Box, slack: float) -> bool:
    """Whether two boxes share more than `slack` both ways."""
    across = min(one.right, other.right) - max(one.left, other.left)
    up = min(one.top, other.top) - max(one.bottom, other.bottom)
    return across > slack and up > slack


def _stretched(page: Page) -> Iterator[str]:
    for text in page.texts:
        if text.stretch > MOST_STRETCHED_SIGNS or text.space_stretch > MOST_STRETCHED:
            yield f"a line stretched {max(text.stretch, text.space_stretch):.2f} times: {text.words!r}"


def _lines(page: Page) -> list[list[Text]]:
    """Runs on one base line that follow each other without a gap, from the top."""
    lines: list[list[Text]] = []
    for text in sorted(
        (one for one in page.texts if not one.is_margin), key=lambda one: (-one.base, one.box.left)
    ):
        same = next(
            (
                line
                for line in reversed(lines)
                if abs(line[-1].base - text.base) < 0.6 * text.size
                and abs(line[-1].box.right - text.box.left) < 0.6 * text.size
            ),
            None,
        )
        if same is None:
            lines.append([text])
        else:
            same.append(text)
    return lines


def _lonely(page: Page) -> Iterator[str]:
    """A paragraph's last line of one or two characters: the line above it is full, and it begins at the margin."""
    edge = page.width - _RIGHT_PT
    lines = [(line, "".join(text.words for text in line)) for line in _lines(page)]
    full = [line[-1].base for line, _ in lines if abs(line[-1].box.right - edge) < 0.6 * line[-1].size]
    for line, words in lines:
        first = line[0]
        if abs(first.box.left - _LEFT_PT) > 1 or len(words.strip().rstrip(_SIGNS)) > 2 or first.size < 12:
            continue
        if any(0 < base - first.base < 2.2 * first.size for base in full):
            yield f"a last line of one or two characters: {words!r}"


def _unread(page: Page) -> Iterator[str]:
    """A page with nothing to read but addresses, a list and a signature, and one line of a text alone over the annex that follows it."""
    lines = [line for line in _lines(page) if line[0].size >= 12]
    edge = _LEFT_PT + _FULL_LINE * (page.width - _RIGHT_PT - _LEFT_PT)
    if (
        page.number > 1
        and not page.pictures
        and not page.rules
        and all(one[-1].ink.right < edge for one in lines)
    ):
        yield "a page without a line of text, a table or a picture"
    marks = [line[0].base for line in lines if _ANNEX.match("".join(text.words for text in line))]
    if marks and len({round(line[0].base) for line in lines if line[0].base > marks[0] + 1}) == 1:
        yield "one line of the text alone over an annex"


def _misplaced(page: Page) -> Iterator[str]:
    """A line at the margin that begins with a sign which ends something."""
    for line in _lines(page):
        words = "".join(text.words for text in line).strip()
        if abs(line[0].box.left - _LEFT_PT) < 1 and words[:1] in set(_CLOSING):
            yield f"a line begins with a sign that ends: {words[:12]!r}"


def _torn(page: Page) -> Iterator[str]:
    """A moment that begins on one line of a table's cell and ends on the next."""
    small = [text for text in page.texts if not text.is_margin and text.size < 12]
    for text in small:
        below = [
            other
            for other in small
            if 0 < text.base - other.base < 1.7 * text.size
            and min(text.box.right, other.box.right) > max(text.box.left, other.box.left)
        ]
        for other in below:
            head, tail = text.words.strip(), other.words.strip()
            if _RANK.search(head) and tail[:1].isdigit():
                yield f"a rank on two lines: {head!r} {tail!r}"
            if len(head) + len(tail) > _LONGEST_CELL or _TOLD.search(head):
                continue
            for found in _MOMENT.finditer(head + tail):
                if found.start() < len(head) < found.end():
                    yield f"a moment on two lines: {head!r} {tail!r}"


def _hidden(page: Page) -> Iterator[str]:
    """A sign without width, which a person copies with the words: an address with one is none."""
    yield from (f"a hidden sign in {text.words!r}" for text in page.texts if _HIDDEN.search(text.words))


def _empty(page: Page) -> Iterator[str]:
    spans = [
        (text.box.bottom - _LEADING * text.size, text.box.top + _LEADING * text.size)
        for text in page.texts
        if not text.is_margin
    ]
    spans += [(box.bottom, box.top) for box in page.pictures]
    filled, reached = 0.0, 0.0
    for bottom, top in sorted(spans):
        filled += max(0.0, top - max(bottom, reached))
        reached = max(reached, top)
    share = filled / (page.height - _TOP_PT - _FOOT_PT)
    if share < LEAST_FILLED:
        yield f"only {share:.0%} of the type area's height is filled"


def figure_findings(figure: Figure) -> list[str]:
    """Words of a picture outside it, over other words, under a mark or a sign (scale bar, north arrow), struck through by a drawn line, or
    hard to read on what they stand on."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    found = _faint(figure, canvas)
    renderer = canvas.get_renderer()
    width, height = canvas.get_width_height()
    pixel = figure.dpi / 72
    edge = _PICTURE_EDGE_PT * pixel
    boxes = [
        (text.get_text(), _box_of(text, renderer))
        for text in _shown(figure, PictureText)
        if text.get_text().strip()
    ]
    found += [
        f"text at the edge of the picture or beyond: {words!r}"
        for words, box in boxes
        if box.left < edge or box.bottom < edge or box.right > width - edge or box.top > height - edge
    ]
    found += [
        f"text over text: {words!r} and {others!r}"
        for (words, box), (others, other) in combinations(boxes, 2)
        if _overlap(box, other, 0.8 * pixel)
    ]
    for sign in _shown(figure, Polygon):
        extent = sign.get_window_extent(renderer)
        drawn = Box(extent.x0, extent.y0, extent.x1, extent.y1)
        found += [f"a drawn sign over {words!r}" for words, box in boxes if _overlap(drawn, box, 0.8 * pixel)]
    for line in _shown(figure, Line2D):
        marks, segments = _drawn_of(line)
        for words, box in boxes:
            inner = Box(
                box.left + 2 * pixel, box.bottom + 2 * pixel, box.right - 2 * pixel, box.top - 2 * pixel
            )
            if any(inner.left < x < inner.right and inner.bottom < y < inner.top for x, y in marks):
                found.append(f"a mark over {words!r}")
            if any(
                shapely.box(inner.left, inner.bottom, inner.right, inner.top).intersects(one)
                for one in segments
            ):
                found.append(f"a line through {words!r}")
    return found


def _faint(figure: Figure, canvas: FigureCanvasAgg) -> list[str]:
    """Words whose colour is near that below them. A light edge helps none but those as dark as ink: it is thinner than their strokes."""
    texts = [
        text
        for text in _shown(figure, PictureText)
        if text.get_text().strip() and text.get_bbox_patch() is None
    ]
    boxes = [_box_of(text, canvas.get_renderer()) for text in texts]
    for text in texts:
        text.set_alpha(0.0)
    edges = [text.get_path_effects() for text in texts]
    for text in texts:
        text.set_path_effects([])
    canvas.draw()
    ground = np.asarray(canvas.buffer_rgba())[::-1, :, :3] / 255
    found = []
    for text, box, edge in zip(texts, boxes, edges, strict=True):
        text.set_alpha(None)
        text.set_path_effects(edge)
        below = ground[
            max(0, int(box.bottom)) : int(box.top) + 1, max(0, int(box.left)) : int(box.right) + 1
        ].reshape(-1, 3)
        own = _luminance(np.array(to_rgb(text.get_color())))
        if not len(below) or (edge and own < _INK_LUMINANCE):
            continue
        around = _luminance(np.median(below, axis=0))
        contrast = (max(own, around) + 0.05) / (min(own, around) + 0.05)
        if contrast < LEAST_CONTRAST:
            found.append(f"text of a contrast of {contrast:.1f}: {text.get_text()!r}")
    canvas.draw()
    return found


def _luminance(rgb: Any) -> float:
    """Of a colour of sRGB, 0 to 1 (WCAG 2)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _drawn_of(line: Line2D) -> tuple[Sequence[tuple[float, float]], Sequence[Any]]:
    """The marks of a line, and its segments, in pixels. Lines of the axes' own grid lie under the words and are no finding."""
    is_of_the_grid = isinstance(line.axes, Axes) and line in (
        *line.axes.get_xgridlines(),
        *line.axes.get_ygridlines(),
    )
    if is_of_the_grid or line.axes is None:
        return (), ()
    points = [(x, y) for x, y in line.get_transform().transform(line.get_xydata()) if x == x and y == y]
    has_line = line.get_linestyle() not in ("None", "none", "") and len(points) > 1
    has_marks = line.get_marker() not in ("None", "none", "", None)
    segments = [shapely.LineString(pair) for pair in pairwise(points)] if has_line else []
    return (points if has_marks else ()), segments


def _shown(figure: Figure, kind: type[T]) -> Iterator[T]:
    """The visible artists of a kind."""
    stack: list[Any] = [figure]
    while stack:
        artist = stack.pop()
        if not artist.get_visible():
            continue
        if isinstance(artist, kind):
            yield artist
        elif not isinstance(artist, Axis) or artist.axes.axison:
            stack += artist.get_children()


def _box_of(text: PictureText, renderer: Any) -> Box:
    box = text.get_window_extent(renderer)
    return Box(box.x0, box.y0, box.x1, box.y1)
