"""A POP3 server of this machine with one mailbox: what a client needs to read it and leave everything there."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pop_server(mails: list[bytes]) -> Iterator[int]:
    """The port of a server that holds these mails; the list may grow while it runs."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("+OK ready")
            while line := self.rfile.readline().decode().strip():
                word, _, told = line.partition(" ")
                if word == "QUIT":
                    self.say("+OK bye")
                    return
                self.answer(word, told)

        def answer(self, word: str, told: str) -> None:
            numbered = list(enumerate(mails, 1))
            if word in ("USER", "PASS"):
                self.say("+OK" if word == "USER" or told == "pw" else "-ERR wrong")
            elif word == "UIDL":
                self.lines([f"{number} uid{hash(mail) & 0xFFFFFF}" for number, mail in numbered])
            elif word == "LIST":
                self.lines([f"{number} {len(mail)}" for number, mail in numbered])
            elif word == "RETR":
                self.say("+OK")
                for part in mails[int(told) - 1].split(b"\r\n"):
                    self.wfile.write((b"." if part.startswith(b".") else b"") + part + b"\r\n")
                self.say(".")
            else:
                self.say("-ERR no")

        def lines(self, rows: list[str]) -> None:
            self.say("+OK")
            for row in [*rows, "."]:
                self.say(row)

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()
