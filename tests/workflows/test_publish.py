"""The publication as its DAG runs it: prepared, seen by a person, written or not."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from include.errors import StateError
from include.house import Decision
from include.workflows.publish import prepare, publish
from tests.openness.region import NOW, region_house


def test_nothing_is_written_before_a_yes_and_nothing_else_than_was_seen(tmp_path: Path) -> None:
    with region_house(tmp_path) as made:
        house = replace(made, season=(date(2020, 3, 1), date(2020, 4, 1)))
        shown = prepare(house, "2020-05-01", NOW)
        assert shown["title"] == "公开发布至2020-05-01：1个新版次"
        assert shown["new"] == [{"path": "v1/2020/03", "words": "首次发布"}]
        refused = publish(house, shown, Decision("duty", "再核对", frozenset()), NOW)
        assert refused == {"published": False, "by": "duty", "reason": "再核对"}
        assert not house.public_dir.exists()
        with house.engine.begin() as connection:
            connection.execute(
                text("update alarm set pushed_at = '2020-02-01T00:00:00.000000Z' where unit_code = '130200'")
            )
        with pytest.raises(StateError, match="not what was approved"):
            publish(house, shown, Decision("duty", ""), NOW)
        assert not house.public_dir.exists()
        done = publish(house, prepare(house, "2020-05-01", NOW), Decision("duty", ""), NOW)
        assert done["published"]
        assert (house.public_dir / "v1/2020/03/answers.csv").is_file()
        assert prepare(house, "2020-05-01", NOW)["new"] == []
