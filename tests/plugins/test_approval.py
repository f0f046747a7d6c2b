"""What Airflow asks the person who signs, and which answers it takes. In a process of its own, with Airflow's store of questions
in a list."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPOSED = "2020-03-16T01:00:00+00:00"
WAITING = [
    {"letter_id": 7, "name": "石家庄市", "subject": "通报函甲", "composed_at": COMPOSED},
    {"letter_id": 8, "name": "阳泉市", "subject": "通报函乙", "composed_at": COMPOSED},
]
ASK = """
import json, sys
from datetime import datetime, UTC
from unittest.mock import patch
import cadence
composed, waiting, events, kept = json.loads(sys.argv[1])

class Instance:
    id = "1"
    def xcom_pull(self, task_ids, key="return_value"):
        assert task_ids == "compose"
        if key == "return_value":
            return composed
        assert key == cadence.KEPT_ANSWER
        return kept.pop(0) if kept else None

asked, results = [], []
def told(answer):
    found = cadence.decision(answer) if isinstance(answer, dict) else None
    return answer if found is None else [found.who, found.reason, None if found.names is None else sorted(found.names)]
context = {"ti": Instance(), "task_instance": Instance()}

def outcome(step, *arguments):
    try:
        return step(context, *arguments)
    except BaseException as end:
        return type(end).__name__

class Steps:
    def __init__(self, workflow):
        assert workflow == "half_monthly_bulletin"
    def question(self, kinds):
        assert kinds == ("half_month",)
        return {"title": "待签发", "asks_person": bool(waiting), "waiting": waiting}

cadence.Steps, cadence.current_run = Steps, lambda *kinds: kinds
approval = lambda: cadence.approval("half_monthly_bulletin", "half_month")
with patch("airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **said: asked.append(said)):
    operator = approval()
    results.append(told(outcome(operator.execute)))
    for event in events:
        event |= {"responded_at": datetime.now(UTC), "responded_by_user": {"id": "1", "name": "王处长"}}
        results.append(told(outcome(approval().execute_complete, event)))
print("@@" + json.dumps({"asked": asked, "results": results, "no_answer": cadence.decision(None)}, default=str))
"""


def asked(
    tmp_path: Path,
    *events: dict[str, Any],
    asks: bool = True,
    waiting: list[dict[str, Any]] = WAITING,
    kept: Sequence[dict[str, Any] | None] = (),
) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps([{"asks_person": asks}, waiting, events, kept])],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(
        next(line[2:] for line in done.stdout.splitlines() if line.startswith("@@"))
    )
    return found


def answer(option: str, **said: Any) -> dict[str, Any]:
    return {"chosen_options": [option], "params_input": {"reason": "", "names": [], **said}}


def test_nobody_is_asked_where_the_run_asks_nobody(tmp_path: Path) -> None:
    found = asked(tmp_path, asks=False)
    assert found == {"asked": [], "results": [None], "no_answer": None}


def test_nobody_is_asked_again_about_letters_that_no_longer_wait(tmp_path: Path) -> None:
    assert asked(tmp_path, waiting=[])["results"] == [None]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return asked(
        tmp_path_factory.mktemp("airflow"),
        answer("全部签发"),
        answer("签发部分", names=["阳泉市"], reason=" 其余待核 "),
        answer("不签发", reason="数字有疑问"),
        answer("不签发", reason="  "),
        answer("签发部分"),
        answer("签发部分", names=["上海市"]),
    )


def test_the_question_lists_the_letters_and_has_no_time_limit(answered: dict[str, Any]) -> None:
    question = answered["asked"][0]
    assert question["options"] == ["全部签发", "签发部分", "不签发"]
    assert question["subject"] == "待签发"
    assert (
        "1. [石家庄市](/desk/letters/7)　通报函甲\n1. [阳泉市](/desk/letters/8)　通报函乙" in question["body"]
    )
    assert question["defaults"] is None
    assert question["params"]["names"]["schema"]["examples"] == ["石家庄市", "阳泉市"]
    assert sorted(question["params"]) == ["names", "reason"]
    assert answered["results"][0] == "TaskAwaitingInput"


def test_a_usable_answer_is_a_decision_with_its_person(answered: dict[str, Any]) -> None:
    assert answered["results"][1:4] == [
        ["王处长", "", None],
        ["王处长", "其余待核", ["阳泉市"]],
        ["王处长", "数字有疑问", []],
    ]


def test_an_answer_that_cannot_be_acted_on_is_asked_again(answered: dict[str, Any]) -> None:
    assert answered["results"][4:] == ["TaskAwaitingInput"] * 3
    assert len(answered["asked"]) == 4  # the question, and again after each of the three


def given(at: str, option: str, **said: Any) -> dict[str, Any]:
    """An answer as `plugins/signatures.py` keeps it."""
    return {
        **answer(option, **said),
        "responded_at": at,
        "responded_by_user": {"id": "2", "name": "李科长"},
        "timedout": False,
    }


def test_an_answer_outlives_the_task_that_asked(tmp_path: Path) -> None:
    """Airflow took the asking process for killed, or a person cleared the task: nobody is asked again, who answered first has signed."""
    stands = given("2020-03-16T02:00:00+00:00", "全部签发", reason="已核")
    assert asked(tmp_path, kept=[stands]) == {
        "asked": [],
        "results": [["李科长", "已核", None]],
        "no_answer": None,
    }
    assert asked(tmp_path, kept=[stands], waiting=[])["results"] == [None]


def test_an_answer_that_comes_while_the_question_is_put_again_is_taken(tmp_path: Path) -> None:
    found = asked(tmp_path, kept=[None, given("2020-03-16T02:00:00+00:00", "签发部分", names=["阳泉市"])])
    assert (len(found["asked"]), found["results"]) == (1, [["李科长", "", ["阳泉市"]]])


def test_a_kept_answer_that_no_longer_fits_is_asked_for_again(tmp_path: Path) -> None:
    anew = [WAITING[0] | {"composed_at": "2020-03-16T03:00:00+00:00"}, WAITING[1]]
    at = "2020-03-16T02:00:00+00:00"
    for kept in (given(at, "全部签发"), given(at, "签发部分", names=["石家庄市"])):
        found = asked(tmp_path, kept=[kept], waiting=anew)
        assert (len(found["asked"]), found["results"]) == (1, ["TaskAwaitingInput"])
    other = asked(tmp_path, kept=[given(at, "签发部分", names=["阳泉市"])], waiting=anew)
    assert other["results"] == [["李科长", "", ["阳泉市"]]]
