"""What every installation's ratings start with (初始数据): reasons and figures, none of them confirmed by a source."""

from __future__ import annotations

from typing import Any

from complaints.ratings.models import RatingReason, RatingSetting

_OWN = "本平台默认值，无法定依据，待市局核定"
REASONS = (
    ("attitude", "态度不好、言语粗鲁"), ("detour", "绕路"), ("overcharge", "多收钱、不打表"),
    ("refusal", "拒载、中途甩客"),
    ("dirty", "车内脏、有异味"), ("phone", "开车看手机、打电话"), ("smoking", "抽烟"), ("unsafe", "开车太快、不安全"),
    ("no_receipt", "不给发票"), ("other", "其他"),
)  # fmt: skip
SETTINGS = (
    ("near_minutes", "评价与乘车时间相差不超过", 120, "分钟"),
    ("device_day", "同一设备每日评价不同车辆不超过", 5, "辆"),
    ("device_tries", "同一设备每小时提交不超过", 10, "次"),
    ("address_hour", "同一网络地址每小时提交不超过", 60, "次"),
    ("vehicle_hour", "同一车辆每小时提交不超过", 20, "次"),
    ("repeated_low", "驾驶员低分评价达到即列为多次低分", 3, "次"),
    ("points_satisfied", "满意计", 100, "分"),
    ("points_average", "一般计", 60, "分"),
    ("points_not_satisfied", "不满意计", 20, "分"),
    ("points_complaint", "投诉计", 0, "分"),
)


def enter_defaults(**_: Any) -> None:
    """The rows that are missing; those that are there keep what an officer set."""
    RatingReason.objects.bulk_create(
        [RatingReason(code=code, title=title, position=at, source=_OWN) for at, (code, title) in enumerate(REASONS, 1)],
        ignore_conflicts=True,
    )
    RatingSetting.objects.bulk_create(
        [
            RatingSetting(code=code, title=title, value=value, unit=unit, source=_OWN)
            for code, title, value, unit in SETTINGS
        ],
        ignore_conflicts=True,
    )


def figures() -> dict[str, int]:
    """Every figure by its code; what is missing has the default."""
    return {code: value for code, _, value, _ in SETTINGS} | dict(RatingSetting.objects.values_list("code", "value"))
