"""The licences of the installed packages against the list of those that this project may ship with: `licences.py [LIST]`.

Run by the environment's own Python. The list has one licence or one package a line: `MIT`, `package: MIT` for a package whose
metadata do not say it in a form that a program can read, with the reason after `#`. Exit 1 names every package that fits nothing.
"""

import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

LIST = Path(__file__).with_name("licences.txt")
_CLASSIFIER = "License :: "
_SPLIT = re.compile(r"\s+(?:AND|OR|WITH)\s+|[()]|\s*[;/,]\s*", re.IGNORECASE)


def allowed(text: str) -> tuple[set[str], dict[str, str]]:
    """The licences, and the packages with the licence that somebody read in their files."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    packages = dict(line.split(": ", 1) for line in lines if ": " in line)
    return {line for line in lines if line and ": " not in line}, packages


def told(package: Distribution) -> list[str]:
    """The licences that a package's metadata name: the SPDX expression, else the classifiers, else a short licence field."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return [one for one in _SPLIT.split(expression) if one]
    classifiers = [one for one in metadata.get_all("Classifier") or [] if one.startswith(_CLASSIFIER)]
    named = [one.rpartition(" :: ")[2] for one in classifiers if one != "License :: OSI Approved"]
    if named:
        return named
    field = str(metadata.get("License") or "").strip()
    return [one for one in _SPLIT.split(field.splitlines()[0]) if one] if field else []


def strange(text: str) -> list[str]:
    """One line a package that the list does not cover."""
    licences, packages = allowed(text)
    found = []
    for package in sorted(distributions(), key=lambda one: one.name.lower()):
        names = [packages[package.name.lower()]] if package.name.lower() in packages else told(package)
        if not names or not set(names) <= licences:
            found.append(f"{package.name} {package.version}: {', '.join(names) or 'no licence told'}")
    return found


def main() -> int:
    """Prints the packages whose licence is not in the list."""
    text = (Path(sys.argv[1]) if len(sys.argv) > 1 else LIST).read_text(encoding="utf-8")
    found = strange(text)
    for line in found:
        print(line, file=sys.stderr)
    print(
        f"licences: {len(list(distributions())) - len(found)} packages as listed, {len(found)} not",
        file=sys.stderr if found else sys.stdout,
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
