"""The layer before Airflow's API: which answers to the question of a run it refuses. In a process of its own, with an API that takes all."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RUN = "/api/v2/dags/half_monthly_bulletin/dagRuns/manual__2020-03-16T00:00:00+00:00/taskInstances"
APPROVE = f"{RUN}/approve/-1/hitlDetails"
ASK = """
import json, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
import signatures

async def taken(request):
    return PlainTextResponse((await request.body()).decode())

(layer,) = signatures.SignaturesPlugin.fastapi_root_middlewares
api = Starlette(routes=[Route("/{path:path}", taken, methods=["GET", "PATCH"])])
client = TestClient(layer["middleware"](api))
answers = [client.request(method, path, content=body) for method, path, body in json.loads(sys.argv[1])]
print("@@" + json.dumps([[one.status_code, one.text] for one in answers]))
"""


def answered(tmp_path: Path, *requests: tuple[str, str, str]) -> list[tuple[int, str]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK, json.dumps(requests)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"},
    )
    assert done.returncode == 0, done.stderr
    (found,) = (json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("@@"))
    return [(status, text) for status, text in found]


def said(option: str, **more: Any) -> str:
    return json.dumps({"chosen_options": [option], "params_input": more}, ensure_ascii=False)


def test_answers_that_cannot_be_acted_on_are_refused_with_the_reason(tmp_path: Path) -> None:
    nobody, no_reason = (
        said("签发部分", names=None, reason="已核"),
        said("不签发", reason="  ", names=["甲市"]),
    )
    usable = [
        said("全部签发", reason=None, names=None),
        said("签发部分", names=["甲市"]),
        said("不签发", reason="有疑问"),
        said("发布"),
        '{"chosen_options": []}',
        '{"chosen_options": ["签发部分"], "params_input": []}',
        "[" * 100_000,
        "",
    ]
    found = answered(
        tmp_path,
        ("PATCH", APPROVE, nobody),
        ("PATCH", APPROVE, no_reason),
        ("GET", APPROVE, nobody),
        ("PATCH", f"{RUN}/release/-1/hitlDetails", nobody),
        *(("PATCH", APPROVE, body) for body in usable),
    )
    assert found == [
        (400, '{"detail":"选了“签发部分”，但没有填单位"}'),
        (400, '{"detail":"选了“不签发”，但没有理由"}'),
        (200, nobody),
        (200, nobody),
        *((200, body) for body in usable[:5]),
        (400, '{"detail":"选了“签发部分”，但没有填单位"}'),
        *((200, body) for body in usable[6:]),
    ]
