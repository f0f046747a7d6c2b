"""Jinja for the templates of an office: a template reads the values of its letter, and nothing else.

Attributes of Python are closed (`jinja2.sandbox`), a range has at most 100,000 numbers, a product or power stays small, and a
name of a template never leaves the folders of templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from jinja2.sandbox import SandboxedEnvironment

from include.errors import CompositionError
from include.language import counted
from include.letters.document.whole import whole

LARGEST_PRODUCT: Final = 1_000_000  # parts of a text or list, or the value of a power


class TemplateEnvironment(SandboxedEnvironment):
    """The environment of every template of a letter."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """A product or power that stays small. Raises OverflowError."""
        sized, times = (left, right) if isinstance(left, str | list | tuple) else (right, left)
        is_number = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" and is_number and max(abs(left), abs(right)) > 100:
            raise OverflowError("a power that large")
        is_repeated = operator == "*" and isinstance(sized, str | list | tuple) and isinstance(times, int)
        if is_repeated and len(sized) * times > LARGEST_PRODUCT:
            raise OverflowError("a product that large")
        return super().call_binop(context, operator, left, right)


# What a template of a mail may call; one of Word knows `counted` alone.
FILTERS: Final = {"counted": counted, "whole": whole}
# What a template may raise as it is rendered, besides Jinja's own errors.
FAILURES: Final = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


def find_template(name: str, folders: Iterable[Path]) -> Path | None:
    """The file of a template in the first folder that has it; None where none has. Raises CompositionError for a name, or a link,
    that leads out of the folders."""
    folders = tuple(folders)
    if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute() or "\0" in name:
        raise CompositionError(
            "a template outside the folders of templates",
            where="templates",
            expected="a name inside them",
            got=name,
        )
    for folder in folders:
        path = folder / name
        if path.is_file():
            if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
                raise CompositionError(
                    "a template is a link out of its folder",
                    where=str(path),
                    expected="a file",
                    got=path.readlink(),
                )
            return path
    return None
