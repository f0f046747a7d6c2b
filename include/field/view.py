"""How the pages are written: templates, words in the office's language, moments in its zone, and the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from include.field.answers import Speaker
from include.field.bundles import Bundle

PAGES: Final = Path(__file__).parent / "pages"
_EXPRESSION: Final = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_LATIN: Final = str.maketrans(
    {"　": " ", "｜": " | ", "：": ": ", "，": ", ", "；": "; ", "（": " (", "）": ") "}
)
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer: nothing from elsewhere is loaded, framed, indexed or told where the visitor came from."""


@cache
def english() -> Mapping[str, str]:
    """The page's words in English."""
    found: dict[str, str] = yaml.safe_load((PAGES / "words.yaml").read_text(encoding="utf-8"))
    return found


def speaker(language: str) -> Speaker:
    """The words of the page in a language; a text without one stands as it is."""
    words = english() if language == "en" else {}

    def t(text: str, /, **parts: object) -> str:
        found = words.get(text, text)
        return found.format(**parts) if parts else found

    return t


def page(
    name: str, values: Mapping[str, Any], *, bundle: Bundle | None = None, base: str = "", status: int = 200
) -> HTMLResponse:
    """A page of the site. `base`: from its address to the root."""
    language = bundle.language if bundle else "zh"
    zone = ZoneInfo(bundle.zone) if bundle else ZoneInfo("Asia/Shanghai")
    t = speaker(language)

    def moment(at: datetime) -> str:
        local = at.astimezone(zone)
        return f"{local:%Y-%m-%d %H:%M}" if language == "en" else f"{local.month}月{local.day}日{local:%H:%M}"

    def exact(at: datetime) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"

    told = {
        "t": t,
        "moment": moment,
        "exact": exact,
        "day": lambda on: on.isoformat() if isinstance(on, date) else "",
        "base": base,
        "lang": "en" if language == "en" else "zh-CN",
        "bundle": bundle,
    }
    return HTMLResponse(_templates(language).get_template(name).render(told | dict(values)), status, HEADERS)


class _Signs(FileSystemLoader):
    """The templates with Latin signs where the Chinese ones stand between words (never inside an expression)."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """What Jinja asks of a loader."""
        source, name, is_fresh = super().get_source(environment, template)
        parts = _EXPRESSION.split(source)
        parts[::2] = [part.translate(_LATIN) for part in parts[::2]]
        return "".join(parts), name, is_fresh


@cache
def _templates(language: str) -> Environment:
    loader = _Signs(PAGES) if language == "en" else FileSystemLoader(PAGES)
    return Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
