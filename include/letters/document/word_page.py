"""The page of a Word template: GB/T 9704-2012 margins and grid, the named styles, head and foot of every page."""

from typing import Any, Final

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm

from include.letters.document import word_styles as names
from include.letters.document.word_styles import WORD_STYLES, WordStyle

_RED_LINE_INDENTS: Final = (
    f' w:left="{round(-8 / 25.4 * 1440)}" w:right="{round(-6 / 25.4 * 1440)}"'  # 170 mm, centred
)
_KEPT_STYLES: Final = ("Normal", "Default Paragraph Font", "Normal Table", "No List")
_BODY_PT: Final = 16  # 三号
_TIGHTER_TWIPS: Final = (
    -5
)  # 28 characters of 16 pt are wider than 156 mm: 15.75 pt each fit, in Word, WPS and LibreOffice

# What a page says at its head and foot: filled in with the line of marks, empty for a real letter.
_MARKS: Final = "{{ 标识 }}"
_PAGE_FIELD: Final = "".join(
    f"<w:r>{inner}</w:r>"
    for inner in (
        "<w:t>— </w:t>",
        '<w:fldChar w:fldCharType="begin"/>',
        "<w:instrText> PAGE </w:instrText>",
        '<w:fldChar w:fldCharType="end"/>',
        '<w:t xml:space="preserve"> —</w:t>',
    )
).replace("<w:t>— ", '<w:t xml:space="preserve">— ')


def lay_out_page(document: Any) -> None:
    """Turns python-docx's default document into an empty official letter."""
    _drop_default_looks(document)
    for name, look in WORD_STYLES.items():
        _add_style(document, name, look)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(22)
    properties = section._sectPr
    for element in properties.findall(qn("w:docGrid")):
        properties.remove(element)
    line_pitch = round(names.LINE_PT * 20)
    properties.append(parse_xml(f'<w:docGrid {nsdecls("w")} w:type="lines" w:linePitch="{line_pitch}"/>'))
    properties.insert(
        0,
        parse_xml(
            f'<w:footnotePr {nsdecls("w")}><w:numFmt w:val="decimalEnclosedCircleChinese"/></w:footnotePr>'
        ),
    )
    section.different_first_page_header_footer = True
    document.settings.odd_and_even_pages_header_footer = True
    for header in (section.header, section.first_page_header, section.even_page_header):
        header.is_linked_to_previous = False
        _set_line(header, names.MARKS, _MARKS)
    for footer, align in (
        (section.footer, "right"),
        (section.even_page_footer, "left"),
        (section.first_page_footer, None),
    ):
        footer.is_linked_to_previous = False
        _set_line(footer, names.MARKS, _MARKS)
        if align:
            _add_page_number(footer, align)
    _add_red_line(section.first_page_footer)


def _set_line(part: Any, style: str, text: str) -> None:
    part.paragraphs[0].style = style
    part.paragraphs[0].add_run(text)


def _add_page_number(footer: Any, align: str) -> None:
    footer.add_paragraph(style=names.PAGE_NUMBER)
    element = footer.paragraphs[-1]._p
    for run in parse_xml(f"<w:p {nsdecls('w')}>{_PAGE_FIELD}</w:p>"):
        element.append(run)
    properties = element.get_or_add_pPr()
    properties.append(parse_xml(f'<w:jc {nsdecls("w")} w:val="{align}"/>'))


def _add_red_line(footer: Any) -> None:
    """The second red double line of a letter with a red head."""
    for text in ("{%p if 红头 %}", "", "{%p endif %}"):
        footer.add_paragraph(text, style=names.MARKS)
    properties = footer.paragraphs[-2]._p.get_or_add_pPr()
    line = f'<w:top w:val="thinThickSmallGap" w:sz="18" w:space="4" w:color="{names.RED}"/>'
    properties.append(parse_xml(f"<w:pBdr {nsdecls('w')}>{line}</w:pBdr>"))
    properties.append(parse_xml(f"<w:ind {nsdecls('w')}{_RED_LINE_INDENTS}/>"))


