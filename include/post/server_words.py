"""What a mail server says, and why there is no connection to it, for an operator."""

import smtplib
import socket
import ssl

from include.post.server import MailServer


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
        case smtplib.SMTPResponseException():
            return f"邮件服务器 {server.label} 暂不服务（{cause.smtp_code}）"
        case socket.gaierror():
            return f"找不到邮件服务器 {server.label}：请检查主机名"
        case ConnectionRefusedError():
            return f"邮件服务器 {server.label} 拒绝连接：请检查是否在运行、端口是否正确"
        case TimeoutError():
            return f"邮件服务器 {server.label} 在 {server.timeout_seconds:g} 秒内没有答复"
        case _:
            return f"无法连接邮件服务器 {server.label}：{cause}"
