"""A region of three cities in a folder of hand-made files, and an installation around it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from include.connections import read_registry
from include.house import SETTINGS_FILE, Deliver, House, Run, open_house
from include.periods import period_ending
from include.post.server import MailServer
from include.sources.config import SourceConfig

DAY = date(2020, 3, 12)  # a Thursday; letters of this morning report 11 March

GRIDS = "grid_id,unit_code,county,name,west,south,east,north,is_hot,is_monitored\nT85711,140300,郊区,荫营镇,113.55,37.92,113.58,37.95,true,true\n"
CONTACTS = """region_code,role,name,address,phone,valid_from,valid_to
140300,to,阳泉市生态环境局,dudu@yangquan.example,,2020-01-01,
140300,cc,阳泉市大气科,daqi@yangquan.example,,2020-01-01,
130100,to,石家庄市生态环境局,dudu@shijiazhuang.example,,2020-01-01,
140000,province,山西省生态环境厅,sheng@shanxi.example,,2020-01-01,
"""
ALARMS = """alarm_id,grid_id,unit_code,county,point_name,lon,lat,started_at,last_at,alarm_count,peak_pm25_ug_m3,pushed_at,data_origin
Y1,T85711,140300,郊区,荫营镇裸土堆场,113.56,37.93,2020-03-08T06:00,2020-03-08T09:00,2,210,2020-03-08T07:00,{origin}
Y2,T85711,140300,郊区,荫营镇裸土堆场,113.56,37.93,2020-03-11T06:00,2020-03-11T09:00,3,222,2020-03-11T07:00,{origin}
S1,S0001,130100,长安区,"A&B <路口> =1+1 #$\\ 鄠邑😀",,,2020-03-11T06:00,2020-03-11T09:00,1,,2020-03-11T07:10,{origin}
X1,X0001,610100,鄠邑区,没有联系人的点位,108.6,34.1,2020-03-11T06:00,2020-03-11T09:00,1,180,2020-03-11T07:20,{origin}
B1,B0001,999999,某区,不存在的城市,108.6,34.1,2020-03-11T06:00,2020-03-11T09:00,1,180,2020-03-11T07:20,{origin}
"""
FEEDBACK = """alarm_id,event,event_at,unit,inspector,problem_found,note
S1,acknowledged,2020-03-11T08:00,长安分局,张某,,
S1,submitted,2020-03-11T20:00,长安分局,张某,false,未见异常
Y1,submitted,2020-03-12T12:00,郊区分局,李某,true,裸土未苫盖
"""
PROBLEMS = "problem_id,alarm_id,category,description,found_at,status,rectify_by,rectified_at\nP1,Y1,扬尘（裸土堆场）,裸土未苫盖,2020-03-12T10:00,整改中,,\n"


def write_files(folder: Path, *, origin: str = "", **files: str) -> Path:
    """The files of the region; a keyword replaces the content of a file."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "alarms": ALARMS.format(origin=origin),
        "feedback": FEEDBACK,
        "problems": PROBLEMS,
        "grids": GRIDS,
        "contacts": CONTACTS,
    }
    for name, content in {**contents, **files}.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


def open_region(engine: Engine, var: Path, mailbox: Any, **files: str) -> House:
    """An installation with that region as its only source, mailing to `mailbox`."""
    house = open_house(read_registry(SETTINGS_FILE, {}), var)
    return replace(
        house,
        engine=engine,
        mailboxes=(),
        sources=(
            SourceConfig(
                "region", "files", str(write_files(var / "region", **files)), options={"is_played": True}
            ),
        ),
        mail_server=MailServer(
            mailbox.host, mailbox.port, "dudu@ministry.example", "监管平台", security="none"
        ),
        mailbox=mailbox.folder,
    )


def run_of(house: House, *, day: date = DAY, deliver: Deliver = "auto", **changes: Any) -> Run:
    """A run of the daily dispatch, five minutes after its window is due."""
    period = period_ending("day", day)
    values: dict[str, Any] = {"is_backfill": False, "now": period.as_of + timedelta(minutes=5), **changes}
    return Run(
        house=house, period=period, run_id="daily_dispatch/test", actor="test", deliver=deliver, **values
    )


def later(run: Run, **delay: float) -> datetime:
    """A moment after the run."""
    return run.now + timedelta(**delay)
