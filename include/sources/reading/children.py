"""Processes that read one file of somebody else's: started with nothing of the installation, and gone when the caller is.

Loading what a reader needs takes longer than reading most files: one process (`reader_forks.py`) loads it and forks a reader for
each file, so that a run over hundreds of files loads it once. It ends when it was not asked for some seconds.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen
from threading import Lock
from typing import Any, BinaryIO, Final

from include.errors import InputError
from include.sources.reading.file_names import require_file
from include.sources.reading.reader_forks import KILL, LARGEST_REQUEST

_ROOT: Final = Path(__file__).resolve().parents[3]
_BLOCK: Final = 16
IDLE_SECONDS = 20.0  # without a file to read, after which the process ends


class Reader:
    """A process that reads one file. `stdout`, `stderr`: what it writes; `pid`: None where none could be started."""

    def __init__(self, stdout: BinaryIO, stderr: BinaryIO, status: socket.socket) -> None:
        self.stdout, self.stderr, self._status = stdout, stderr, status
        told = status.recv(_BLOCK)
        self.pid = int(told) if told else None
        self.returncode: int | None = None

    def kill(self) -> None:
        """Ends it, whatever it is at."""
        try:
            self._status.send(KILL, socket.MSG_NOSIGNAL)
        except OSError:
            return  # it has ended

    def wait(self) -> int:
        """How it ended, as `Popen.returncode`; killed, where nobody is left to say."""
        if self.returncode is None:
            try:
                told = self._status.recv(_BLOCK)
            except OSError:
                told = b""
            self.returncode = int(told) if told else -signal.SIGKILL
        return self.returncode

    def close(self) -> None:
        for one in (self.stdout, self.stderr, self._status):
            one.close()


@contextmanager
def child(
    path: Path,
    module: str,
    request: Mapping[str, Any],
    settings: Mapping[str, str],
) -> Iterator[Reader]:
    """`main` of a module of this folder at work on a file, which is its standard input. Raises InputError when it is no file."""
    require_file(path)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError("the file cannot be read", where=str(path), got=error) from error
    with stream:
        reader = _started(stream, program(module), loading(module), json.dumps(request), settings)
    try:
        yield reader
    finally:
        reader.kill()
        reader.wait()
        reader.close()


def program(module: str) -> str:
    """What the process runs."""
    return f"from include.sources.reading.{module} import main; main()"


def loading(module: str) -> str:
    """What is loaded for all of them."""
    return f"from include.sources.reading.{module} import load; load()"


def _started(file: BinaryIO, running: str, loaded: str, request: str, settings: Mapping[str, str]) -> Reader:
    if len(request.encode()) > LARGEST_REQUEST:
        raise InputError(
            "more is asked of a file than a reader takes", expected=str(LARGEST_REQUEST), got=len(request)
        )
    with ExitStack() as theirs:
        pipes = [os.pipe() for _ in range(2)]
        own, status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.enter_context(status)
        for _, end in pipes:
            theirs.callback(os.close, end)
        fds = [file.fileno(), pipes[0][1], pipes[1][1], status.fileno()]
        try:
            _ask(running, loaded, settings, request.encode(), fds)
        except BaseException:
            own.close()
            for end, _ in pipes:
                os.close(end)
            raise
    stdout, stderr = (os.fdopen(end, "rb") for end, _ in pipes)
    return Reader(stdout, stderr, own)


class _Forks:
    """The process that forks readers of one kind, and the socket on which it is asked."""

    def __init__(self, running: str, loaded: str, settings: Mapping[str, str]) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        call = f"from include.sources.reading.reader_forks import serve; serve({running!r}, {loaded!r}, {IDLE_SECONDS})"
        with theirs:
            self.process = Popen(  # noqa: S603
                [sys.executable, "-c", call],
                stdin=theirs.fileno(),
                stdout=DEVNULL,
                stderr=DEVNULL,
                cwd="/",
                env={"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2", **settings},
            )

    def ask(self, request: bytes, fds: list[int]) -> bool:
        """Whether it takes the request: it does not when it has ended."""
        try:
            socket.send_fds(self.control, [request], fds, socket.MSG_NOSIGNAL)
        except OSError:
            return False
        return True

    def leave(self) -> None:
        """Asks it no more: it ends with its last reader."""
        self.control.close()


_forks: Final[dict[tuple[Any, ...], _Forks]] = {}
_left: Final[list[_Forks]] = []
_lock: Final = Lock()


def _ask(running: str, loaded: str, settings: Mapping[str, str], request: bytes, fds: list[int]) -> None:
    """Has a reader started, by the process there is or, where it has ended, by another."""
    key = (os.getpid(), running, *sorted(settings.items()))
    with _lock:
        _left[:] = [one for one in _left if one.process.poll() is None]
        known = _forks.get(key)
        if known is not None and known.ask(request, fds):
            return
        if known is not None:
            known.leave()
            _left.append(known)
        _forks[key] = _Forks(running, loaded, settings)
        _forks[key].ask(request, fds)


@atexit.register
def _leave() -> None:
    """Leaves what this process started (one that was forked from it has no part in that)."""
    for key in [key for key in _forks if key[0] == os.getpid()]:
        _forks[key].leave()
        _forks[key].process.wait()
