"""Processes that read one file of somebody else's: started with nothing of the installation, and gone when the caller is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any, Final

from include.errors import InputError
from include.sources.reading.file_names import require_file

_ROOT: Final = Path(__file__).resolve().parents[3]


@contextmanager
def child(
    path: Path,
    module: str,
    request: Mapping[str, Any],
    settings: Mapping[str, str],
    *,
    stderr: int = DEVNULL,
) -> Iterator[Popen[bytes]]:
    """`main` of a module of this folder at work on a file, which is its standard input. Raises InputError when it is no file."""
    require_file(path)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError("the file cannot be read", where=str(path), got=error) from error
    with stream:
        process = Popen(  # noqa: S603
            [sys.executable, "-c", program(module), json.dumps(request)],
            stdin=stream,
            stdout=PIPE,
            stderr=stderr,
            cwd="/",
            env={"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2", **settings},
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def program(module: str) -> str:
    """What the process runs."""
    return f"from include.sources.reading.{module} import main; main()"
