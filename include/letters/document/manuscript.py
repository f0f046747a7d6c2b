"""What a letter says, in order, without saying how it looks: blocks read from the composed Word document.

The PDF is laid out from a manuscript and the archived docx is where the manuscript was read, so both say the same.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final, Literal

from include.language import say
from include.profile.current import office

MARK_GAP: Final = "　"  # between the marks of one line


@dataclass(frozen=True)
class Run:
    """Text of one look. `footnote` is the text of a footnote whose mark stands after `text`."""

    text: str
    is_bold: bool = False
    position: Literal["", "sub", "super"] = ""
    footnote: tuple["Run", ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """One paragraph with the name of its Word style (see `word_styles`)."""

    style: str
    runs: tuple[Run, ...]
    starts_page: bool = False

    @property
    def text(self) -> str:
        """The words, without footnotes."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Cell:
    """One cell of a table, `span` columns wide."""

    paragraphs: tuple[Paragraph, ...]
    span: int = 1


@dataclass(frozen=True)
class Table:
    """A table; its first `header_rows` rows are repeated on every page."""

    widths_mm: tuple[float, ...]
    header_rows: int
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture as wide as it stands in the Word document; `alt` is read to who cannot see it."""

    content: bytes
    width_mm: float
    alt: str


Block = Paragraph | Table | Picture


@dataclass(frozen=True)
class Manuscript:
    """A whole letter. `marks` is the line that stands on every page (模拟数据, 演练, 预览稿), empty for a real letter."""

    title: str
    author: str
    marks: str
    blocks: tuple[Block, ...]

    def to_json(self) -> str:
        """The data that `templates/official_letter.typ` reads: text only, never markup."""
        return json.dumps(
            {
                "title": self.title,
                "author": self.author,
                "marks": self.marks,
                "mark_lines": self.marks.split(say(MARK_GAP)),
                "language": office().language,
                "blocks": [_block(block) for block in self.blocks],
            },
            ensure_ascii=False,
        )


def width_em(text: str) -> float:
    """The width of a line of 仿宋 in characters: ASCII takes half of one."""
    return sum(0.5 if char < "\x7f" else 1.0 for char in text)


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", **_paragraph(block)}
    if isinstance(block, Picture):
        width, height = _pixels(block.content)
        return {
            "kind": "picture",
            "svg": _framed(block.content),
            "width": width,
            "height": height,
            "width_mm": block.width_mm,
            "alt": block.alt,
        }
    rows = [
        [{"span": cell.span, "paragraphs": [_paragraph(one) for one in cell.paragraphs]} for cell in row]
        for row in block.rows
    ]
    return {"kind": "table", "widths_mm": block.widths_mm, "header_rows": block.header_rows, "rows": rows}


def _pixels(png: bytes) -> tuple[int, int]:
    """Width and height, as its first chunk tells them."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def _framed(png: bytes) -> str:
    """An SVG that is nothing but the picture: Typst reads base64 only there, and an array of numbers takes it 30 times the memory."""
    width, height = _pixels(png)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"><image width="{width}" height="{height}"'
        f' href="data:image/png;base64,{b64encode(png).decode()}"/></svg>'
    )


def _paragraph(paragraph: Paragraph) -> dict[str, Any]:
    runs = [_run(run) for run in paragraph.runs]
    return {"style": paragraph.style, "starts_page": paragraph.starts_page, "runs": runs}


def _run(run: Run) -> dict[str, Any]:
    footnote = [_run(one) for one in run.footnote]
    return {"text": run.text, "bold": run.is_bold, "position": run.position, "footnote": footnote}
