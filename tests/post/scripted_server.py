"""A mail server that says exactly what a script says, byte for byte, whatever SMTP thinks of it."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

Answer = bytes | Callable[[socket.socket], None]
USUAL: Mapping[str, Answer] = {
    "greeting": b"220 here\r\n",
    "EHLO": b"250-here\r\n250 SIZE 33554432\r\n",
    "MAIL": b"250 ok\r\n",
    "RCPT": b"250 ok\r\n",
    "DATA": b"354 go ahead\r\n",
    "line": b"",
    "end": b"250 taken\r\n",
    "RSET": b"250 ok\r\n",
    "NOOP": b"250 ok\r\n",
    "QUIT": b"221 bye\r\n",
}


class ScriptedServer:
    """Answers by the step's name: `greeting`, a verb, `line` (the first line of a body), `end` (its end mark). `commands`
    and `bodies` (those that ended) are what it heard; `sent_bytes` how much of endless answers was taken."""

    def __init__(self, **script: Answer) -> None:
        self._script = {**USUAL, **script}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.commands: list[str] = []
        self.bodies = 0
        self.sent_bytes = 0
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listening.close()
        for thread in self._threads:
            thread.join(5)

    def endless(self, piece: bytes, most: int = 64 * 1024 * 1024) -> Callable[[socket.socket], None]:
        """An answer that never ends by itself."""

        def say(connection: socket.socket) -> None:
            while self.sent_bytes < most:
                self.sent_bytes += connection.send(piece)

        return say

    def dripping(self, piece: bytes, seconds: float = 0.05) -> Callable[[socket.socket], None]:
        """One byte after the other."""

        def say(connection: socket.socket) -> None:
            for byte in piece:
                connection.sendall(bytes([byte]))
                self.sent_bytes += 1
                time.sleep(seconds)

        return say

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            self._say(connection, "greeting")
            while command := stream.readline():
                verb = command[:4].decode("ascii", "replace").upper().strip()
                self.commands.append(verb)
                self._say(connection, verb)
                if verb == "DATA" and self._script["DATA"] != b"554 no\r\n":
                    first = True
                    while (line := stream.readline()) not in (b".\r\n", b""):
                        if first:
                            self._say(connection, "line")
                        first = False
                    if line:
                        self.bodies += 1
                        self._say(connection, "end")
                if verb == "QUIT":
                    return

    def _say(self, connection: socket.socket, step: str) -> None:
        answer = self._script.get(step, b"502 what?\r\n")
        if callable(answer):
            answer(connection)
        elif answer:
            connection.sendall(answer)
