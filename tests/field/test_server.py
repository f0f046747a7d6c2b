"""The verb: a process of its own with TLS, stopped by a signal; and the settings that it does not need."""

import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import httpx

from include.field.view import HEADERS
from tests.field.pages import WORD, place
from tests.plugins.browser import free_port
from tests.post.conftest import certificate  # noqa: F401  a fixture

ROOT = Path(__file__).resolve().parents[2]


def test_the_verb_serves_the_folder_over_tls(tmp_path: Path, certificate: Path) -> None:  # noqa: F811
    page = place(tmp_path)
    port = free_port()
    # Nothing of the office: no settings, no store, no profile.
    environment = {"PATH": os.environ["PATH"], "QIANLIYAN_VAR": str(tmp_path)}
    command = [sys.executable, "-m", "include", "field", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--certificate", str(certificate), "--private-key", str(certificate)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"https://127.0.0.1:{port}"
        trusted = ssl.create_default_context(cafile=certificate)
        transport = httpx.HTTPTransport(verify=trusted, retries=5)
        with httpx.Client(transport=transport, base_url=f"https://127.0.0.1:{port}") as client:
            assert client.get("/health").text == "ok"
            answer = client.get(f"/f/{WORD}")
        assert answer.status_code == 404  # the clock is today's: a link of 2020 has ended
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
        assert "server" not in answer.headers
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert WORD not in told
    assert page.folder.key.stat().st_mode & 0o007 == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in page.folder.root.iterdir() if path.is_dir()}
    told = dict.fromkeys(("bundles", "units", "devices", "results", "refused"), 0o750)
    assert modes == {**told, "spool": 0o770, "receipts": 0o770}


def test_without_a_key_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "field").mkdir()
    command = [sys.executable, "-m", "include", "field", "--folder", str(tmp_path / "field")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "the phone page has no key" in done.stderr
    assert "field take" in done.stderr
