"""Whether the templates of a profile can stand in for the shipped ones: their names, what they name, and what they may not leave out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from include.language import counted
from include.letters.document.template_outline import outline
from include.letters.document.templates import SHIPPED
from include.profile.findings import Findings

# What a letter may not lose, where the shipped template of the same name has it: who writes to whom, number and date, what it is.
OBLIGATORY: Final = frozenset(
    {"主送机关", "发文机关", "文号", "签发日期", "标识清单", "是否模拟", "函件标识", "主题"}
)
LARGEST_BYTES: Final = 4 * 1024 * 1024
_TAG: Final = re.compile(r"\{%(?:p|tr|tc|r)\s")
_VALUE: Final = re.compile(r"\{\{(?:p|tr|tc|r)\s")


def check_templates(folder: Path, findings: Findings) -> None:
    """Notes every fault of the templates in a folder (which need not exist)."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith((".", "~$")):
            _check(path, path.relative_to(folder).as_posix(), findings)


def _check(path: Path, name: str, findings: Findings) -> None:
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


def names_of_kind(name: str) -> set[str]:
    """Every name that some shipped template of the same kind of letter uses: `notice.docx`, `notice_mail.txt` and so on."""
    kind = Path(name).name.partition(".")[0].removesuffix("_mail")
    found: set[str] = set()
    for path in SHIPPED.iterdir():
        is_shared = path.name.startswith("mail_")
        if path.is_file() and path.suffix != ".typ" and (is_shared or path.name.startswith(f"{kind}")):
            parsed = _parsed(_source(path, path.name, Findings()) or "", path.name, Findings())
            found |= _names(parsed) if parsed else set()
    return found | {"节号", "小节号", "表号", "图号"}


def _source(path: Path, file: str, findings: Findings) -> str | None:
    """The template as text, one paragraph of a Word document a line."""
    raw = path.read_bytes()
    if len(raw) > LARGEST_BYTES:
        findings.add(
            file, 0, "the template is too large", expected=f"at most {LARGEST_BYTES} bytes", got=len(raw)
        )
        return None
    if path.suffix != ".docx":
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            findings.add(file, line, "the file is no UTF-8", expected="UTF-8", got="other bytes")
            return None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            unpacked = sum(one.file_size for one in package.infolist())
        if unpacked > 16 * LARGEST_BYTES:
            raise ValueError(f"{unpacked} bytes unpacked")
        text = outline(raw)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        findings.add(file, 0, "no Word document", expected="a .docx", got=error)
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
    environment.filters["counted"] = counted
    return environment
