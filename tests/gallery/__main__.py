"""`make gallery`: every case composed, checked and laid out for a person in one HTML file. Exits 1 when the layout has findings.

python -m tests.gallery [--to FOLDER] [PART-OF-A-NAME …]
"""

import argparse
import sys
from pathlib import Path

from include.house import default_var
from tests.gallery.book import book, section_of
from tests.gallery.cases import cases
from tests.gallery.looking import looked_at


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gallery", description=__doc__)
    parser.add_argument("--to", type=Path, default=default_var() / "gallery")
    parser.add_argument("parts", nargs="*", help="only the cases whose name has one of these in it")
    options = parser.parse_args(arguments)
    sections, count = {}, 0
    for case in cases():
        if options.parts and not any(part in case.name for part in options.parts):
            continue
        with looked_at(case) as (letter, findings):
            sections[case.name] = case.title, section_of(case.name, case.title, letter, findings)
        count += len(findings)
        for one in findings:
            print(f"{case.name}: {one}")
    options.to.mkdir(parents=True, exist_ok=True)
    target = options.to / "index.html"
    target.write_text(book(sections), encoding="utf-8")
    print(f"{target}: {len(sections)} letters, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
