"""What an installation begins with (初始规则): weights, the deduction table, grades; rows to edit, with their sources.

A source that nobody has confirmed carries the mark 未核实 until an administrator does; what no text gives is empty or
agreed in the bureau, and says so.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from datacenter.assessment import settings
from datacenter.assessment.models import CreditRule, IndicatorRule, PointRule
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.assessment.settings import AGREED, HANDBOOK

BEGINNING = date(2020, 1, 1)
_F = IndicatorRule.Formula
_C, _S, _A, _D = Axis.CONDUCT, Axis.SERVICE, Axis.SAFETY, Axis.COMMAND
HUANGSHI = "黄石市联网联控考核通报（湖北省考核细则）；全国统一权重未见原文"

# indicator, title, axis, weight, formula, target, floor, params[, source]; the kind is the indicator's first word
_INDICATORS: tuple[tuple[Any, ...], ...] = (
    ("county.screened", "远程排查量", _C, 8, _F.RATE, 200, None, {}),
    ("county.screened_hit", "排查命中率", _C, 6, _F.RATE, 60, None, {}),
    ("county.screened_agreed", "复核一致率", _C, 6, _F.RATE, 90, None, {}),
    ("county.verified", "一次核查通过率", _S, 15, _F.RATE, 100, None, {}),
    ("county.complaints", "投诉按期办结率", _S, 10, _F.RATE, 100, None, {}),
    ("county.online", "上线率", _A, 5, _F.RATE, 100, None, {}),
    ("county.complete", "轨迹完整率", _A, 5, _F.RATE, 100, 70, {}, HUANGSHI),
    ("county.violations", "千公里安全违规", _A, 5, _F.LINEAR, 0, 1, {}),
    ("county.on_time", "按期反馈率", _D, 20, _F.RATE, 100, None, {}),
    ("county.returned", "退回率", _D, 5, _F.LINEAR, 0, 30, {}),
    ("county.supervised", "督办次数", _D, 5, _F.DEDUCT, 0, None, {"each": 10}),
    ("county.instructions", "指令答复用时", _D, 10, _F.LINEAR, 24, 72, {}),
    ("company.conduct", "百车经营违规", _C, 10, _F.LINEAR, 0, 20, {}),
    ("company.satisfied", "乘客满意率", _S, 10, _F.RATE, 95, None, {}),
    ("company.complaints", "百车投诉", _S, 10, _F.LINEAR, 0, 10, {}),
    ("company.online", "上线率", _A, 15, _F.RATE, 100, None, {}, HUANGSHI),
    ("company.complete", "轨迹完整率", _A, 30, _F.RATE, 100, 70, {}, HUANGSHI),
    ("company.violations", "千公里安全违规", _A, 10, _F.LINEAR, 0, 1, {}),
    ("company.rectified", "按期整改率", _D, 10, _F.RATE, 100, None, {}),
    ("company.commands", "平台指令应答率", _D, 5, _F.RATE, 100, None, {}),
    ("practitioner.points", "周期剩余分", _C, 50, _F.RATE, 20, None, {}),
    ("practitioner.violations", "当月违规", _A, 30, _F.DEDUCT, 0, None, {"each": 20}),
    ("practitioner.satisfied", "乘客满意率", _S, 10, _F.RATE, 95, None, {}),
    ("practitioner.complaints", "当月投诉", _S, 10, _F.DEDUCT, 0, None, {"each": 20}),
)  # fmt: skip

_UNKNOWN_STEP = f"{HANDBOOK}：分值未见原文"
_ASKED = f"{HANDBOOK}：考题所问分值，未见答案"
_KNOWN = f"{HANDBOOK}：考题确认"
# kind of violation, title, axis, points, source, verified
_POINTS: tuple[tuple[str, str, Axis, int | None, str, bool], ...] = (
    ("paper.not_carried", "未携带有关证件", _C, 1, _KNOWN, True),
    ("taxi.refusal", "拒载、挑客", _C, 5, _ASKED, False),
    ("taxi.detour", "故意绕行", _C, 10, _KNOWN, True),
    ("taxi.meter_tampered", "擅自改动计价器", _C, 10, _ASKED, False),
    (
        "taxi.unlicensed_driver",
        "无从业资格或人车不符",
        _C,
        20,
        f"{HANDBOOK}：驾驶无营运证车辆 20 分，是否同此未核",
        False,
    ),
    ("accident.death", "同等以上责任死亡事故", _A, 20, _KNOWN, True),
    ("taxi.unmetered", "不使用计价器（轨迹）", _C, None, _UNKNOWN_STEP, False),
    ("taxi.unmetered_signal", "不使用计价器（信号）", _C, None, _UNKNOWN_STEP, False),
    ("taxi.false_vacant", "场站冒充空车", _C, None, _UNKNOWN_STEP, False),
    ("camera.covered", "遮挡摄像头", _C, None, _UNKNOWN_STEP, False),
    ("vehicle.elsewhere", "外地车异地经营", _C, None, _UNKNOWN_STEP, False),
    ("plate.cloned", "疑似套牌", _C, None, _UNKNOWN_STEP, False),
    ("position.jump", "定位跳变", _C, None, _UNKNOWN_STEP, False),
    ("position.frozen", "行驶中定位静止", _C, None, _UNKNOWN_STEP, False),
    ("position.replayed", "轨迹重放", _C, None, _UNKNOWN_STEP, False),
    ("device.fault", "设备故障", _C, None, _UNKNOWN_STEP, False),
    ("driver.smoking", "驾驶时吸烟", _A, None, _UNKNOWN_STEP, False),
    ("driver.phone", "驾驶时接打电话", _A, None, _UNKNOWN_STEP, False),
    ("driver.seat_belt", "未系安全带", _A, None, _UNKNOWN_STEP, False),
    ("crossing.not_yielding", "斑马线未礼让行人", _A, None, _UNKNOWN_STEP, False),
    ("road.overspeed", "超速行驶", _A, None, _UNKNOWN_STEP, False),
    ("driving.fatigue", "疲劳驾驶", _A, None, _UNKNOWN_STEP, False),
)
_BONUS = (
    ("bonus.found", "拾金不昧、协助寻找失物", 3, _KNOWN, True),
    ("bonus.helped", "协助查获违法行为", 3, _KNOWN, True),
)

_COMPANIES = "道路运输企业质量信誉考核办法（2006 试行），未见原文"
_DRIVERS = "道路运输驾驶员诚信考核办法，未见原文"
_OWN = "未见规定，局内约定，待局方确认"
_P = CreditRule.Part
# kind, trade, part, code, value, source, verified
_CREDIT: tuple[tuple[Kind, str, CreditRule.Part, str, float, str, bool], ...] = (
    *((Kind.COMPANY, trade, _P.BASE, "", 1000, source, False)
      for trade, source in (("", _COMPANIES), ("taxi", f"{HANDBOOK}，企业基准 1000 分未见原文"))),
    (Kind.COMPANY, "", _P.MONTHS, "", 50, f"{_OWN}：月均分折算占基础分的百分数", False),
    (Kind.COMPANY, "", _P.DEDUCT, "violations", 2, f"{_OWN}：每起违规", False),
    (Kind.COMPANY, "", _P.DEDUCT, "penalties", 10, f"{_OWN}：每件行政处罚", False),
    (Kind.COMPANY, "", _P.DEDUCT, "complaints", 2, f"{_OWN}：每件属实投诉", False),
    *((Kind.COMPANY, "", _P.GRADE, grade, least, _COMPANIES, False)
      for grade, least in (("AAA", 850), ("AA", 700), ("A", 600), ("B", 0))),
    (Kind.COMPANY, "", _P.VALID, "", 12, f"{_COMPANIES}：每年考核一次", False),
    (Kind.PRACTITIONER, "", _P.BASE, "", 20, HANDBOOK, True),
    *((Kind.PRACTITIONER, "", _P.GRADE, grade, least, source, verified) for grade, least, source, verified in (
        ("AAA", 20, HANDBOOK, True), ("AA", 11, HANDBOOK, True), ("A", 4, _DRIVERS, False), ("B", 0, _DRIVERS, False))),
    (Kind.PRACTITIONER, "", _P.VALID, "", 12, f"{HANDBOOK}：考核周期 12 个月", True),
    (Kind.VEHICLE, "", _P.BASE, "", 20, _OWN, False),
    (Kind.VEHICLE, "", _P.DEDUCT, "violations", 2, f"{_OWN}：每起违规", False),
    (Kind.VEHICLE, "", _P.DEDUCT, "penalties", 5, f"{_OWN}：每件行政处罚", False),
    (Kind.VEHICLE, "", _P.DEDUCT, "complaints", 1, f"{_OWN}：每件属实投诉", False),
    *((Kind.VEHICLE, "", _P.GRADE, grade, least, _OWN, False)
      for grade, least in (("AAA", 20), ("AA", 11), ("A", 4), ("B", 0))),
    (Kind.VEHICLE, "", _P.VALID, "", 12, _OWN, False),
)  # fmt: skip


def enter(**_: Any) -> None:
    """Enter the rows that are missing; what somebody changed stays."""
    settings.enter()
    known = set(IndicatorRule.objects.values_list("indicator", flat=True))
    IndicatorRule.objects.bulk_create(
        IndicatorRule(
            indicator=code, title=title, kind=code.split(".")[0], axis=axis, weight=weight, formula=formula,
            target=target, floor=floor, params=params, valid_from=BEGINNING, source=source[0] if source else AGREED,
        )
        for code, title, axis, weight, formula, target, floor, params, *source in _INDICATORS
        if code not in known
    )  # fmt: skip
    points = [
        PointRule(kind_code=kind, title=title, axis=axis, points=step, source=source, source_verified=verified)
        for kind, title, axis, step, source, verified in _POINTS
    ]
    points += [
        PointRule(kind_code=kind, title=title, axis=_S, points=step, bonus=True, source=source, source_verified=known_)
        for kind, title, step, source, known_ in _BONUS
    ]
    PointRule.objects.bulk_create(points, ignore_conflicts=True)
    CreditRule.objects.bulk_create(
        [
            CreditRule(kind=kind, trade=trade, part=part, code=code, value=value, source=source, source_verified=known_)
            for kind, trade, part, code, value, source, known_ in _CREDIT
        ],
        ignore_conflicts=True,
    )
