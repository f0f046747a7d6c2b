"""What a mail server says, and why there is no connection to it, for an operator."""

import smtplib
import socket
import ssl
from typing import Final

from include.errors import printable
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
            return f"邮件服务器 {server.label} 的证书不可信：{cause.verify_message}"
        case ssl.SSLError():
            return f"与邮件服务器 {server.label} 的加密连接失败：{cause.reason or cause}"
        case smtplib.SMTPAuthenticationError():
            return f"邮件服务器 {server.label} 拒绝登录（{cause.smtp_code}）：请检查用户名和密码"
        case smtplib.SMTPNotSupportedError():
            return f"邮件服务器 {server.label} 不支持所要求的加密或登录方式：{cause}"
        case smtplib.SMTPResponseException() if cause.smtp_code == NOT_SMTP:
            return (
                f"{server.label} 应答的不是邮件服务器：应为以三位数字开头的SMTP答复（如“220 …”），收到“{_words(cause.smtp_error, server)}”；"
                "请检查主机名、端口和加密方式"
            )
        case smtplib.SMTPResponseException():
            wanted = "220" if isinstance(cause, smtplib.SMTPConnectError) else "250"
            return f"邮件服务器 {server.label} 暂不服务：应答{wanted}，收到“{cause.smtp_code} {_words(cause.smtp_error, server)}”"
        case socket.gaierror():
            return f"找不到邮件服务器 {server.label}：请检查主机名"
        case ConnectionRefusedError():
            return f"邮件服务器 {server.label} 拒绝连接：请检查是否在运行、端口是否正确"
        case TimeoutError():
            return (
                f"邮件服务器 {server.label} 在 {server.timeout_seconds:g} 秒内没有答复（应先以“220 …”问候）："
                "请检查端口和加密方式"
            )
        case _:
            return f"无法连接邮件服务器 {server.label}：{cause}"


def _words(answer: bytes | str, server: MailServer) -> str:
    """The beginning of what came, on one line and without a secret."""
    text = decoded(answer) if isinstance(answer, bytes) else answer
    shown = server.redact(printable(" ".join(text.split())))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
