"""The mail that brings a letter: subject, HTML and plain text, each from its own template.

The HTML is one line with inline CSS and no outside resources, its only link that of the phone page where there is one; the text is
written as text, not stripped HTML.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, select_autoescape

from include.errors import CompositionError
from include.language import LINE_END, say
from include.letters.document.formulas import subscripted
from include.letters.document.manuscript import MARK_GAP
from include.letters.document.sandbox import FAILURES, FILTERS, TemplateEnvironment
from include.letters.document.templates import template_text


@dataclass(frozen=True)
class Mail:
    """What the post builds a message from."""

    subject: str
    html: str
    text: str


def compose_mail(kind: str, values: dict[str, Any]) -> Mail:
    """The mail of `templates/<kind>_mail.html` and `.txt`; the text template sets the subject as 主题."""
    names = values | {"标识清单": values["标识"].split(say(MARK_GAP)) if values["标识"] else []}
    environment = _environment()
    try:
        html = environment.get_template(f"{kind}_mail.html").render(names)
        module: Any = environment.get_template(f"{kind}_mail.txt").make_module(names)
        subject, text = str(module.主题), str(module)
    except (TemplateError, *FAILURES) as error:
        raise CompositionError(
            f"the mail cannot be composed: {error}", where=f"{kind}_mail", todo="correct the template"
        ) from error
    is_kept = "/" in kind  # of an earlier edition: made again as it was
    lowered = str if is_kept else subscripted
    return Mail(_one_line(subject), lowered(_one_line(html)), lowered(text.strip()) + "\n")


@cache
def _environment() -> TemplateEnvironment:
    environment = TemplateEnvironment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(("html",)),
    )
    environment.filters.update(FILTERS)
    return environment


def _source(name: str) -> tuple[str, str, Callable[[], bool]]:
    """What Jinja asks of a loader; it compiles again what reads otherwise than when it was compiled."""
    text = template_text(name)
    return text, name, lambda: template_text(name) == text


def _one_line(text: str) -> str:
    """One line. Chinese needs no space where a line ends, other languages do; a tag of a template is never broken over lines, and
    beside a tag nobody sees the space."""
    lines = (line.strip() for line in text.splitlines())
    return say(LINE_END).join(filter(None, lines)).strip()
