"""A real SMTP server that misbehaves on request, and remembers what it truly holds."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from include.post.local_server import LoopbackController, listen

SERVER_PASSWORD = "Zx9-secret-of-the-mail-server"


class FaultyServer:
    """`faults` are names of the branches below, with the address they concern after a colon.

    `held`: how often each (Message-ID, recipient) was taken. `connections`: how often somebody connected.
    """

    def __init__(
        self,
        faults: Sequence[str] = (),
        *,
        certificate: Path | None = None,
        security: str = "none",
        login: bool = False,
        most_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self.faults = set(faults)
        self.held: Counter[tuple[str, str]] = Counter()
        self.connections = 0
        self.commands: list[str] = []
        self._seen: set[str] = set()
        options: dict[str, Any] = {"data_size_limit": most_bytes}
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            options["ssl_context" if security == "ssl" else "tls_context"] = context
        if login:
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        self._controller = _FaultyController(self, listen("127.0.0.1", 0), **options)
        self.port = self._controller.port

    def __enter__(self) -> Self:
        self._controller.start()
        self.connections = 0  # without that of the controller's own check
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=data.password == SERVER_PASSWORD.encode(), handled=False)

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        await self._stall("hang at MAIL")
        for fault, reply in (
            ("552 at MAIL", "552 5.3.4 message too large"),
            ("451 at MAIL", "451 4.3.0 try later"),
            ("421 at MAIL", "421 4.3.2 shutting down"),
        ):
            if fault in self.faults:
                return reply
        if "drop the second MAIL" in self.faults and self.commands.count("MAIL") == 2:
            server.transport.abort()
            return "250 never heard"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append(f"RCPT {address}")
        await self._stall("hang at RCPT")
        if "greylist" in self.faults and address not in self._seen:
            self._seen.add(address)
            return "451 4.7.1 greylisted, come back later"
        if "echo the password in a refusal" in self.faults:
            return f"550 5.7.1 not with {SERVER_PASSWORD}"
        if "refuse all" in self.faults or f"refuse:{address}" in self.faults:
            return "550 5.1.1 no such user"
        if f"421 at RCPT:{address}" in self.faults:
            return "421 4.3.2 shutting down"
        if f"drop at RCPT:{address}" in self.faults:
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        for fault, reply in (
            ("552 after the body", "552 5.3.4 message too large"),
            ("451 after the body", "451 4.3.0 disk full"),
            ("554 after the body", "554 5.7.1 内容被拒".encode().decode("utf-8")),
            ("421 after the body", "421 4.3.2 bye"),
        ):
            if fault in self.faults:
                return reply
        self._keep(envelope)
        await self._stall("hang after the body")
        if "drop the 250" in self.faults:
            server.transport.abort()
        if "nonsense after the body" in self.faults:
            return "hello"
        return f"250 OK {SERVER_PASSWORD if 'echo the password' in self.faults else ''}"

    def _keep(self, envelope: Envelope) -> None:
        identity = str(BytesHeaderParser().parsebytes(envelope.original_content or b"")["Message-ID"])
        self.held.update((identity, address) for address in envelope.rcpt_tos)

    async def _stall(self, fault: str) -> None:
        if fault in self.faults:
            await asyncio.Event().wait()  # until the server is stopped
        if "slow" in self.faults:
            await asyncio.sleep(0.02)


class _FaultySMTP(SMTP):
    def __init__(self, owner: FaultyServer, **options: Any) -> None:
        super().__init__(owner, **options)
        self._owner = owner

    def connection_made(self, transport: Any) -> None:
        self._owner.connections += 1
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:
        if "drop at DATA" in self._owner.faults:
            self.transport.abort()
        elif "451 at DATA" in self._owner.faults:
            await self.push("451 4.3.0 no room just now")
        elif "drop in the body" in self._owner.faults:
            await self.push("354 go ahead")
            await self._reader.readline()
            self.transport.abort()
        else:
            await super().smtp_DATA(arg)


class _FaultyController(LoopbackController):
    def __init__(self, owner: FaultyServer, listening: Any, **options: Any) -> None:
        super().__init__(owner, listening, **options)

    def factory(self) -> SMTP:
        return _FaultySMTP(self.handler, **self.SMTP_kwargs)
