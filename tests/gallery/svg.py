"""What is wrong with the layout of an SVG picture of ours: words outside it or over each other. Widths are estimated: no font is asked."""

import re
from collections.abc import Iterator
from itertools import combinations
from xml.etree import ElementTree

from tests.gallery.pages import Box

_NAME = "{http://www.w3.org/2000/svg}"
_SLACK = 1.0  # of the picture's own units


def svg_findings(svg: bytes) -> list[str]:
    """Every finding, in words that name the text."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = list(_texts(root, float(root.attrib["font-size"])))
    found = [
        f"text outside the picture: {words!r}"
        for words, box in boxes
        if box.left < 0 or box.bottom < 0 or box.right > width or box.top > height
    ]
    found += [
        f"text over text: {words!r} and {others!r}"
        for (words, box), (others, other) in combinations(boxes, 2)
        if min(box.right, other.right) - max(box.left, other.left) > _SLACK
        and min(box.top, other.top) - max(box.bottom, other.bottom) > _SLACK
    ]
    return found


def _texts(root: ElementTree.Element, usual: float) -> Iterator[tuple[str, Box]]:
    """Words and boxes, y downwards as in the picture; what is turned is turned by a quarter."""
    for one in root.iter(f"{_NAME}text"):
        words, x, y = one.text or "", float(one.get("x", 0)), float(one.get("y", 0))
        size = float(one.get("font-size", usual))
        wide = size * sum(0.56 if sign.isascii() else 1.0 for sign in words)
        if re.match(r"rotate\(-90 ", one.get("transform", "")):
            yield words, Box(x - 0.75 * size, y - wide, x + 0.05 * size, y)
            continue
        left = x - wide * {"middle": 0.5, "end": 1.0}.get(one.get("text-anchor", ""), 0.0)
        yield words, Box(left, y - 0.75 * size, left + wide, y + 0.05 * size)
