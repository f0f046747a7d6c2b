"""What the house's own sources, the tables of intake, their columns and their codes are called. A source of the operator's keeps the name that they gave it."""

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
# Columns of intake, as a person reads them.
FIELDS: Final[Mapping[str, str]] = {
    "alarm_id": "报警编号",
    "grid_id": "网格编号",
    "unit_code": "单位代码",
    "county": "区县",
    "point_name": "点位",
    "lon": "经度",
    "lat": "纬度",
    "started_at": "开始时间",
    "last_at": "最近时间",
    "alarm_count": "报警次数",
    "peak_pm25_ug_m3": "最高 PM2.5（μg/m³）",
    "pushed_at": "推送时间",
    "deadline_at": "反馈时限",
    "revised_at": "修订时间",
    "event": "事件",
    "event_at": "事件时间",
    "unit": "排查单位",
    "inspector": "排查人",
    "problem_found": "是否发现问题",
    "note": "备注",
    "inspected_at": "排查时间",
    "problem_id": "问题编号",
    "category": "问题类别",
    "description": "问题描述",
    "found_at": "发现时间",
    "status": "整改状态",
    "rectify_by": "整改时限",
    "rectified_at": "整改完成时间",
    "west": "西界（经度）",
    "south": "南界（纬度）",
    "east": "东界（经度）",
    "north": "北界（纬度）",
    "is_hot": "热点网格",
    "is_monitored": "有微站",
    "candidate_id": "疑似来源编号",
    "data_origin": "数据来源标注",
    "region_code": "地区代码",
    "role": "角色",
    "name": "名称",
    "address": "邮箱",
    "phone": "电话",
    "valid_from": "自",
    "valid_to": "至",
}
ROLES: Final[Mapping[str, str]] = {
    "to": "主送",
    "cc": "抄送",
    "province": "省级抄送",
    "leader": "领导",
    "duty": "值班室",
}
EVENTS: Final[Mapping[str, str]] = {
    "pushed": "推送",
    "acknowledged": "签收",
    "submitted": "反馈",
    "returned": "退回",
    "accepted": "验收",
    "disputed": "提出争议",
    "dispute_upheld": "争议成立（误报）",
    "dispute_rejected": "争议驳回",
    "closed": "结案",
    "reopened": "撤销结案",
    "found": "发现问题",
    "rectified": "整改完成",
}


def source_name(source: str) -> str:
    """What a source is called."""
    return sentence(SOURCES[source]) if source in SOURCES else source


def table_name(kind: str) -> str:
    """What a table of intake is called."""
    return sentence(TABLES[kind]) if kind in TABLES else kind
