"""Figures of assessment and credit (考核参数) as they stand, and the rows that an installation begins with."""

from __future__ import annotations

from datacenter.assessment.models import AssessmentSetting

AGREED = "局内约定，待局方确认"
HANDBOOK = "出租汽车服务质量信誉考核办法（据公开考试手册）"
# code, title, value, unit, source, verified
_SETTINGS = (
    ("point_base", "每周期基础分", 20, "分", HANDBOOK, True),
    ("bonus_most", "每周期奖励加分上限", 10, "分", HANDBOOK, True),
    ("cycle_months", "计分周期", 12, "月", f"{HANDBOOK}：自首次发证之日起 12 个月", True),
    ("certificate_days", "信用证明有效期", 90, "天", AGREED, False),
    ("listing_months", "名单默认有效期", 12, "月", AGREED, False),
)


def enter() -> None:
    """Give each figure its row; rows that are there keep what an officer set."""
    for code, title, value, unit, source, verified in _SETTINGS:
        AssessmentSetting.objects.get_or_create(
            code=code,
            defaults={"title": title, "value": value, "unit": unit, "source": source, "source_verified": verified},
        )


def value(code: str) -> int:
    """A figure as it stands."""
    row = AssessmentSetting.objects.filter(pk=code).values_list("value", flat=True).first()
    return next(line[2] for line in _SETTINGS if line[0] == code) if row is None else row
