"""Why a rental unit has its class: codes with parameters, and their words in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Parameters are dates and numbers of ours, never text that someone sent.
TEXTS: dict[str, dict[str, str]] = {
    "not_let": {"zh": "自 {since} 起不再出租", "en": "no longer let since {since}"},
    "unregistered": {"zh": "租客未登记", "en": "tenant not registered"},
    "term_unknown": {"zh": "租期不明", "en": "lease term unknown"},
    "term_months": {"zh": "租期 {months} 个月", "en": "lease term {months} months"},
    "term_days": {"zh": "租期 {days} 天", "en": "lease term {days} days"},
    "vacant": {"zh": "自 {since} 起空置，已满 {days} 天", "en": "vacant since {since}, {days} days or more"},
    "vacant_since": {"zh": "自 {since} 起空置", "en": "vacant since {since}"},
    "lease_to_confirm": {
        "zh": "租约已于 {until} 到期，等级保留至 {kept_until}，待确认",
        "en": "lease ended {until}; class kept until {kept_until}, to be confirmed",
    },
    "lease_unconfirmed": {
        "zh": "租约已于 {until} 到期，逾期未确认，按租期不明处理",
        "en": "lease ended {until} and was not confirmed: term unknown",
    },
    "turnover": {
        "zh": "{months} 个月内租客更换 {changes} 次以上",
        "en": "{changes} or more tenant changes in {months} months",
    },
    "room_vacancy": {"zh": "{rooms} 间中空置 {vacant} 间", "en": "{vacant} of {rooms} rooms vacant"},
    "last_pass": {"zh": "上次巡查（{on}）合格", "en": "last inspection ({on}) passed"},
    "last_minor": {"zh": "上次巡查（{on}）有一般问题", "en": "last inspection ({on}) found minor faults"},
    "last_major": {"zh": "上次巡查（{on}）有重大问题", "en": "last inspection ({on}) found major faults"},
    "last_not_admitted": {"zh": "上次巡查（{on}）未能入户", "en": "last inspection ({on}): not admitted"},
    "passes": {"zh": "连续 {count} 次巡查合格", "en": "{count} inspections passed in a row"},
    "held_minor": {
        "zh": "{on} 巡查有一般问题，下次合格前为红色",
        "en": "minor faults on {on}: red until the next pass",
    },
    "held_major": {
        "zh": "{on} 巡查有重大问题，下次合格前为红色",
        "en": "major faults on {on}: red until the next pass",
    },
    "held_not_admitted": {
        "zh": "{on} 未能入户，下次合格前为红色",
        "en": "not admitted on {on}: red until the next pass",
    },
    "red_in_a_row": {
        "zh": "连续 {count} 次巡查后仍为红色，需上报",
        "en": "still red after {count} inspections in a row: escalate",
    },
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; ``params`` are JSON-ready and fill the texts of its code."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """In "zh" or "en"."""
        is_new = self.code == "vacant" and not self.params["days"]  # in the first band of days there are none to tell
        return TEXTS["vacant_since" if is_new else self.code][language].format_map(self.params)

    def as_json(self) -> dict[str, Any]:
        """The form that the store keeps: the code and its parameters, no words."""
        return {"code": self.code, **self.params}


def from_json(data: Mapping[str, Any]) -> Reason:
    params = {key: value for key, value in data.items() if key != "code"}
    return Reason(data["code"], params)
