"""The errors that Qianliyan raises on purpose.

    QianliyanError
    ├── InputError           an argument, a file, a row or a setting cannot be used       (exit code 2)
    ├── SourceError          a source could not be read; nothing of the window was kept   (exit code 2)
    ├── CompositionError     a letter cannot be composed from its figures
    ├── StateError           the letter or delivery is not in a state that allows the action (exit code 2)
    ├── PostRefused          this letter must never reach this mail server
    └── CheckFailed          a check found what must not be                                (exit code 1)

Every message says what is wrong, where, what was expected, what came and what to do next, on one line.
"""


class QianliyanError(Exception):
    """Root of everything raised on purpose; `str()` is one line for an operator."""

    exit_code = 2

    def __init__(
        self, what: str, *, where: str = "", expected: str = "", got: object = None, todo: str = ""
    ) -> None:
        self.what, self.where, self.expected, self.todo = what, where, expected, todo
        self.got = "" if got is None else str(got)
        super().__init__(what)

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.got:
            parts.append(f"got {_shorten(self.got)}")
        if self.todo:
            parts.append(self.todo)
        return "; ".join(" ".join(part.split()) for part in parts)


class InputError(QianliyanError):
    """An argument, a file, a row or a setting cannot be used."""


class SourceError(QianliyanError):
    """A source could not be read; nothing of the asked window was kept."""


class CompositionError(QianliyanError):
    """A letter cannot be composed from its figures (a missing glyph, a template that names an unknown value)."""

    exit_code = 1


class StateError(QianliyanError):
    """A letter or delivery is not in a state that allows the action."""


class PostRefused(QianliyanError):
    """This letter must never reach this mail server (simulated data and a server that is not on this machine)."""

    exit_code = 1


class CheckFailed(QianliyanError):
    """A check found what must not be."""

    exit_code = 1


def _shorten(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
