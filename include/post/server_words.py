"""What a mail server says, and why there is no connection to it, for an operator."""

import smtplib
import socket
import ssl
from typing import Final

from include.errors import printable
from include.language import say
from include.post.connection import NOT_SMTP
from include.post.server import MailServer

_LONGEST: Final = 120  # characters that are shown of what came instead


def decoded(answer: bytes) -> str:
    """The server's bytes as text: UTF-8, or else GB18030."""
    try:
        return answer.decode("utf-8")
    except UnicodeDecodeError:
        return answer.decode("gb18030", errors="replace")


def connection_trouble(error: Exception, server: MailServer) -> str:
    """Why there is no connection, for an operator."""
    hidden = (
        error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else None
    )  # a time-out, by smtplib
    cause = hidden or error
    match cause:
        case ssl.SSLCertVerificationError():
            return say(
                "邮件服务器 {label} 的证书不可信：{verify_message}",
                label=server.label,
                verify_message=cause.verify_message,
            )
        case ssl.SSLError():
            return say(
                "与邮件服务器 {label} 的加密连接失败：{reason}",
                label=server.label,
                reason=cause.reason or cause,
            )
        case smtplib.SMTPAuthenticationError():
            return say(
                "邮件服务器 {label} 拒绝登录（{smtp_code}）：请检查用户名和密码",
                label=server.label,
                smtp_code=cause.smtp_code,
            )
        case smtplib.SMTPNotSupportedError():
            return say(
                "邮件服务器 {label} 不支持所要求的加密或登录方式：{cause}", label=server.label, cause=cause
            )
        case smtplib.SMTPResponseException() if cause.smtp_code == NOT_SMTP:
            return say(
                "{label} 应答的不是邮件服务器：应为以三位数字开头的SMTP答复（如“220 …”），收到“{words}”；请检查主机名、端口和加密方式",
                label=server.label,
                words=_words(cause.smtp_error, server),
            )
        case smtplib.SMTPResponseException():
            wanted = "220" if isinstance(cause, smtplib.SMTPConnectError) else "250"
            return say(
                "邮件服务器 {label} 暂不服务：应答{wanted}，收到“{smtp_code} {words}”",
                label=server.label,
                wanted=wanted,
                smtp_code=cause.smtp_code,
                words=_words(cause.smtp_error, server),
            )
        case socket.gaierror():
            return say("找不到邮件服务器 {label}：请检查主机名", label=server.label)
        case ConnectionRefusedError():
            return say("邮件服务器 {label} 拒绝连接：请检查是否在运行、端口是否正确", label=server.label)
        case TimeoutError():
            return say(
                "邮件服务器 {label} 在 {timeout_seconds:g} 秒内没有答复（应先以“220 …”问候）：请检查端口和加密方式",
                label=server.label,
                timeout_seconds=server.timeout_seconds,
            )
        case _:
            return say("无法连接邮件服务器 {label}：{cause}", label=server.label, cause=cause)


def _words(answer: bytes | str, server: MailServer) -> str:
    """The beginning of what came, on one line and without a secret."""
    text = decoded(answer) if isinstance(answer, bytes) else answer
    shown = server.redact(printable(" ".join(text.split())))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
