"""The local mailbox in a process of its own, as `make up` runs it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SERVE = "import sys, pathlib; from include.post.local_server import serve; serve('127.0.0.1', 0, pathlib.Path(sys.argv[1]))"


@contextmanager
def mailbox_process(folder: Path) -> Iterator[int]:
    """Yields the port; the process is ended with SIGTERM and must end well."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline().split(", ")[0].rpartition(":")[2])
        finally:
            process.terminate()
    assert process.returncode == 0, process.returncode
