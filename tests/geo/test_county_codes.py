"""Old county codes and those of today."""

import pandas as pd

from include.geo.boundaries import counties
from include.geo.county_codes import code_changes, present_codes


def test_old_codes_become_those_of_today_and_divided_ones_are_named() -> None:
    codes, replaced, divided = present_codes(
        pd.Series(["610322", "610305", " 130421", "110108"], index=[3, 4, 5, 6])
    )
    assert codes.to_dict() == {3: "610305", 4: "610305", 5: "130421", 6: "110108"}
    assert replaced == {"610322": "610305"}
    assert divided == {"130421": ("130402", "130403", "130404")}


def test_the_outlines_have_the_codes_of_today() -> None:
    own, changes = counties(), code_changes()
    names = dict(zip(own["county_code"], own["county_name"], strict=True))
    assert set(changes["old_code"]) & set(names) == set()
    known = changes[changes["new_code"].isin(names)]
    assert len(known) > 60
    assert [names[code] for code in known["new_code"]] == known["new_name"].tolist()
    assert names["610305"] == "凤翔区"
