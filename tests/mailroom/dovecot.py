"""A Dovecot of the system's (2.3), with IMAP and POP3 on this machine: another hand's reading of the standards than the wheel's."""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from include.simulator.imap_server import HOST, PASSWORD, free_port

START_SECONDS = 30.0
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap pop3
listen = {host}
{users}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
disable_plaintext_auth = no
ssl = {ssl}
{tls}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """Its ports. `imaps` answers only where a certificate was given."""

    imap: int
    imaps: int
    pop3: int


@contextmanager
def dovecot(certificate: Path | None = None) -> Iterator[Dovecot]:
    """A running server with one empty mailbox, whatever the user is called. Skips the test where none is installed."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd, dovecot-pop3d)")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.3."):
        pytest.skip(f"the settings are those of Dovecot 2.3, not {version.split()[0]}")
    # Mail belongs to nobody who is root; a folder that this user can come to.
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    ports = Dovecot(free_port(), free_port() if certificate else 0, free_port())
    tls = f"ssl_cert = <{folder}/tls.pem\nssl_key = <{folder}/tls.pem" if certificate else ""
    if certificate:
        shutil.copy(certificate, folder / "tls.pem")
    for name in ("mail", "home"):
        (folder / name).mkdir()
        if os.getuid() == 0:
            os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    words = {"folder": folder, "host": HOST, "password": PASSWORD, "tls": tls, **vars(ports)}
    words |= {
        "uid": owner.pw_uid,
        "gid": owner.pw_gid,
        "users": _users(),
        "ssl": "yes" if certificate else "no",
    }
    (folder / "dovecot.conf").write_text(CONFIG.format(**words), encoding="utf-8")
    process = subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")], start_new_session=True)
    try:
        _wait(process, ports.imap, folder)
        yield ports
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _users() -> str:
    """Who the server's processes are: those that its package made, or whoever runs the tests."""
    if os.getuid() == 0:
        return ""
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    return f"default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}"


def _wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    log = folder / "log"
    raise AssertionError(f"Dovecot did not start: {log.read_text() if log.exists() else process.poll()}")
