"""Which typefaces of GB/T 9704 the PDF has, and what stands in for the others: `make fonts-check`, `make fonts-check FONTS=FOLDER`.

python -m include.letters.document.fonts_check [FOLDER]
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from include.errors import InputError
from include.letters.document.typefaces import ROLES, STAND_INS, load_typefaces

ROLE_NAMES: Final = {
    "fangsong": "正文 仿宋",
    "xiaobiaosong": "标题 小标宋",
    "hei": "一级标题、表头 黑体",
    "kai": "二级标题 楷体",
    "song": "页码 宋体",
}


@dataclass(frozen=True)
class Found:
    """One role: the family that is used, whether it is one of the role's own, and whether it has a bold cut."""

    role: str
    family: str
    is_official: bool
    has_bold: bool


def found_typefaces(fonts_dir: Path | None) -> list[Found]:
    """One row a role, in the order of the standard. Raises InputError as `load_typefaces` does."""
    typefaces = load_typefaces(fonts_dir)
    return [
        Found(role, names[0], names[0] not in STAND_INS, role in typefaces.bold)
        for role, names in typefaces.roles.items()
    ]


def main(arguments: list[str]) -> int:
    """Prints the roles; 2 for a folder without fonts."""
    try:
        rows = found_typefaces(Path(arguments[0]) if arguments else None)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for row in rows:
        bold = "有粗体" if row.has_bold else "无粗体，加粗处以描边代替"
        told = "" if row.is_official else f"；缺：{'、'.join(ROLES[row.role][:-1])}，以{row.family}代替"
        sys.stdout.write(f"{ROLE_NAMES[row.role]}：{row.family}（{bold}）{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