def _drop_default_looks(document: Any) -> None:
    styles = document.styles.element
    for style in styles.findall(qn("w:style")):
        if style.find(qn("w:name")).get(qn("w:val")) not in _KEPT_STYLES:
            styles.remove(style)
    for element in (*styles.findall(qn("w:docDefaults")), *styles.findall(qn("w:latentStyles"))):
        styles.remove(element)
    styles.insert(
        0,
        parse_xml(
            f"<w:docDefaults {nsdecls('w')}><w:rPrDefault><w:rPr>{_fonts(names.FANGSONG)}"
            f'<w:sz w:val="{2 * _BODY_PT}"/><w:szCs w:val="{2 * _BODY_PT}"/>'
            '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
            "<w:pPrDefault/></w:docDefaults>"
        ),
    )
    package = document.part.package
    for relation in [key for key, one in package.rels.items() if one.reltype.endswith("/thumbnail")]:
        del package.rels[relation]


def _add_style(document: Any, name: str, look: WordStyle) -> None:
    style = document.styles.add_style(name, 1)
    style.quick_style, style.base_style = True, document.styles["Normal"]
    element = style.element
    for child in list(element):
        if child.tag in (qn("w:pPr"), qn("w:rPr")):
            element.remove(child)
    line = names.LINE_PT if look.line_pt is None else look.line_pt
    exact = f'w:line="{round(line * 20)}" w:lineRule="exact"' if line else 'w:line="240" w:lineRule="auto"'
    if name == names.HEAD:
        exact = exact.replace("exact", "atLeast")
    characters = {
        "left": look.left,
        "right": look.right,
        "hanging": look.hanging,
        "firstLine": look.first_line,
    }
    indents = "".join(
        f' w:{side}="{round(count * look.size_pt * 20)}" w:{side}Chars="{round(count * 100)}"'
        for side, count in characters.items()
        if count
    )
    border = ""
    if name == names.HEAD:
        border = f'<w:pBdr><w:bottom w:val="thickThinSmallGap" w:sz="18" w:space="8" w:color="{names.RED}"/></w:pBdr>'
        indents = _RED_LINE_INDENTS
    if look.is_boxed:
        sides = "".join(
            f'<w:{side} w:val="single" w:sz="6" w:space="4" w:color="auto"/>'
            for side in ("top", "left", "bottom", "right")
        )
        border = f"<w:pBdr>{sides}</w:pBdr>"
    element.append(
        parse_xml(
            f"<w:pPr {nsdecls('w')}>"
            + ("<w:keepNext/>" if look.keeps_with_next else "")
            + '<w:widowControl w:val="0"/>'
            + border
            + '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
            + ("" if look.is_on_grid else '<w:snapToGrid w:val="0"/>')
            + f'<w:spacing w:before="{round(look.before_pt * 20)}" w:after="{round(look.after_pt * 20)}" {exact}/>'
            + (f"<w:ind{indents}/>" if indents else "")
            + f'<w:jc w:val="{look.align}"/>'
            + (f'<w:outlineLvl w:val="{look.outline_level - 1}"/>' if look.outline_level else "")
            + "</w:pPr>"
        )
    )
    color = f'<w:color w:val="{look.color}"/>' if look.color else ""
    tighter = f'<w:spacing w:val="{_TIGHTER_TWIPS}"/>' if look.size_pt == _BODY_PT else ""
    element.append(
        parse_xml(
            f"<w:rPr {nsdecls('w')}>{_fonts(look.font)}{color}{tighter}"
            f'<w:sz w:val="{round(2 * look.size_pt)}"/><w:szCs w:val="{round(2 * look.size_pt)}"/></w:rPr>'
        )
    )


def _fonts(font: str) -> str:
    return f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>'
