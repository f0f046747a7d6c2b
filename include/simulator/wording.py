"""The Chinese sentences of the simulated platform. Places are real counties with generic streets; people are 张某某."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

_ROADS = (
    "建设路",
    "人民路",
    "解放路",
    "中华街",
    "新华街",
    "迎宾大道",
    "工业路",
    "朝阳路",
    "滨河路",
    "环城路",
    "长安路",
    "和平街",
    "东风路",
    "胜利街",
    "振兴路",
    "园区路",
    "站前街",
    "光明路",
    "文化街",
    "青年路",
)
_SIDES = ("东北侧", "东南侧", "西北侧", "西南侧", "北侧", "南侧")
_SPOTS = (
    "{road}与{street}交叉口{side}",
    "{road}与{street}交叉口{side}",
    "{road}与{street}交叉口{side}",
    "{road}中段{side}",
    "{road}沿线空地{side}",
    "{street}农贸市场{side}",
    "{road}货场{side}",
    "国道{road}段{side}",
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"

_DESCRIPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "散乱污企业": ("小型塑料加工点无环保手续，无治理设施", "已取缔的石材加工点恢复生产，未配套除尘设施"),
    "工业企业": ("企业除尘设施未正常运行，车间有无组织排放", "物料转运点未密闭，厂区道路积尘明显", "应急减排措施落实不到位"),
    "清洁取暖及燃煤替代": ("村民家中仍使用散煤取暖", "“煤改电”用户复燃散煤"),
    "燃煤锅炉": ("应淘汰的小型燃煤锅炉仍在使用", "燃煤锅炉除尘设施运行不正常"),
    "扬尘（工地）": ("建筑工地土方作业未湿法抑尘", "工地出入口未设车辆冲洗设施，带泥上路", "工地裸露土方未苫盖"),
    "扬尘（道路）": ("道路积尘严重，未及时清扫洒水", "货运车辆遗撒，路面扬尘明显"),
    "扬尘（裸土堆场）": ("裸露土堆未苫盖，大风时起尘", "闲置地块裸土面积约{area}平方米，未采取抑尘措施"),
    "露天焚烧": ("发现露天焚烧秸秆火点", "路边焚烧落叶枯草"),
    "机动车与移动源": ("非道路移动机械冒黑烟，未编码登记", "重型柴油货车集中怠速停放，尾气排放明显"),
    "VOCs": ("汽修店喷漆作业未密闭，废气未收集", "印刷车间有机废气收集设施未运行"),
    "餐饮油烟": ("餐饮店未安装油烟净化设施", "露天烧烤使用炭火，油烟直排"),
    "垃圾露天倾倒": ("建筑垃圾露天倾倒，未覆盖", "生活垃圾沿沟倾倒，约{area}平方米"),
    "其他": ("居民燃放烟花爆竹", "露天切割作业产生烟尘"),
}  # fmt: skip

_NOTHING_FOUND = (
    "已对点位周边1公里范围排查，未发现涉气环境问题。",
    "现场排查未发现明显污染源，初步判断受区域传输影响。",
    "排查周边企业及工地，管控措施落实到位，未发现问题。",
    "夜间静稳天气扩散条件差，现场排查未发现问题。",
)
_RETURNED_WITHOUT_FINDING = ("未说明排查范围，请复核后重报。", "请对点位周边裸土、工地、道路逐一复核后重报。")
_RETURNED_WITH_FINDING = ("现场照片不全，请补充后重报。", "整改情况说明不清，请补充后重报。")


def point_names(places: Iterable[str], rng: np.random.Generator) -> list[str]:
    """A 点位名称 for each place (a county or township): `荫营镇建设路与新华街交叉口东北侧`."""
    names = []
    for place in places:
        road, street = rng.choice(len(_ROADS), 2, replace=False)
        spot = _SPOTS[rng.integers(len(_SPOTS))]
        side = _SIDES[rng.integers(len(_SIDES))]
        names.append(place + spot.format(road=_ROADS[road], street=_ROADS[street], side=side))
    return names


def roads(count: int, rng: np.random.Generator) -> list[str]:
    """So many street names, any of them often."""
    return [_ROADS[place] for place in rng.integers(len(_ROADS), size=count)]


def person(rng: np.random.Generator) -> str:
    """`张某某`."""
    return _SURNAMES[rng.integers(len(_SURNAMES))] + "某某"


def bureau(unit_name: str) -> str:
    """`石家庄市生态环境局`."""
    return f"{unit_name}生态环境局"


def branch(unit_name: str, county: str, *, is_municipality: bool) -> str:
    """The bureau's office in a county: `阳泉市生态环境局郊区分局`, `北京市朝阳区生态环境局`."""
    return f"{unit_name}{county}生态环境局" if is_municipality else f"{bureau(unit_name)}{county}分局"


def description(category: str, rng: np.random.Generator) -> str:
    """One sentence on a problem of the category."""
    sentences = _DESCRIPTIONS[category]
    return sentences[rng.integers(len(sentences))].format(area=50 * int(rng.integers(2, 41)))


def finding_note(findings: list[tuple[str, bool]], rng: np.random.Generator) -> str:
    """The note of an answer that reports `findings`: (category, rectified by then) of each problem."""
    if not findings:
        return _NOTHING_FOUND[rng.integers(len(_NOTHING_FOUND))]
    by_state = {
        "已整改完毕": [c for c, done in findings if done],
        "已责令限期整改": [c for c, done in findings if not done],
    }
    told = "；".join(
        f"{'、'.join(categories)}问题{len(categories)}处，{state}"
        for state, categories in by_state.items()
        if categories
    )
    return f"现场排查发现{told}。"


def return_note(has_finding: bool, rng: np.random.Generator) -> str:
    """Why a reviewer sent an answer back."""
    reasons = _RETURNED_WITH_FINDING if has_finding else _RETURNED_WITHOUT_FINDING
    return reasons[rng.integers(len(reasons))]


NOTES: Final[dict[str, str]] = {
    "acknowledged": "已签收，安排现场排查。",
    "accepted": "审核通过。",
    "disputed": "现场核查未见异常，疑似设备数据异常，申请认定误报。",
    "dispute_upheld": "设备校准记录核实无误，认定为误报，予以核减。",
    "dispute_rejected": "设备运行正常，不予认定误报，请继续排查反馈。",
}
