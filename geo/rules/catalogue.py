"""The issue categories that Gridwarden ships, with their time limits (处置时限).

Codes mean something only together with their catalogue: real tables give 0105 to different things. 0101 to 0107 follow
one published district table; the others are ours, numbered downwards from 99 so that nobody takes them for standard
codes. Limits are ours too: they are local everywhere, and a jurisdiction replaces them.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.model import SlaClock

CATALOGUE = "gridwarden-1"

MAIN_CLASSES = {
    "01": ("市容环境", "appearance and environment"),
    "02": ("宣传广告", "publicity and advertising"),
    "03": ("施工管理", "construction"),
    "04": ("突发事件", "sudden events"),
    "05": ("街面秩序", "street order"),
    "06": ("其他", "other"),
}


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of issue; ``limit_value`` counts on ``limit_clock`` (hours, days; nothing for the same day)."""

    code: str
    name: str
    name_en: str
    limit_value: int
    limit_clock: SlaClock

    @property
    def main_class(self) -> str:
        return self.code[:2]


_HOURS, _WORK_HOURS, _WORK_DAYS = SlaClock.CALENDAR_HOURS, SlaClock.WORKING_HOURS, SlaClock.WORKING_DAYS

CATEGORIES = (
    Category("0101", "违法搭建", "illegal building", 15, _WORK_DAYS),
    Category("0102", "暴露垃圾", "exposed refuse", 4, _WORK_HOURS),
    Category("0103", "积存垃圾渣土", "piled rubble", 2, _WORK_DAYS),
    Category("0104", "道路不洁", "dirty road", 2, _WORK_HOURS),
    Category("0105", "绿地保洁", "litter on green space", 3, _WORK_DAYS),
    Category("0106", "绿地养护", "green space in poor condition", 3, _WORK_DAYS),
    Category("0107", "焚烧垃圾树叶", "burning of refuse or leaves", 3, _WORK_DAYS),
    Category("0199", "乱堆乱放", "things piled in common space", 3, _WORK_DAYS),
    Category("0198", "家禽散养", "free-running poultry", 3, _WORK_DAYS),
    Category("0197", "私设障碍", "private barrier", 3, _WORK_DAYS),
    Category("0196", "乱倒垃圾", "dumping", 3, _WORK_DAYS),
    Category("0299", "非法小广告", "illegal small ads", 1, _WORK_DAYS),
    Category("0399", "施工扰民", "construction nuisance", 4, _WORK_HOURS),
    Category("0499", "路面塌陷", "road collapse", 2, _HOURS),
    Category("0498", "道路积水", "flooded road", 2, _HOURS),
    Category("0599", "占道经营", "street occupation", 2, _WORK_HOURS),
    Category("0598", "机动车乱停放", "badly parked vehicles", 2, _WORK_HOURS),
    Category("0699", "其他问题", "other", 3, _WORK_DAYS),
)

# For a report without a category, or with one that no catalogue here knows.
FALLBACK_LIMIT = (3, SlaClock.WORKING_DAYS)
