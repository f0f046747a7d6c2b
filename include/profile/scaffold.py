"""A new profile: every file with its header and what belongs into it, filled in for an office that does not exist.

In another language than the house's it begins with the templates and words of the shipped office that speaks it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from include.errors import InputError
from include.profile.current import load, shipped_names
from include.profile.values import Language

_FILES: Final = {
    "profile.yaml": """\
# 安装档案：这是哪个机关。各键见 docs/profiles.md；改好后运行 python -m include profile check DIR
# The installation profile: which office this is. See docs/profiles.md.
language: zh # zh | en
time_zone: Asia/Shanghai # an IANA zone; days and hours are those of this zone
own_unit: "000000" # this office, a unit_code of units.csv
level: province
addressees: # whom letters go to: units whose place has one of these levels, and units of these kinds
  levels: [city]
  kinds: [] # e.g. [department]
  called: 城市 # what the units below are called together
  upper: "" # what the level above the addressees is called, where that is not this office
address_forms: # how a letter speaks to a unit, by its kind
  bureau: 你市
  department: 你单位
  town: 你镇
  zone: 你区
letterhead: # where the variable `office` says nothing else
  issuer: 某机关
  contact: 值班室
  phone: 000-00000000
titles:
  leader: 厅领导
  operators: 值班室
  greeting: 各位领导
letters: # the kinds in use and their 机关代字 (empty: not numbered)
  notice: 某环提函
  reminder: 某环督函
  summary:
  bulletin: 某环通函
  overview:
  alarm:
  late_alarm:
  digest:
beats: # by the clock on the wall
  hourly_watch: ":10"
  daily_dispatch: "08:30"
  weekly_summary: "09:00"
  half_monthly_bulletin: "09:00"
season: {start: 2026-03-01, end: 2026-06-16} # the end is exclusive
weekend: [5, 6] # 0 is Monday
map_notice: 示意图，不作为划界依据
largest_mail_mib: 20
regions_are_complete: true # every addressed unit in one region on every day
retention_days: {unnamed: 90, drafts: 2, hourly_values: 762, raw_mail: 400, fires: 400, positions: 90, photos: 730, spools: 90, exchange: 400}
rules: [] # - {name: low_response.remind_late, value: 3, unit: "000100", from: 2026-04-01}
submetering: {idle_hours: 2, shorter_hours: 3, lost_hours: 2, stopped_hours: 2, running_percent: 30, idle_percent: 40, off_percent: 10}
# A city's own chain (交办、签收、上报、审核、整改、验收、销号、结案); an office without these lines has none:
# chain:
#   automatic: false # true: new alarms are handed on by the rules below, without a person
#   tell_superior: false # true: 反馈单 goes to the unit above as well
#   within: {acknowledge: 2 h, report: 24 h, review: 48 h, report_again: 24 h, rectify: 3 d, accept: 3 d, write_off: 7 d, promise_longest: 15 d}
#   escalate_after: 24 h # how long after its deadline a step is 提级
#   spot_check_percent: 20 # of what is written off
#   dissection: {alarms: 5, within: 30 d, again: 3, analyse: 7 d, compare: 30 d, least_after: 7 d} # 解剖分析: when a grid's alarms open a case, or again
#   people: {review: {person: 张某, deputy: 李某, leader: 王局}} # assign, review, accept, write_off; whoever may act where nobody is named
#   assign: [{places: ["000100"], categories: [工业企业], lead: "", joint: []}] # the first that holds; none: the unit that the alarm is of
""",
    "places.csv": """\
place_code,name,level,parent_code,aliases,name_en,valid_from,valid_to
000000,某省,province,,,,,
000100,甲市,city,000000,旧甲市|甲,,,
000101,东区,county,000100,,,,
""",
    "units.csv": """\
unit_code,name,bureau,kind,place_code,reports_to,address_form,aliases,name_en,valid_from,valid_to
000000,某省,某机关,bureau,000000,,,,,,
000100,甲市,甲市环境局,bureau,000100,000000,,,,,
""",
    "regions.csv": "region,unit_code,valid_from,valid_to\n全省,000100,2020-01-01,\n",
    "contacts.csv": "unit_code,role,name,address,phone,valid_from,valid_to\n000100,to,甲市环境局,bangongshi@jia.example,,2020-01-01,\n",
    "standards.yaml": """\
