"""答复质量 on a handful of alarms, every n/N counted by hand."""

import pandas as pd

from include.supervision.answer_quality import AnswerQuality, answer_quality
from include.supervision.feedback import judge, judge_problems
from tests.supervision.states import moment, problems, states
from tests.supervision.summaries import answered, answers

AS_OF = moment("03-20 08:30")
NAMES = {"140300": "阳泉市", "130100": "石家庄市"}
ALARMS = states(
    answered("03-02 06:00", "03-02 12:00", alarm_id="FOUND", grid_id="G1"),
    answered("03-02 06:00", "03-02 12:00", alarm_id="NOTHING", grid_id="G2"),
    # sent back twice: answered again, and never again
    answered(
        "03-02 06:00",
        "03-04 12:00",
        alarm_id="AGAIN",
        grid_id="G3",
        first_answer_at="03-02 12:00",
        returned_at="03-03 12:00",
    ),
    {
        "pushed_at": "03-02 06:00",
        "alarm_id": "NEVER",
        "grid_id": "G4",
        "standing_event": "returned",
        "standing_at": "03-03 12:00",
        "first_answer_at": "03-02 12:00",
        "returned_at": "03-03 12:00",
    },
    {
        "pushed_at": "03-02 06:00",
        "alarm_id": "UPHELD",
        "grid_id": "G5",
        "last_disputed_at": "03-02 08:00",
        "upheld_at": "03-03 08:00",
    },
    {
        "pushed_at": "03-02 06:00",
        "alarm_id": "REJECTED",
        "grid_id": "G6",
        "last_disputed_at": "03-02 08:00",
        "rejected_at": "03-03 08:00",
    },
    answered("03-10 12:00", "03-10 18:00", alarm_id="LATER", grid_id="G1"),
)
FOUND = problems(
    {"problem_id": "P1", "alarm_id": "FOUND", "found_at": "03-02 11:00", "rectified_at": "03-03 12:00"},  # G1 again on the 10th, at 12:00
    {"problem_id": "P2", "alarm_id": "FOUND", "found_at": "03-02 11:00", "rectified_at": "03-03 11:59"},  # a minute too early for that
    {"problem_id": "P3", "alarm_id": "AGAIN", "found_at": "03-02 11:00", "rectified_at": "03-05 08:00"},
    {"problem_id": "P4", "alarm_id": "AGAIN", "found_at": "03-02 11:00"},
)  # fmt: skip


def quality() -> tuple[AnswerQuality, ...]:
    judged = judge(ALARMS, AS_OF)
    found = judge_problems(FOUND, judged, AS_OF)
    window = judged[judged["pushed_at"] < moment("03-09 00:00")]
    told = answers(("FOUND", "", ""), ("NOTHING", "", ""), ("AGAIN", "", "")).assign(
        submitted_at=pd.to_datetime([moment("03-02 12:00")] * 3, utc=True),
        inspected_at=pd.to_datetime([moment("03-02 00:00"), moment("03-01 23:59"), None], utc=True),
    )
    return answer_quality(window, found[found["alarm_id"] != "LATER"], told, judged, NAMES, AS_OF)


def test_every_share_is_n_of_n() -> None:
    shijiazhuang, yangquan = quality()
    assert {name: (share.n, share.of) for name, share in yangquan.shares.items()} == {
        "退回": (2, 4),
        "重报": (1, 2),
        "退回后超期": (1, 2),
        "整改后7日内再报警": (1, 3),
        "未查出问题": (1, 3),
        "申诉成立": (1, 2),
        "申诉驳回": (1, 2),
        "排查时间早于收到超过12小时": (1, 2),
    }
    assert {str(share) for share in shijiazhuang.shares.values()} == {"—"}
    assert shijiazhuang == AnswerQuality("130100", "石家庄市")
