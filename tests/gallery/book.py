"""The gallery as one HTML file: pages as pictures beside each other, which a click shows at their full size, mails in frames of 390 and
1,000 px, light and dark; a tick shows all in black and white."""

import io
from base64 import b64encode
from html import escape
from typing import Any, Final

import numpy as np
import typst
from PIL import Image

from include.letters.composition import Letter
from include.letters.document.press import FORM, form_inputs, settled
from include.letters.document.templates import template
from include.letters.document.typefaces import load_typefaces
from include.letters.document.word_reader import read_manuscript
from include.letters.report import PICTURE

SMALL_PPI, READ_PPI = 72, 120  # of a page to look at, and of one to read
_COLOURS: Final = 64  # of a page: what it shows stays the same, in a third of the bytes
MAIL_WIDTHS: Final = (390, 1000)
_DARK: Final = "@media (prefers-color-scheme:dark)"
_STYLE: Final = """
body{font-family:sans-serif;margin:0;background:#d8dce0;color:#1a2129}
nav{position:sticky;top:0;background:#1a2129;padding:6px 10px;overflow-x:auto;white-space:nowrap}
nav a{color:#fff;margin-right:12px;font-size:13px}
section{padding:14px 10px 26px;border-bottom:2px solid #9aa4ae}
.row{display:flex;gap:8px;overflow-x:auto;align-items:flex-start}
.row label{flex:none}
.row input{display:none}
.row img{height:760px;background:#fff;box-shadow:0 1px 4px #0005;cursor:zoom-in}
.row input:checked+img{height:auto;cursor:zoom-out}
iframe{border:0;height:1100px;background:#fff;flex:none}
.bad{color:#b00020}
body:has(#grey:checked) :is(img,iframe){filter:grayscale(1)}
"""


def page_images(docx: bytes, ppi: int = SMALL_PPI) -> list[bytes]:
    """The pages of a letter as PNG, set from its Word file as the PDF is."""
    typefaces = load_typefaces()
    inputs = form_inputs(read_manuscript(docx), typefaces)
    compiler: Any = typst.Compiler(font_paths=typefaces.fonts)
    found, _ = settled(
        lambda joins: compiler.compile_with_warnings(
            template(FORM), format="png", ppi=ppi, sys_inputs=inputs | joins
        )
    )
    return [found] if isinstance(found, bytes) else list(found)


def section_of(name: str, title: str, letter: Letter, findings: list[str]) -> str:
    """One letter: its findings, its pages, its mail four times."""
    docx, html, inline = (letter.file(role) for role in ("docx", "html", "inline"))
    parts = [f'<section id="{escape(name)}"><h2>{escape(title)}</h2><p>{escape(letter.subject)}</p>']
    parts += [f'<p class="bad">{escape(one)}</p>' for one in findings]
    if docx is not None:
        parts.append('<div class="row">')
        parts += [
            f'<label><input type="checkbox"><img loading="lazy" alt="" src="{_data(_lighter(page))}"></label>'
            for page in page_images(docx.content, READ_PPI)
        ]
        parts.append("</div>")
    if html is not None:
        text = html.content.decode()
        if inline is not None:
            text = text.replace(PICTURE, _data(inline.content))
        parts.append('<h3>邮件</h3><div class="row">')
        for shown in (light(text), dark(text)):
            parts += [
                f'<iframe loading="lazy" sandbox="" width="{width}" srcdoc="{escape(shown)}"></iframe>'
                for width in MAIL_WIDTHS
            ]
        parts.append("</div>")
    parts.append("</section>")
    return "".join(parts)


def book(sections: dict[str, tuple[str, str]]) -> str:
    """The whole file; `sections`: title and HTML by name."""
    links = "".join(f'<a href="#{escape(name)}">{escape(title)}</a>' for name, (title, _) in sections.items())
    body = "".join(html for _, html in sections.values())
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>函件样张</title><style>{_STYLE}</style></head>'
        f'<body><nav><label style="color:#fff;margin-right:16px"><input type="checkbox" id="grey">黑白</label>{links}</nav>'
        f"{body}</body></html>\n"
    )


def light(html: str) -> str:
    """A mail as a program in its light look shows it, whatever the browser's own is."""
    return html.replace(_DARK, "@media not all")


def dark(html: str) -> str:
    """A mail as a program in its dark look shows it."""
    return html.replace(_DARK, "@media all")


def _lighter(png: bytes) -> bytes:
    """The same picture in few colours: those that fill the most of it stay as they are, the others, edges of letters, become the nearest."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.int32)
    codes, places, counts = np.unique(pixels @ (1 << 16, 1 << 8, 1), return_inverse=True, return_counts=True)
    found = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    kept = found[np.argsort(-counts, kind="stable")[:_COLOURS]]
    nearest = np.abs(found[:, None] - kept[None]).sum(axis=2).argmin(axis=1).astype(np.uint8)
    picture = Image.fromarray(nearest[places].reshape(pixels.shape[:2]), "P")
    picture.putpalette(kept.astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _data(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"
