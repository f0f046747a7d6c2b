"""What a letter says of the forms that came by mail: a function of receipts and of letters that left."""

import json
from datetime import UTC, datetime

import pandas as pd

from include.supervision.figures import ReceivedForms
from include.supervision.received import received_by_unit


def test_rows_and_reasons_are_summed_by_unit() -> None:
    at = datetime(2020, 3, 12, tzinfo=UTC)
    reasons = [{"alarm_id": "A", "reason": "应答码不符"}, {"alarm_id": "B", "reason": "必填：排查人"}]
    rows = pd.DataFrame(
        [
            ("140300", at, 1, 2, json.dumps(reasons)),
            ("140300", at, 2, 1, json.dumps(reasons[1:])),
            ("370100", at, 1, 0, "[]"),
        ],
        columns=["unit_code", "received_at", "rows_taken", "rows_refused", "refused_json"],
    )
    assert received_by_unit(rows) == {
        "140300": ReceivedForms(6, 3, ("必填：排查人", "应答码不符"), (("B",), ("A",))),
        "370100": ReceivedForms(1, 0, ()),
    }
    assert received_by_unit(rows.iloc[:0]) == {}
