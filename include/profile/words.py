"""words.yaml of a profile: how this office says the texts of the house."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

from include.addresses import CONTROL, TURNING
from include.profile.findings import Findings
from include.profile.settings import read_yaml


def read_words(folder: Path, findings: Findings) -> dict[str, str]:
    """The office's word by the house's; each fault is a finding."""
    file = "words.yaml"
    root = read_yaml(folder / file, findings) if (folder / file).is_file() else None
    if root is None:
        return {}
    if not isinstance(root.value, dict):
        findings.add(file, root.line, "no words", expected="a word of the house: the word of this office")
        return {}
    found = {}
    for term, word in root.value.items():
        findings.lines[file, term] = word.line
        if not isinstance(word.value, str):
            findings.add(file, word.line, "no text", expected="a text", got=word.plain())
        elif CONTROL.search(word.value.replace("\n", "")) or TURNING.search(word.value):
            findings.add(file, word.line, "a control character", expected="a text of lines", got=word.value)
        elif (wanted := _parts(term)) is not None and not _fits(word.value, wanted):
            findings.add(
                file,
                word.line,
                "a word with other parts",
                expected=(" ".join(f"{{{name}}}" for name in sorted(wanted)) or "no {part}")
                + ", braces in pairs",
                got=word.value,
            )
        else:
            found[term] = word.value
    return found


def _fits(word: str, wanted: set[str]) -> bool:
    """Whether the parts of a word are among those that the house fills in."""
    told = _parts(word)
    return told is not None and told <= wanted


def _parts(text: str) -> set[str] | None:
    """The names of the {parts} of a text; None where its braces do not pair."""
    try:
        return {name.partition(".")[0] for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
