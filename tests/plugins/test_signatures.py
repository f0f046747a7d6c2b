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


KEEP = """
import json, uuid
from datetime import UTC, datetime
from airflow.models import import_all_models
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.orm import Session
import signatures

signatures.keep_answers()
signatures.keep_answers()
engine, now = create_engine("sqlite://"), datetime.now(UTC)
import_all_models()
DagRun.metadata.create_all(engine)
ids = {}
with Session(engine) as session:
    for number, (dag_id, run_id) in enumerate([("bulletin", "a"), ("bulletin", "b"), ("publish", "a")], 1):
        about = "prepare" if dag_id == "publish" else "compose"
        session.execute(insert(DagRun.__table__).values(
            id=number, dag_id=dag_id, run_id=run_id, state="running", run_type="manual", run_after=now,
            bundle_version=None, span_status="ended", log_template_id=None,
        ))
        for task_id in (about, "approve", "other"):
            ids[dag_id, run_id, task_id] = one = uuid.uuid4()
            session.execute(insert(TaskInstance.__table__).values(
                id=one, dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=-1, pool="p", pool_slots=1, queue="q",
                priority_weight=1, try_number=1, max_tries=1, operator="", custom_operator_name="", executor_config={},
                span_status="ended", state="awaiting_input",
            ))
            if task_id != about:
                session.add(HITLDetail(ti_id=one, options=["yes"], subject="s", params={}))
    session.commit()

def answer(key, who, reason, at=now):
    with Session(engine) as session:
        detail = session.get(HITLDetail, ids[key])
        detail.responded_at, detail.chosen_options = at, ["yes"] if at else None
        detail.responded_by, detail.params_input = {"id": "1", "name": who}, {"reason": reason}
        session.commit()

answer(("bulletin", "a", "approve"), "first", "one")
answer(("bulletin", "a", "approve"), "second", "two")
answer(("bulletin", "a", "approve"), "nobody", "emptied", None)  # what Airflow does when the task begins again
answer(("bulletin", "b", "other"), "third", "of another task")
answer(("publish", "a", "approve"), "fourth", "")
with Session(engine) as session:
    kept = session.scalars(select(XComModel).order_by(XComModel.dag_id)).all()
    print("@@" + json.dumps([[
        one.dag_id, one.run_id, one.task_id, one.key, one.value["chosen_options"], one.value["params_input"],
        one.value["responded_by_user"]["name"], one.value["responded_at"] == now.isoformat(),
    ] for one in kept]))
"""


def test_an_answer_is_kept_in_the_act_beside_what_it_is_about_and_outlives_the_question(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KEEP],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}",
            "_AIRFLOW_PROCESS_CONTEXT": "server",
        },
    )
    assert done.returncode == 0, done.stderr
    (found,) = (json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("@@"))
    assert found == [
        ["bulletin", "a", "compose", "answer", ["yes"], {"reason": "two"}, "second", True],
        ["publish", "a", "prepare", "answer", ["yes"], {"reason": ""}, "fourth", True],
    ]
