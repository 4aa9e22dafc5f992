"""The rows that the hotline starts with (默认类别、期限与参数); each is edited under /admin/.

No legal limit for acceptance, transfer, handling or call-back was found, and no standard list of categories: the rows
say where they come from and are marked 未核实. Deadlines are the loop's own rows (``WorkflowRule``), one a kind, in
working hours: eight make a day.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from complaints.orders.models import Category, HotlineSetting
from datacenter.cases.models import Clock, WorkflowRule

_DAY = 8
_PRACTICE = "一般行政惯例（12345 公开材料），12328 办法的时限未查到，待局方确认"
_OWN = "局内约定，待局方确认"
_KIND = Category.Kind

# kind of case → working days. Asked on 12345: consultation 1–3, requests and suggestions 3–7, complaints 15–20.
DAYS: dict[str, int] = {
    _KIND.COMPLAINT: 15,
    _KIND.REPORT: 15,
    _KIND.CONSULTATION: 3,
    _KIND.SUGGESTION: 7,
    _KIND.HELP: 1,
    _KIND.LOST: 3,
    _KIND.PRAISE: 7,
}


def case_kind(kind: str) -> str:
    """The kind of case (事由代码) that an order of ``kind`` opens."""
    return f"hotline.{kind}"


def _ask(code: str, label: str, kind: str = "text", *choices: str, required: bool = False) -> dict[str, Any]:
    question: dict[str, Any] = {"code": code, "label": label, "kind": kind, "required": required}
    return question | ({"choices": list(choices)} if choices else {})


_FROM, _TO = _ask("from", "从哪里上车"), _ask("to", "到哪里下车")
_PAID = _ask("paid", "付了多少钱（元）", "number")
_METER = _ask("meter", "是否打表", "choice", "打表", "没打表", "不清楚")
_RECEIPT = _ask("receipt", "有没有发票或支付记录", "yes_no")
_DIRECTION = _ask("direction", "行驶方向")
_STOP = _ask("stop", "在哪个站", required=True)
_LICENCE = _ask("basis", "怎么知道的", "choice", "本人乘坐", "亲眼看到", "听说")


class _Row(NamedTuple):
    kind: str
    code: str
    title: str
    industry: str = ""
    questions: tuple[dict[str, Any], ...] = ()
    call_back: str = Category.CallBack.ALL
    sample: int = 100


_TAXI, _BUS, _COACH, _HAZMAT, _TRUCK = "taxi", "bus", "coach", "hazmat", "heavy_truck"
_C, _R, _Q, _S, _H, _L, _P = (
    _KIND.COMPLAINT, _KIND.REPORT, _KIND.CONSULTATION, _KIND.SUGGESTION, _KIND.HELP, _KIND.LOST, _KIND.PRAISE,
)  # fmt: skip

# Violations of taxis are those of the ministry's rules on taxi service; the rest is the trade's own list.
_ROWS: tuple[_Row, ...] = (
    _Row(
        _C,
        "taxi.refusal",
        "出租车拒载",
        _TAXI,
        (
            _ask("light", "当时顶灯", "choice", "空车", "暂停", "电召", "没看清", required=True),
            _TO,
            _ask("said", "司机怎么说的"),
        ),
    ),
    _Row(_C, "taxi.detour", "出租车绕道", _TAXI, (_FROM, _TO, _PAID, _ask("way", "走了哪条路"), _RECEIPT)),
    _Row(_C, "taxi.overcharge", "出租车多收费", _TAXI, (_FROM, _TO, _PAID, _METER, _RECEIPT)),
    _Row(_C, "taxi.meter_off", "出租车不打表、议价", _TAXI, (_FROM, _TO, _METER, _PAID)),
    _Row(_C, "taxi.sharing", "出租车未经同意拼客", _TAXI, (_FROM, _TO, _ask("riders", "车上几位乘客", "number"))),
    _Row(_C, "taxi.dropped", "出租车中途甩客", _TAXI, (_ask("where", "在哪里被要求下车", required=True), _PAID)),
    _Row(_C, "taxi.attitude", "出租车服务态度", _TAXI, (_ask("said", "司机说了什么、做了什么", required=True),)),
    _Row(_C, "taxi.receipt", "出租车不给发票", _TAXI, (_PAID,)),
    _Row(_C, "taxi.condition", "出租车车容、吸烟", _TAXI),
    _Row(_C, "taxi.driving", "出租车危险驾驶", _TAXI, (_ask("what", "超速、接打电话还是其他", required=True),)),
    _Row(
        _C,
        "ride_hailing",
        "网约车服务",
        _TAXI,
        (_ask("platform", "哪个平台", required=True), _ask("order", "平台订单号")),
    ),
    _Row(_C, "bus.skipped", "公交到站不停、甩站", _BUS, (_STOP, _DIRECTION)),
    _Row(
        _C, "bus.late", "公交晚点、等车时间长", _BUS, (_STOP, _ask("minutes", "等了多少分钟", "number", required=True))
    ),
    _Row(_C, "bus.attitude", "公交服务态度", _BUS, (_ask("said", "司机说了什么、做了什么", required=True), _DIRECTION)),
    _Row(_C, "bus.driving", "公交不安全驾驶", _BUS, (_ask("what", "急刹、抢行、接打电话还是其他", required=True),)),
    _Row(_C, "bus.card", "公交刷卡、扣费", _BUS, (_ask("card", "卡号后四位或支付方式"), _PAID)),
    _Row(_C, "coach.ticket", "客运售票、退票", _COACH, (_ask("station", "哪个客运站", required=True), _PAID)),
    _Row(_C, "coach.late", "班车晚发、停班", _COACH, (_ask("station", "哪个客运站", required=True),)),
    _Row(_C, "coach.overload", "班车超员、站外上客", _COACH, (_ask("riders", "大约几人", "number"), _DIRECTION)),
    _Row(_C, "coach.attitude", "客运服务态度", _COACH, (_ask("said", "说了什么、做了什么", required=True),)),
    _Row(
        _C,
        "road.damage",
        "路面坑槽、设施损坏",
        "",
        (_ask("road", "哪条路、哪一段", required=True), _ask("danger", "是否影响通行", "yes_no")),
    ),
    _Row(_C, "road.works", "施工扰民、标志不清", "", (_ask("road", "哪条路、哪一段", required=True),)),
    _Row(_C, "road.toll", "收费站收费、拥堵", "", (_ask("station", "哪个收费站", required=True), _PAID)),
    _Row(_C, "repair", "机动车维修质量、收费", "", (_ask("shop", "哪家维修厂", required=True), _PAID, _RECEIPT)),
    _Row(_C, "training", "驾培收费、教学", "", (_ask("school", "哪所驾校", required=True), _PAID)),
    _Row(_R, "illegal.taxi", "非法营运（黑车）", "", (_LICENCE, _FROM, _TO, _PAID)),
    _Row(_R, "illegal.coach", "非法客运", _COACH, (_LICENCE, _FROM, _TO)),
    _Row(
        _R,
        "hazmat.parking",
        "危货车违规停放",
        _HAZMAT,
        (_ask("sign", "车上的危险货物标志或编号"), _ask("leak", "有没有泄漏、异味", "yes_no", required=True)),
    ),
    _Row(
        _R,
        "hazmat.driving",
        "危货车危险驾驶",
        _HAZMAT,
        (_ask("what", "超速、走禁行路段还是其他", required=True), _DIRECTION),
    ),
    _Row(_R, "truck.overload", "货车超限、抛洒", _TRUCK, (_ask("cargo", "装的什么"), _DIRECTION)),
    _Row(_R, "taxi.tampered", "计价器作弊", _TAXI, (_FROM, _TO, _PAID, _RECEIPT)),
    _Row(_Q, "ask.bus", "公交线路、时刻", _BUS, (), Category.CallBack.NONE, 0),
    _Row(_Q, "ask.coach", "客运班次、票务", _COACH, (), Category.CallBack.NONE, 0),
    _Row(_Q, "ask.taxi", "出租车运价、电召", _TAXI, (), Category.CallBack.NONE, 0),
    _Row(_Q, "ask.road", "路况、绕行", "", (), Category.CallBack.NONE, 0),
    _Row(
        _Q,
        "ask.permit",
        "许可、证件办理",
        "",
        (_ask("matter", "办什么事项", required=True),),
        Category.CallBack.SAMPLE,
        20,
    ),
    _Row(_S, "suggest.bus", "公交线网、站点建议", _BUS, (_ask("where", "哪条线、哪个站"),)),
    _Row(_S, "suggest.other", "其他意见建议"),
    _Row(
        _H,
        "help.rescue",
        "车辆救援、滞留",
        "",
        (_ask("riders", "几个人", "number"), _ask("danger", "有没有人受伤", "yes_no", required=True)),
    ),
    _Row(_H, "help.other", "其他求助"),
    _Row(
        _L,
        "lost.taxi",
        "出租车上丢失物品",
        _TAXI,
        (
            _ask("item", "丢了什么", required=True),
            _FROM,
            _TO,
            _PAID,
            _ask("seat", "坐在前排还是后排", "choice", "前排", "后排"),
        ),
    ),
    _Row(_L, "lost.bus", "公交车上丢失物品", _BUS, (_ask("item", "丢了什么", required=True), _STOP)),
    _Row(
        _L,
        "lost.coach",
        "客运车上丢失物品",
        _COACH,
        (_ask("item", "丢了什么", required=True), _ask("station", "哪个客运站")),
    ),
    _Row(_P, "praise.driver", "表扬驾驶员", "", (), Category.CallBack.SAMPLE, 10),
    _Row(_P, "praise.other", "其他表扬", "", (), Category.CallBack.NONE, 0),
)

_SETTINGS = (
    ("call_back_attempts", "回访几次未接通可免回访", 3, "次"),
    ("reopen_most", "重办几次后可在不满意时办结", 2, "次"),
    ("company_hours", "企业答复期限", 16, "工作时"),
    ("duplicate_days", "同车、同号码多少天内提示重复", 3, "天"),
    ("quality_percent", "办结工单质量抽检比例", 5, "%"),
    ("quality_days", "办结后多少天内抽检", 30, "天"),
    ("repeat_days", "重复来话统计期间", 90, "天"),
)


def enter_defaults() -> None:
    """Enter the rows that are missing; what is there keeps what somebody set."""
    Category.objects.bulk_create(
        [
            Category(
                kind=row.kind, code=row.code, title=row.title, industry=row.industry, questions=list(row.questions),
                call_back=row.call_back, sample_percent=row.sample, position=10 * number, source=_OWN,
            )
            for number, row in enumerate(_ROWS, 1)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    WorkflowRule.objects.bulk_create(
        [
            WorkflowRule(kind=case_kind(kind), handle_hours=days * _DAY, clock=Clock.WORKING, source=_PRACTICE)
            for kind, days in DAYS.items()
        ],
        ignore_conflicts=True,
    )
    HotlineSetting.objects.bulk_create(
        [
            HotlineSetting(code=code, title=title, value=value, unit=unit, source=_OWN)
            for code, title, value, unit in _SETTINGS
        ],
        ignore_conflicts=True,
    )


def setting(code: str) -> int:
    """The figure ``code`` as it is set."""
    value: int = HotlineSetting.objects.values_list("value", flat=True).get(pk=code)
    return value
