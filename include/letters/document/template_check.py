"""Whether the templates of a profile can stand in for the shipped ones: their names, what they name, and what they may not leave out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from include.errors import CompositionError
from include.letter_kinds import kinds_where
from include.letters.document.sandbox import FILTERS
from include.letters.document.template_outline import outline
from include.letters.document.template_trial import faults_of_source, try_template
from include.letters.document.templates import SHIPPED
from include.profile.findings import Findings
from include.profile.tables import decoded
from include.profile.values import Profile

# What a letter may not lose, where the shipped template of the same name has it: who writes to whom, number and date, what it is.
OBLIGATORY: Final = frozenset(
    {"主送机关", "发文机关", "文号", "签发日期", "标识清单", "是否模拟", "函件标识", "主题"}
)
LARGEST_BYTES: Final = 4 * 1024 * 1024
_TAG: Final = re.compile(r"\{%(?:p|tr|tc|r)\s")
_VALUE: Final = re.compile(r"\{\{(?:p|tr|tc|r)\s")


def check_templates(folder: Path, findings: Findings) -> None:
    """Notes every fault of the templates in a folder (which need not exist)."""
    if folder.is_symlink() and not folder.resolve().is_relative_to(folder.parent.resolve()):
        return  # no folder of the profile, which its reading says
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder)
        if path.is_dir() or any(part.startswith((".", "~$")) for part in name.parts):
            continue
        if not path.is_file() or (path.is_symlink() and not path.resolve().is_relative_to(folder.resolve())):
            continue  # no file of the profile, which its reading says
        _check(path, name.as_posix(), folder, findings)


def check_language(profile: Profile, findings: Findings) -> None:
    """Notes the templates that an office in another language than Chinese must bring: those of its letters of which the house's own is
    in Chinese."""
    if profile.language == "zh":
        return
    for path in sorted(SHIPPED.iterdir()):
        is_own = (profile.templates_dir / path.name).exists()
        if is_own or not path.is_file() or not _is_used(path.name, profile) or not _is_chinese(path):
            continue
        findings.add(
            f"templates/{path.name}",
            0,
            "the template is missing",
            expected=f"one in this office's language ({profile.language})",
            got="the house's own is in Chinese",
        )


_OF_CHAIN: Final = frozenset({"chain", "dissection"})
_TAGS: Final = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_HAN: Final = re.compile("[\u4e00-\u9fff]")


def _is_used(name: str, profile: Profile) -> bool:
    """Whether a letter that this office sends is worded in the template; those of no kind serve all."""
    stem = name.partition(".")[0].removesuffix("_mail")
    if stem in _OF_CHAIN:
        return profile.chain is not None
    kinds = kinds_where(lambda one: (one.worded_in or one.name) == stem)
    # Codes go with the phone page, which is no choice of kinds.
    return not kinds or stem == "code" or any(kind in profile.letters for kind in kinds)


def _is_chinese(path: Path) -> bool:
    source = None if path.suffix == ".typ" else _source(path, path.name, Findings())
    return source is not None and _HAN.search(_TAGS.sub("", source)) is not None


def _check(path: Path, name: str, folder: Path, findings: Findings) -> None:
    file = f"templates/{name}"
    shipped = SHIPPED / name
    if not shipped.is_file():
        known = sorted(one.name for one in SHIPPED.iterdir() if one.is_file())
        findings.add(file, 0, "no shipped template has this name", expected=", ".join(known), got=name)
        return
    if path.suffix == ".typ":
        return  # a form, without words and without names
    own = _source(path, file, findings)
    if own is None or (parsed := _parsed(own, file, findings)) is None:
        return
    base = _parsed(_source(shipped, file, Findings()) or "", file, Findings())
    wanted = _names(base) & OBLIGATORY if base else set()
    names = names_of_kind(name)
    try:
        uses = list(_uses(parsed))
    except TemplateSyntaxError as error:  # a filter that there is not
        findings.add(file, error.lineno, "the template cannot be used", got=error.message)
        return
    for used, line in uses:
        if used not in names:
            findings.add(
                file,
                line,
                "a name that letters do not have",
                expected="a name of the shipped template",
                got=used,
            )
    for missing in sorted(wanted - _names(parsed)):
        findings.add(file, 0, "a placeholder was removed", expected=f"{{{{ {missing} }}}}", got="none")
    said = list(faults_of_source(parsed))
    for line, what, got in said:
        findings.add(file, line, what, expected="values of the letter, and templates by their names", got=got)
    if not said and (fault := try_template(name, own, (folder, SHIPPED), names)) is not None:
        findings.add(file, fault[0], "the template cannot be filled in", expected="a letter", got=fault[1])


def names_of_kind(name: str) -> set[str]:
    """Every name that some shipped template of the same kind of letter uses: `notice.docx`, `notice_mail.txt` and so on."""
    return set(_names_of(Path(name).name.partition(".")[0].removesuffix("_mail")))


@dataclass(frozen=True)
class TemplateValue:
    """A value that templates of one kind of letter may name. `fields`: what its shipped templates take of it, or of each of its items."""

    name: str
    is_list: bool
    is_obligatory: bool
    fields: tuple[str, ...]


def values_of_templates(kind: str) -> list[TemplateValue]:
    """What letters worded in the templates of a kind (`notice`) give them, as the shipped ones use it, by name."""
    lists: set[str] = set()
    fields: dict[str, set[str]] = {}
    every = list(_parsed_of(kind))
    macros = {one.target for parsed in every for one in parsed.find_all(nodes.Import)}
    for parsed in every:
        free = meta.find_undeclared_variables(parsed) - macros
        for name in free:
            fields.setdefault(name, set())
        for loop in parsed.find_all(nodes.For):
            if isinstance(loop.iter, nodes.Name) and loop.iter.name in free:
                lists.add(loop.iter.name)
                if isinstance(loop.target, nodes.Name):
                    fields[loop.iter.name] |= _fields(loop, loop.target.name)
        for name in free - lists:
            fields[name] |= _fields(parsed, name)
    return [
        TemplateValue(name, name in lists, name in OBLIGATORY, tuple(sorted(fields[name])))
        for name in sorted(fields)
    ]


def kinds_of_templates() -> list[str]:
    """What templates are called without `_mail` and ending: notice, summary, … and the parts that all mails share."""
    found = {
        path.name.partition(".")[0].removesuffix("_mail") for path in SHIPPED.iterdir() if path.is_file()
    }
    return sorted(name for name in found if not name.startswith(("mail_", "official")))


def _fields(within: nodes.Node, name: str) -> set[str]:
    return {
        node.attr
        for node in within.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == name
    }


def _parsed_of(kind: str) -> Iterator[nodes.Template]:
    """The shipped templates of a kind of letter, and the parts that mails share."""
    for path in sorted(SHIPPED.iterdir()):
        if path.suffix == ".typ" or not path.is_file() or not path.name.startswith(("mail_", kind)):
            continue
        if parsed := _parsed(_source(path, path.name, Findings()) or "", path.name, Findings()):
            yield parsed


@cache
def _names_of(kind: str) -> frozenset[str]:
    found: set[str] = set().union(*map(_names, _parsed_of(kind)))
    return frozenset(found | {"节号", "小节号", "表号", "图号"})


def _source(path: Path, file: str, findings: Findings) -> str | None:
    """The template as text, one paragraph of a Word document a line."""
    raw = path.read_bytes()
    if len(raw) > LARGEST_BYTES:
        findings.add(
            file, 0, "the template is too large", expected=f"at most {LARGEST_BYTES} bytes", got=len(raw)
        )
        return None
    if path.suffix != ".docx":
        return decoded(raw, file, findings)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            unpacked = sum(one.file_size for one in package.infolist())
        if unpacked > 16 * LARGEST_BYTES:
            raise ValueError(f"{unpacked} bytes unpacked")
        text = outline(raw)
    except CompositionError as error:
        findings.add(file, 0, error.what, expected=error.todo, got=error.got)
        return None
    except Exception as error:  # a broken document can fail anywhere inside its library, with any exception
        findings.add(file, 0, "no Word document", expected="a .docx", got=f"{type(error).__name__}: {error}")
        return None
    return _VALUE.sub("{{ ", _TAG.sub("{% ", text))


def _parsed(text: str, file: str, findings: Findings) -> nodes.Template | None:
    try:
        return _environment().parse(text)
    except TemplateSyntaxError as error:
        findings.add(
            file, error.lineno, "the template cannot be read", expected="Jinja tags", got=error.message
        )
        return None


def _names(parsed: nodes.Template) -> set[str]:
    made = {node.name for node in parsed.find_all(nodes.Name) if node.ctx == "store"}
    return set(meta.find_undeclared_variables(parsed)) | made


def _uses(parsed: nodes.Template) -> Iterator[tuple[str, int]]:
    """Every name that the template takes from its letter, with the first line that has it."""
    free = meta.find_undeclared_variables(parsed)
    seen: set[str] = set()
    for node in parsed.find_all(nodes.Name):
        if node.name in free and node.name not in seen:
            seen.add(node.name)
            yield node.name, node.lineno


def _environment() -> Environment:
    environment = Environment(autoescape=True)
    environment.filters.update(FILTERS)
    return environment