# Limits of PM2.5 in μg/m³ by the observation date; the first edition has no valid_from.
editions:
  - name: GB 3095-2012
    day_ug_m3: {class_1: 35, class_2: 75}
    year_ug_m3: {class_1: 15, class_2: 35}
    index_breakpoints_ug_m3: [0, 35, 75, 115, 150, 250, 350, 500]
  - name: GB 3095-2026
    valid_from: 2026-03-01
    day_ug_m3: {class_1: 35, class_2: 60}
    year_ug_m3: {class_1: 15, class_2: 30}
    index_breakpoints_ug_m3: [0, 35, 60, 115, 150, 250, 350, 500]
""",
    "holidays.csv": "date,is_free,name\n2026-01-01,true,元旦\n2026-01-04,false,元旦\n",
    "categories.csv": "category,name_en\n工业企业,\n扬尘（工地）,\n其他,\n",
    "words.yaml": "# 本机关的用语：系统用语: 本机关用语，例如\n# 合计: 总计\n{}\n",
}


# The same office in English, whose house words are those of municipalities in a region.
_IN_ENGLISH: Final = (
    (
        "# 安装档案：这是哪个机关。各键见 docs/profiles.md；改好后运行 python -m include profile check DIR\n",
        "",
    ),
    ("See docs/profiles.md.", "See docs/profiles.md; then: python -m include profile check DIR"),
    ("language: zh", "language: en"),
    ("Asia/Shanghai", "Europe/Helsinki"),
    ("level: province", "level: region"),
    ("levels: [city]", "levels: [municipality]"),
    ("called: 城市", "called: municipalities"),
    ("你市", "your municipality"),
    ("你单位", "your department"),
    ("你镇", "your town"),
    ("你区", "your zone"),
    ("厅领导", "Director"),
    ("值班室", "Duty desk"),
    ("各位领导", "Director"),
    ("机关代字", "the words of their numbers"),
    ("某环提函", "SA-N"),
    ("某环督函", "SA-R"),
    ("某环通函", "SA-B"),
    ("示意图，不作为划界依据", "Sketch map, no authority on boundaries"),
    (" (交办、签收、上报、审核、整改、验收、销号、结案)", ""),
    ("反馈单 goes", "the report sheet goes"),
    (" a step is 提级", " a step is escalated"),
    ("解剖分析: when", "when"),
    (
        "{person: 张某, deputy: 李某, leader: 王局}",
        "{person: A. Person, deputy: A. Deputy, leader: A. Leader}",
    ),
    ("工业企业", "Industrial plant"),
    ("扬尘（工地）", "Construction dust"),
    ("其他", "Other"),
    ("元旦", "New Year"),
    ("甲市环境局", "First Town Environment Office"),
    ("旧甲市|甲", "Old First Town"),
    (",city,", ",municipality,"),
    (",province,", ",region,"),
    (",county,", ",ward,"),
    ("甲市", "First Town"),
    ("东区", "East Ward"),
    ("某机关", "Some Agency"),
    ("某省", "Some Region"),
    ("全省", "Some Region"),
)


def write_profile(folder: Path, language: Language = "zh") -> list[Path]:
    """Writes the files into a new or empty folder and names them. Raises InputError where something is there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "there is something already",
            where=str(folder),
            expected="a new or an empty folder",
            todo="choose another one",
        )
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    for name, content in _FILES.items():
        told = content
        for chinese, english in _IN_ENGLISH if language == "en" else ():
            told = told.replace(chinese, english)
        (folder / name).write_text(told, encoding="utf-8", newline="\n")
    if language == "en":
        like = next(one for one in map(load, shipped_names()) if one.language == language)
        shutil.copytree(like.templates_dir, folder / "templates", dirs_exist_ok=True)
        shutil.copyfile(like.folder / "words.yaml", folder / "words.yaml")
    return [folder / name for name in _FILES]
