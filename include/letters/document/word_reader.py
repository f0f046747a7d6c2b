"""Reads a Word document into a manuscript: paragraphs with their styles, tables, pictures, footnotes, the marks.

What cannot be laid out faithfully in the PDF (automatic numbering, merged rows, text boxes) is an error that tells the
clerk what to do instead: nothing of a letter may be lost silently.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

from docx import Document
from docx.enum.section import WD_HEADER_FOOTER
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import ns, parse_xml

from include.errors import CompositionError
from include.language import LINE_END, say
from include.letters.document.manuscript import Block, Cell, Manuscript, Paragraph, Picture, Run, Table
from include.letters.document.word_styles import PICTURE, TITLES, house_style

qn: Final = cache(ns.qn)  # asked for every element of a letter
_MM_PER_TWIP: Final = 25.4 / 1440
_MM_PER_EMU: Final = 1 / 36000
_UNREADABLE: Final = {
    qn("w:numPr"): "自动编号（请直接输入序号文字）",
    qn("w:vMerge"): "纵向合并的单元格（请每行填写）",
    qn("w:txbxContent"): "文本框（请改为普通段落）",
    qn("w:endnoteReference"): "尾注（请改用脚注）",
}


def read_manuscript(docx: bytes, where: str = "docx") -> Manuscript:
    """The manuscript of a composed docx. Raises CompositionError for what the PDF could not show."""
    return manuscript_of(Document(io.BytesIO(docx)), where)


def manuscript_of(document: Any, where: str = "docx") -> Manuscript:
    """The manuscript of a Word document that is open. Raises CompositionError for what the PDF could not show."""
    body = document.element.body
    for tag, name in _UNREADABLE.items():
        if next(body.iter(tag), None) is not None:
            raise CompositionError(
                "Word content that the PDF cannot show", where=where, got=name, todo="请在Word模板中改正"
            )
    reader = _Reader(document)
    blocks = tuple(reader.blocks(body))
    title = "".join(block.text for block in blocks if isinstance(block, Paragraph) and block.style in TITLES)
    title = title.replace("\n", say(LINE_END))  # a title of two lines is broken where its words allow
    return Manuscript(title, document.core_properties.author, _marks(document), blocks)


def _marks(document: Any) -> str:
    """What the header says. It is looked up by its relation: a document that was just filled in still has the template's header at hand."""
    reference = document.sections[0]._sectPr.get_headerReference(WD_HEADER_FOOTER.PRIMARY)
    if reference is None:
        return ""
    header = document.part.rels[reference.rId].target_part.element
    return "".join(node.text or "" for node in header.iter(qn("w:t")))


class _Reader:
    """Holds what the paragraphs of one document refer to: style names, footnotes, image parts."""

    def __init__(self, document: Any) -> None:
        self._style_names = {style.style_id: house_style(style.name) for style in document.styles}
        self._parts = document.part.related_parts
        self._footnotes: dict[str, tuple[Run, ...]] = {}
        for relation in document.part.rels.values():
            if relation.reltype == RELATIONSHIP_TYPE.FOOTNOTES:
                for note in parse_xml(relation.target_part.blob).findall(qn("w:footnote")):
                    self._footnotes[note.get(qn("w:id"))] = self._runs(note)

    def blocks(self, body: Any) -> Iterator[Block]:
        for element in body:
            if element.tag == qn("w:p"):
                yield from (
                    self._pictures(element) if element.find(f".//{qn('w:drawing')}") is not None else ()
                )
                paragraph = self._paragraph(element)
                if paragraph.runs or paragraph.style != PICTURE:
                    yield paragraph
            elif element.tag == qn("w:tbl"):
                yield self._table(element)
            elif element.tag == qn("w:sdt"):
                yield from self.blocks(element.find(qn("w:sdtContent")))

    def _paragraph(self, element: Any) -> Paragraph:
        style, starts_page = "Normal", False
        properties = element.find(qn("w:pPr"))
        if properties is not None:
            named = properties.find(qn("w:pStyle"))
            style = self._style_names.get(named.get(qn("w:val")), style) if named is not None else style
            starts_page = _is_on(properties.find(qn("w:pageBreakBefore")))
        return Paragraph(style, self._runs(element), starts_page)

    def _runs(self, element: Any) -> tuple[Run, ...]:
        runs: list[Run] = []
        for run in element.iter(qn("w:r")):
            if run.getparent().tag == qn("w:del"):
                continue
            look = _look(run)
            for node in run:
                if node.tag == qn("w:footnoteReference") and node.get(qn("w:id")) in self._footnotes:
                    runs.append(Run("", footnote=self._footnotes[node.get(qn("w:id"))]))
                    continue
                text = _text(node)
                if not text:
                    continue
                last = runs[-1] if runs else None
                if last and (last.is_bold, last.position, last.footnote) == (look.is_bold, look.position, ()):
                    runs[-1] = replace(look, text=last.text + text)
                else:
                    runs.append(replace(look, text=text))
        return tuple(runs)

    def _table(self, element: Any) -> Table:
        widths = [int(column.get(qn("w:w"))) * _MM_PER_TWIP for column in element.find(qn("w:tblGrid"))]
        rows: list[tuple[Cell, ...]] = []
        header_rows = 0
        for row in element.findall(qn("w:tr")):
            header = row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}")
            header_rows += _is_on(header) and header_rows == len(rows)
            rows.append(tuple(self._cell(cell) for cell in row.findall(qn("w:tc"))))
        return Table(tuple(round(width, 1) for width in widths), header_rows, tuple(rows))

    def _cell(self, element: Any) -> Cell:
        span = element.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
        paragraphs = tuple(self._paragraph(one) for one in element.findall(qn("w:p")))
        return Cell(paragraphs, int(span.get(qn("w:val"))) if span is not None else 1)

    def _pictures(self, element: Any) -> Iterator[Picture]:
        for drawing in element.iter(qn("w:drawing")):
            blip = next(drawing.iter(qn("a:blip")))
            properties = next(drawing.iter(qn("wp:docPr")))
            width = int(next(drawing.iter(qn("wp:extent"))).get("cx")) * _MM_PER_EMU
            content = self._parts[blip.get(qn("r:embed"))].blob
            yield Picture(content, round(width, 1), properties.get("descr") or properties.get("name") or "")


def _text(node: Any) -> str:
    if node.tag == qn("w:t"):
        return node.text or ""
    if node.tag == qn("w:br"):
        return "\n"
    if node.tag == qn("w:noBreakHyphen"):
        return "-"
    return "　" if node.tag == qn("w:tab") else ""


def _look(run: Any) -> Run:
    properties = run.find(qn("w:rPr"))
    if properties is None:
        return Run("")
    aligned = properties.find(qn("w:vertAlign"))
    value = aligned.get(qn("w:val")) if aligned is not None else ""
    bold = _is_on(properties.find(qn("w:b")))
    if value == "subscript":
        return Run("", bold, "sub")
    return Run("", bold, "super") if value == "superscript" else Run("", bold)


def _is_on(element: Any) -> bool:
    return element is not None and element.get(qn("w:val")) not in ("0", "false", "off")
