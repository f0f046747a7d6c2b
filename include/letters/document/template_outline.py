"""Word templates without Word: a new template from an outline, and the outline of a template as text.

The `.docx` under `templates/` is the only place of a letter's wording once it exists: a clerk edits it in Word, and what
is written there is what is sent. So `write_template` refuses to touch an existing file; it is for new kinds of letter and
for people without Word, who print an outline, edit it and write it under a new name. `show` makes a template readable in
a review (it can be git's `diff.docx.textconv` for files with the attribute `diff=docx`).

    python -m include.letters.document.template_outline show include/letters/templates/notice.docx
    python -m include.letters.document.template_outline new include/letters/templates/weekly_summary.docx < outline.txt

One line of an outline is one paragraph, `style｜text`, or a part of a table:

    公文正文｜近7日PM~2.5~最高**180**μg/m³[[1小时均值。]]      ~sub~  ^super^  **bold**  [[footnote]]
    公文附件标记 另页｜附件                                      starts a new page
    表格｜9 20 127                                              widths of the columns in mm, then its rows:
    表头｜公文小表头｜序号｜网格编号｜点位名称                     repeated on every page
    表控｜{%tr for 行 in 报警表 %}                               a row that holds only a control tag
    表行｜公文小表文字｜{{ 行.序号 }}｜{{ 行.网格编号 }}｜<{{ 行.点位名称 }}    `<` aligns the cell left
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm

from include.errors import InputError
from include.letters.document import word_styles as names
from include.letters.document.manuscript import Block, Paragraph, Picture, Run, Table
from include.letters.document.office_package import word_bytes
from include.letters.document.word_page import lay_out_page
from include.letters.document.word_reader import read_manuscript

_LEFT: Final = {names.TABLE_TEXT: names.TABLE_LEFT, names.SMALL_TEXT: names.SMALL_LEFT}
_PIECE: Final = re.compile(
    r"\[\[(?P<note>.+?)\]\]|~(?P<sub>[^~]+)~|\^(?P<super>[^^]+)\^|\*\*(?P<bold>.+?)\*\*"
)
_TABLE_LINES: Final = ("表格", "表头", "表控", "表行")


def write_template(path: Path, outline: str) -> None:
    """Writes a new Word template from an outline. Raises InputError when the file exists or a line is not understood."""
    if path.exists():
        raise InputError(
            "the template exists, and a clerk may have changed it",
            where=str(path),
            todo="edit it in Word, or write the outline under a new name",
        )
    document = Document()
    footnotes: list[list[Run]] = []
    lay_out_page(document)
    table: Any = None
    for number, line in enumerate(outline.splitlines(), start=1):
        if not line.strip():
            continue
        kind, _, rest = line.strip().partition("｜")
        if kind in _TABLE_LINES:
            table = _add_table_line(document, table, kind, rest, footnotes)
            continue
        table = None
        style, _, flag = kind.partition(" ")
        if style not in names.WORD_STYLES:
            raise InputError(
                "unknown style", where=f"outline line {number}", got=kind, expected="a name of word_styles"
            )
        paragraph = document.add_paragraph(style=style)
        if flag == "另页":
            paragraph.paragraph_format.page_break_before = True
            paragraph.paragraph_format.space_before = 0
        _add_runs(paragraph, rest, footnotes)
    _add_footnotes(document, footnotes)
    path.write_bytes(word_bytes(document))


def outline(template: bytes) -> str:
    """The outline of a template: what `write_template` would need to write it again."""
    return "\n".join(line for block in read_manuscript(template).blocks for line in _outline_of(block)) + "\n"


def _outline_of(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield f"{block.style}{' 另页' if block.starts_page else ''}｜{_marked(block.runs)}"
    elif isinstance(block, Picture):
        yield f"{names.PICTURE}｜（图：{block.alt}）"
    else:
        yield from _outline_of_table(block)


def _outline_of_table(table: Table) -> Iterator[str]:
    yield "表格｜" + " ".join(f"{width:g}" for width in table.widths_mm)
    for index, row in enumerate(table.rows):
        if row[0].paragraphs[0].style == names.CONTROL:
            yield "表控｜" + row[0].paragraphs[0].text
            continue
        style = next(
            (p.style for cell in row for p in cell.paragraphs if p.style not in _LEFT.values()),
            names.TABLE_TEXT,
        )
        cells = [
            ("<" if cell.paragraphs[0].style in _LEFT.values() else "")
            + "".join(_marked(p.runs) for p in cell.paragraphs)
            for cell in row
        ]
        yield "｜".join(["表头" if index < table.header_rows else "表行", style, *cells])


def _marked(runs: tuple[Run, ...]) -> str:
    text = ""
    for run in runs:
        sign = {"sub": "~", "super": "^"}.get(run.position, "**" if run.is_bold else "")
        text += f"{sign}{run.text}{sign}" if run.text else ""
        text += f"[[{_marked(run.footnote)}]]" if run.footnote else ""
    return text


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    for match in _PIECE.finditer(text):
        yield "", text[at : match.start()]
        kind = match.lastgroup or ""
        yield kind, match[kind]
        at = match.end()
    yield "", text[at:]


def _runs(text: str) -> list[Run]:
    positions: dict[str, Any] = {"sub": "sub", "super": "super"}
    return [Run(piece, kind == "bold", positions.get(kind, "")) for kind, piece in _pieces(text) if piece]


def _add_runs(paragraph: Any, text: str, footnotes: list[list[Run]]) -> None:
    for kind, piece in _pieces(text):
        if kind == "note":
            footnotes.append(_runs(piece))
            reference = f'<w:footnoteReference w:id="{len(footnotes)}"/>'
            paragraph._p.append(
                parse_xml(
                    f'<w:r {nsdecls("w")}><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>{reference}</w:r>'
                )
            )
        elif piece:
            run = paragraph.add_run(piece)
            look = {"bold": "bold", "sub": "subscript", "super": "superscript"}.get(kind)
            if look:
                setattr(run.font, look, True)


def _add_table_line(document: Any, table: Any, kind: str, rest: str, footnotes: list[list[Run]]) -> Any:
    if kind == "表格":
        widths = [Mm(float(width)) for width in rest.split()]
        table = document.add_table(rows=0, cols=len(widths))
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        properties = table._tbl.tblPr
        properties.insert_element_before(
            parse_xml(_TABLE_BORDERS), "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook"
        )
        properties.insert_element_before(parse_xml(_CELL_MARGINS), "w:tblLook")
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        return table
    row = table.add_row()
    row._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
    for cell, column in zip(row.cells, table.columns, strict=True):
        cell.width, cell.vertical_alignment = column.width, 1
    if kind == "表控":
        merged = row.cells[0].merge(row.cells[-1])
        for extra in merged.paragraphs[1:]:
            extra._p.getparent().remove(extra._p)
        merged.paragraphs[0].style = names.CONTROL
        merged.paragraphs[0].add_run(rest)
        return table
    style, *texts = rest.split("｜")
    if kind == "表头":
        row._tr.trPr.append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    for cell, text in zip(row.cells, texts, strict=True):
        cell.paragraphs[0].style = _LEFT[style] if text.startswith("<") else style
        _add_runs(cell.paragraphs[0], text.removeprefix("<"), footnotes)
    return table


_CELL_MARGINS: Final = (
    f"<w:tblCellMar {nsdecls('w')}>"
    + "".join(f'<w:{side} w:w="30" w:type="dxa"/>' for side in ("top", "left", "bottom", "right"))
    + "</w:tblCellMar>"
)
_TABLE_BORDERS: Final = (
    f"<w:tblBorders {nsdecls('w')}>"
    + "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + "</w:tblBorders>"
)


def _add_footnotes(document: Any, footnotes: list[list[Run]]) -> None:
    """python-docx knows no footnotes: the part is written here, with the two separators that Word expects."""
    root = parse_xml(
        f"<w:footnotes {nsdecls('w')}>"
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        '<w:footnote w:type="continuationSeparator" w:id="0">'
        "<w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote></w:footnotes>"
    )
    style_id = document.styles[names.FOOTNOTE].style_id
    for number, runs in enumerate(footnotes, start=1):
        note = parse_xml(
            f'<w:footnote {nsdecls("w")} w:id="{number}"><w:p><w:pPr><w:pStyle w:val="{style_id}"/></w:pPr>'
            '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r></w:p></w:footnote>'
        )
        for run in runs:
            look = {"sub": "subscript", "super": "superscript"}.get(run.position)
            element = parse_xml(f'<w:r {nsdecls("w")}><w:t xml:space="preserve"/></w:r>')
            if look:
                element.insert(0, parse_xml(f'<w:rPr {nsdecls("w")}><w:vertAlign w:val="{look}"/></w:rPr>'))
            element.find(qn("w:t")).text = run.text
            note[0].append(element)
        root.append(note)
    part = Part(
        PackURI("/word/footnotes.xml"),
        CONTENT_TYPE.WML_FOOTNOTES,
        serialize_part_xml(root),
        document.part.package,
    )
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def main(arguments: list[str]) -> int:
    """`show PATH` prints an outline; `new PATH` writes a template from the outline on standard input."""
    match arguments:
        case ["show", path]:
            sys.stdout.write(outline(Path(path).read_bytes()))
        case ["new", path]:
            write_template(Path(path), sys.stdin.read())
        case _:
            sys.stderr.write(
                "usage: python -m include.letters.document.template_outline show PATH | new PATH < OUTLINE\n"
            )
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
