"""A template of a profile on trial: rendered once with stand-ins for the values of its letter, in bounded time and size.

What is found here would otherwise stop a letter: a value that Python keeps closed, a division by nought, a template that includes
itself or one that there is not, a loop that never comes to an end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from jinja2 import FunctionLoader, Template, TemplateError, TemplateNotFound, nodes
from jinja2.exceptions import TemplateSyntaxError

from include.errors import CompositionError
from include.letters.document.sandbox import FAILURES, FILTERS, TemplateEnvironment, find_template

LONGEST_SECONDS: Final = 5.0
MOST_BROUGHT: Final = 100
LARGEST_CHARACTERS: Final = 4 * 1024 * 1024


class OutOfTime(Exception):
    """A template took longer than it may."""


class StandIn:
    """Stands for any value of a letter: it has every part, holds one thing, can be counted, called and printed."""

    unsafe_callable = alters_data = False  # as the sandbox asks

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> StandIn:
        return self

    def __call__(self, *args: object, **named: object) -> StandIn:
        return self

    def __iter__(self) -> Iterator[StandIn]:
        yield self

    def __contains__(self, one: object) -> bool:
        return True

    def __len__(self) -> int:
        return 1

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0

    def __str__(self) -> str:
        return "1"

    __html__ = __str__

    def __format__(self, form: str) -> str:
        return "1"

    def __hash__(self) -> int:
        return 1

    def _same(self, *others: object) -> StandIn:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __rfloordiv__ = __mod__ = __pow__ = __neg__ = __pos__ = __abs__ = __round__ = _same

    def _holds(self, other: object) -> bool:
        return True

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = _holds


class _Trial(TemplateEnvironment):
    """Brings a template a hundred times at most: one that includes itself would go on for ever."""

    brought = 0

    def get_template(self, *args: Any, **named: Any) -> Template:
        self.brought += 1
        if self.brought > MOST_BROUGHT:
            raise RecursionError
        return super().get_template(*args, **named)


def faults_of_source(parsed: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """What a template must not say, wherever it says it: line, what, what it says."""
    for one in parsed.find_all(nodes.Getattr):
        if one.attr.startswith("_"):
            yield one.lineno, "an attribute of Python", one.attr
    for item in parsed.find_all(nodes.Getitem):
        if isinstance(item.arg, nodes.Const) and str(item.arg.value).startswith("_"):
            yield item.lineno, "an attribute of Python", str(item.arg.value)
    for kind in (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends):
        for brought in parsed.find_all(kind):
            named = getattr(brought, "template", None)
            if not isinstance(named, nodes.Const) or not isinstance(named.value, str):
                yield brought.lineno, "a template that is not named", "an expression"


def try_template(
    name: str, source: str, folders: tuple[Path, ...], names: Mapping[str, Any] | set[str]
) -> tuple[int, str] | None:
    """Renders a template once; the line and what went wrong, None where nothing did. `folders`: where templates that it brings stand."""

    def load(wanted: str) -> tuple[str, str | None, Callable[[], bool]]:
        path = find_template(wanted, folders)
        if path is None:
            raise TemplateNotFound(wanted)
        if path.suffix == ".docx":
            raise TemplateNotFound(wanted, f"{wanted} is a Word document")
        return path.read_text(encoding="utf-8-sig"), None, lambda: True

    environment = _Trial(loader=FunctionLoader(load), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(FILTERS)
    values = {one: StandIn() for one in names}
    try:
        with _limited():
            length = 0
            for piece in environment.from_string(source).generate(values):
                length += len(piece)
                if length > LARGEST_CHARACTERS:
                    return 0, f"more than {LARGEST_CHARACTERS} characters come out of it"
    except OutOfTime:
        return 0, f"it takes longer than {LONGEST_SECONDS:g} s"
    except RecursionError:
        return 0, "it includes itself"
    except TemplateNotFound as error:
        return 0, f"there is no template {error.name}"
    except TemplateSyntaxError as error:
        return error.lineno, str(error.message)
    except CompositionError as error:
        return 0, f"{error.what}: {error.got}"
    except (TemplateError, MemoryError, *FAILURES) as error:
        return _line_in(error), f"{type(error).__name__}: {error}"
    return None


def _line_in(error: BaseException) -> int:
    """The line of the template, where Jinja's own rewriting of the traceback says one."""
    found, at = 0, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<template>":
            found = at.tb_lineno
        at = at.tb_next
    return found


@contextmanager
def _limited() -> Iterator[None]:
    """Within it, a template of this thread is stopped at its next line or call once the time is over: the thread's own, so that no busy
    machine makes a fault."""
    until, before = time.thread_time() + LONGEST_SECONDS, sys.gettrace()

    def traced(frame: FrameType, event: str, arg: object) -> Any:
        if time.thread_time() > until:
            raise OutOfTime
        return traced if frame.f_code.co_filename == "<template>" else None

    sys.settrace(traced)
    try:
        yield
    finally:
        sys.settrace(before)
