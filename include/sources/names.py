"""What the house's own sources and the tables of intake are called. A source of the operator's keeps the name that they gave it."""

from collections.abc import Mapping
from typing import Final

from include.language.told import sentence

SOURCES: Final[Mapping[str, str]] = {
    "desk": "督办台",
    "field": "手机填报",
    "profile": "安装档案",
    "office": "本机关",
    "watch": "小时监测",
    "stations": "站点数据",
    "enterprises": "企业名录",
    "air-quality": "空气质量数据",
    "grid_list": "网格清单",
}
TABLES: Final[Mapping[str, str]] = {
    "alarms": "报警",
    "feedback": "反馈",
    "problems": "问题",
    "grids": "网格",
    "contacts": "联系人",
    "files": "文件",
    "enterprises": "企业",
    "stations": "站点",
    "air-quality": "空气质量",
}


def source_name(source: str) -> str:
    """What a source is called."""
    return sentence(SOURCES[source]) if source in SOURCES else source


def table_name(kind: str) -> str:
    """What a table of intake is called."""
    return sentence(TABLES[kind]) if kind in TABLES else kind
