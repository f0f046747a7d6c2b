"""The checksums of a folder of wheels: `checksums.py write FOLDER`, `checksums.py check FOLDER`. Exit 2 when they do not hold.

SHA256SUMS has the form of sha256sum(1). Besides the sums, no wheel may be there that it does not name, and the wheels must be for
the Python that checks.
"""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

NAME = "SHA256SUMS"


def digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(folder: Path) -> None:
    """Writes the sums of every wheel of the folder."""
    wheels = sorted(folder.glob("*.whl"))
    lines = [f"{digest(wheel)}  {wheel.name}\n" for wheel in wheels]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")
    print(f"{folder / NAME}: {len(wheels)} wheels")


def made_for(names: Iterable[str]) -> set[str]:
    """The Pythons (cp311) that wheels with an ABI of one Python alone are for."""
    parts = [name.removesuffix(".whl").split("-") for name in names]
    return {part[-3] for part in parts if len(part) >= 5 and part[-3] == part[-2]}


def problems(folder: Path) -> list[str]:
    """What does not hold, one line each; empty when every wheel is as it was written."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        return [
            f"{folder / NAME}: {error.strerror}; make it where the wheels were made: make wheels WHEELS=…"
        ]
    told = {name: wanted for wanted, _, name in (line.partition("  ") for line in lines)}
    found = {path.name: path for path in folder.glob("*.whl")}
    pythons, own = made_for(found), f"cp{sys.version_info[0]}{sys.version_info[1]}"
    if pythons and own not in pythons:
        others = ", ".join(sorted(f"{one[2]}.{one[3:]}" for one in pythons))
        return [
            f"{folder}: made for Python {others}, this is {sys.version.split()[0]}; say which one: make … PYTHON=python{others}"
        ]
    return (
        [f"{name}: missing" for name in sorted(set(told) - set(found))]
        + [f"{name}: not in {NAME}" for name in sorted(set(found) - set(told))]
        + [f"{name}: changed" for name in sorted(set(told) & set(found)) if digest(found[name]) != told[name]]
    )


def main(arguments: list[str]) -> int:
    """Runs one of the two; returns the exit code."""
    if len(arguments) != 2 or arguments[0] not in ("write", "check"):
        print("checksums.py write|check FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[1])
    if arguments[0] == "write":
        write(folder)
        return 0
    found = problems(folder)
    for line in found:
        print(line, file=sys.stderr)
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
