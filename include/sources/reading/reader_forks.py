"""The process that readers of files are forked from: it has loaded what they need, once, and reads no file itself.

`serve` runs in a process started with nothing of the installation. For every request on its standard input (a socket) it forks a
reader, which is new and knows nothing of the files before: the request is its argument, the file its standard input, and its limits
are its own. Imports nothing heavy.
"""

from __future__ import annotations

import os
import resource
import selectors
import signal
import socket
import sys
import traceback
from typing import Final

LARGEST_REQUEST: Final = 1 << 17  # bytes
KILL: Final = b"kill"
_FDS: Final = 4  # standard input, output and error of the reader; the socket on which its end is told
_BLOCK: Final = 16
_MOST_FILES: Final = 1024  # open at once, so that a reader can close them all


def serve(program: str, loading: str, idle_seconds: float) -> None:
    """Runs `loading` once, then a reader that runs `program` for every request, until the caller is gone or has asked for none
    for so long."""
    most = min(_MOST_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    exec(loading, {})  # noqa: S102
    waking, woken = socket.socketpair()
    for end in (waking, woken):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    with socket.socket(fileno=os.dup(0)) as control, selectors.DefaultSelector() as waiting:
        _Readers(program, control, waking, waiting).serve(idle_seconds)
    os._exit(0)


class _Readers:
    """The readers at work: by process the socket on which its caller may end it and is told how it ended."""

    def __init__(
        self, program: str, control: socket.socket, waking: socket.socket, waiting: selectors.BaseSelector
    ) -> None:
        self.program, self.control, self.waking, self.waiting = program, control, waking, waiting
        self.at_work: dict[int, socket.socket] = {}
        waiting.register(control, selectors.EVENT_READ)
        waiting.register(waking, selectors.EVENT_READ)

    def serve(self, idle_seconds: float) -> None:
        is_asked = True
        while is_asked or self.at_work:
            ready = [key.fileobj for key, _ in self.waiting.select(None if self.at_work else idle_seconds)]
            for one in ready:
                if one is self.waking:
                    self.waking.recv(_BLOCK)
                elif isinstance(one, socket.socket) and one is not self.control:
                    self._heard(one)
            self._reap()
            if not ready and not self.at_work:
                self.control.shutdown(socket.SHUT_RD)  # who asks from now on asks another process
            if is_asked and (not ready or self.control in ready) and not self._asked():
                is_asked = False
                self.waiting.unregister(self.control)

    def _asked(self) -> bool:
        """Forks the reader that is asked for; False where nobody will ask any more."""
        request, fds, _, _ = socket.recv_fds(self.control, LARGEST_REQUEST, _FDS)
        if len(fds) < _FDS:
            return False
        pid = os.fork()
        if not pid:
            _read(self.program, request.decode(), fds)
        status = socket.socket(fileno=fds[3])
        for fd in fds[:3]:
            os.close(fd)
        self.at_work[pid] = status
        self.waiting.register(status, selectors.EVENT_READ)
        _tell(status, pid)
        return True

    def _heard(self, status: socket.socket) -> None:
        """The caller wants no more of a reader, or is gone."""
        try:
            is_gone = not status.recv(_BLOCK)
        except OSError:
            is_gone = True
        if is_gone:
            self.waiting.unregister(status)
        for pid in (pid for pid, own in self.at_work.items() if own is status):
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        for pid in list(self.at_work):
            ended, how = os.waitpid(pid, os.WNOHANG)
            if ended:
                status = self.at_work.pop(pid)
                if status.fileno() in self.waiting.get_map():
                    self.waiting.unregister(status)
                _tell(status, os.waitstatus_to_exitcode(how))
                status.close()


def _tell(status: socket.socket, number: int) -> None:
    try:
        status.send(str(number).encode(), socket.MSG_NOSIGNAL)
    except OSError:
        return  # the caller has gone


def _read(program: str, request: str, fds: list[int]) -> None:
    """The reader: nothing is left of the process that it was forked from but what that had loaded."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for place, fd in enumerate(fds[:3]):
            os.dup2(fd, place)
        os.closerange(3, _MOST_FILES)
        sys.stdin, sys.stdout, sys.stderr = open(0, closefd=False), open(1, "w"), open(2, "w")  # noqa: SIM115
        sys.argv = ["-c", request]
        exec(program, {"__name__": "__main__"})  # noqa: S102
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
