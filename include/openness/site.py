"""All files of a publication, as bytes by path: a function of the editions and the settings, of no clock and no folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from include.open_settings import OpenSettings
from include.openness.figures import Edition
from include.openness.words import LANG_TAGS, Translate, english, simulated_mark, translator
from include.periods import office_zone
from include.profile.rules import RuleBook

TEMPLATES: Final = Path(__file__).parent / "templates"
_MENU: Final = (
    ("index", "总体情况"),
    ("method", "方法"),
    ("dictionary", "数据字典"),
    ("changes", "更新和撤下记录"),
    ("hints", "提供线索"),
)
_LANGUAGE_NAMES: Final = {"zh": "中文", "en": "English"}
_CJK: Final = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_CJK_RUN: Final = re.compile(rf"({_CJK.pattern}+)")
_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,40}")


@dataclass(frozen=True)
class Site:
    """What is rendered. `editions`: all, by month and number, removed ones too; `names_en`: the profile's English of names;
    `rules`: what the profile changes of the rules."""

    editions: tuple[Edition, ...]
    settings: OpenSettings
    issuer: str
    names_en: Mapping[str, str] = field(default_factory=dict)
    rules: RuleBook = field(default_factory=RuleBook)

    @cached_property
    def standing(self) -> tuple[Edition, ...]:
        """The editions that were not taken away."""
        return tuple(one for one in self.editions if not one.is_removed)

    @cached_property
    def current(self) -> tuple[Edition, ...]:
        """The newest edition of each month that stands: what the pages across months show."""
        return tuple({one.first_date: one for one in self.standing}.values())

    @property
    def is_simulated(self) -> bool:
        """Whether any of it is 模拟数据."""
        return any(one.month.is_simulated for one in self.editions)

    @cached_property
    def units(self) -> tuple[tuple[str, str], ...]:
        """Code and last name of every unit of a month that is shown."""
        return tuple(sorted({code: name for one in self.current for code, name in one.month.units}.items()))

    def newest(self, one: Edition) -> Edition | None:
        """The edition that the pages show of the same month; None where all were taken away."""
        return next((other for other in self.current if other.first_date == one.first_date), None)

    def newer(self, one: Edition) -> Edition | None:
        """The newest edition of the same month, where it came after this one."""
        newest = self.newest(one)
        return newest if newest is not None and newest.number > one.number else None

    def removed_after(self, one: Edition) -> tuple[Edition, ...]:
        """The later editions of the same month that were taken away, where none of the later ones stands."""
        if self.newer(one) is not None:
            return ()
        return tuple(
            other
            for other in self.editions
            if other.is_removed and other.first_date == one.first_date and other.number > one.number
        )

    def page(self, base: str, lang: str) -> str:
        """The path of a page in a language: the first language has the plain name."""
        return f"{base}.html" if lang == self.settings.languages[0] else f"{base}.{lang}.html"


def tongue(words: str) -> str:
    """The language tag of a name."""
    return LANG_TAGS["zh" if _CJK.search(words) else "en"]


def unit_file(unit_code: str) -> str:
    """A unit's code as a part of a path."""
    return unit_code if _SAFE.fullmatch(unit_code) else f"u{sha256(unit_code.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Renderer:
    """Renders the pages of one language."""

    site: Site
    lang: str

    @cached_property
    def t(self) -> Translate:
        """The words of this language."""
        return translator(self.lang)

    def named(self, name: str) -> str:
        """A name of the profile (unit, place, category) in this language, as far as there is one; else as the profile names it."""
        return name if self.lang == "zh" else self.site.names_en.get(name) or english().get(name) or name

    def spoken(self, words: str) -> Markup:
        """A text of this page in which Chinese parts say that they are, for whoever has it read aloud."""
        if self.lang == "zh":
            return escape(words)
        part = Markup('<span lang="{}">{}</span>')
        parts = _CJK_RUN.split(words)  # every second one is Chinese
        return Markup("").join(
            part.format(LANG_TAGS["zh"], one) if place % 2 else one for place, one in enumerate(parts)
        )

    def href(self, base: str) -> str:
        """A page of this language, seen from the root."""
        return self.site.page(base, self.lang)

    def rendered(self, template: str, base: str, values: dict[str, Any]) -> tuple[str, bytes]:
        """One page by its path."""
        site, t = self.site, self.t
        path = self.href(base)
        common = {
            "t": t,
            "lang_tag": LANG_TAGS[self.lang],
            "path": path,
            "root": "../" * base.count("/"),
            "home": self.href("index"),
            "menu": [{"path": self.href(name), "name": t(words)} for name, words in _MENU],
            "others": [
                {"path": site.page(base, lang), "tag": LANG_TAGS[lang], "name": _LANGUAGE_NAMES[lang]}
                for lang in site.settings.languages
                if lang != self.lang
            ],
            "site_title": t("热点网格监管公开数据"),
            "mark": simulated_mark() if site.is_simulated else "",
            "issuer": site.issuer,
            "tongue": tongue,
            "spoken": self.spoken,
            "zone": t("北京时间") if (zone := office_zone().key) == "Asia/Shanghai" else zone,
            "licence": site.settings.licence or t("见许可文件"),
        }
        text = _environment().get_template(template).render({**common, **values})
        return path, re.sub(r"\n\s*\n+", "\n", text).encode() + b"\n"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def checksums(files: dict[str, bytes], *, is_simulated: bool) -> bytes:
    """`SHA256SUMS`, which `sha256sum -c` reads; a line that begins with # is none."""
    lines = [f"# {simulated_mark()}"] if is_simulated else []
    lines += [f"{sha256(content).hexdigest()}  {path}" for path, content in sorted(files.items())]
    return ("\n".join(lines) + "\n").encode()


def address(settings: OpenSettings, path: str) -> str:
    """A path under the address where the publication stands, or the path where none is set."""
    return f"{settings.base_url.rstrip('/')}/{quote(path)}" if settings.base_url else quote(path)
