"""The hotline of the demo city (热线演示): two months of calls answered at once, and today's complaints under way.

Made up like the rest of the demo: callers' numbers are of a range that nobody has, words say 演示.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db import connection
from django.utils import timezone

from complaints.orders import workflow
from complaints.orders.drafting import Draft
from complaints.orders.models import CallBack, Category, Order, OrderEvent
from complaints.orders.numbers import new_receipt
from complaints.orders.workflow.accepting import AT_ONCE
from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import roles_with
from datacenter.accounts.scope import CITY, entered
from datacenter.cases import workflow as cases
from datacenter.registry.demo.after import AFTER_HISTORY
from datacenter.registry.models import Vehicle

DAYS, FEWEST, MOST = 60, 30, 90
_TODAY = 18
_REASONS = ("等了太久才接通", "答复不够具体", "问题没有解决")
_CENTRES = ((41_120_000, 122_070_000), (41_190_000, 122_050_000), (40_992_000, 122_066_000), (41_240_000, 121_980_000))
_WORDS = (
    "从火车站上车，司机没打表，到了要三十块（演示）",
    "绕了一大圈，平时十五块今天二十六（演示）",
    "空车亮着灯，问了去处就开走了（演示）",
    "车里有烟味，提醒了还接着抽（演示）",
)


def register() -> None:
    """From ``ready()``."""
    if fill not in AFTER_HISTORY:
        AFTER_HISTORY.append(fill)


def fill(first: date, last: date) -> None:
    """Fill up to ``last``, unless there are orders or nobody of the demo answers calls."""
    operator = User.objects.filter(username="hotline").first()
    if operator is None or Order.objects.exists():
        return
    with entered(CITY):
        since = max(first, last - timedelta(days=DAYS - 1))
        _keep([order for day in range((last - since).days + 1) for order in _day(since, day, operator)], operator)
        _today(operator)


def _day(since: date, number: int, operator: User) -> Iterator[Order]:
    """One day's orders, most of them questions; a few more each week."""
    day, luck = since + timedelta(days=number), Random(f"hotline {since} {number}")
    kinds = list(Category.objects.filter(kind__in=AT_ONCE, in_force=True))
    weights = [6 if one.kind == Category.Kind.CONSULTATION else 1 for one in kinds]
    channels = [Order.Channel.PHONE] * 9 + [Order.Channel.WEB, Order.Channel.WECHAT, Order.Channel.FORWARDED]
    for _ in range(luck.randint(FEWEST, FEWEST + (MOST - FEWEST) * (number + 1) // DAYS)):
        category = luck.choices(kinds, weights)[0]
        at = _moment(day, luck)
        answered = at + timedelta(seconds=luck.randint(40, 420))
        called = min(answered + timedelta(hours=20), timezone.now())
        latitude, longitude = luck.choice(_CENTRES)
        back = category.call_back == Category.CallBack.ALL
        yield Order(
            receipt=new_receipt(), category=category, channel=luck.choice(channels), state=Order.State.CLOSED,
            caller_phone=f"1990000{luck.randint(0, 1500):04d}", content=f"{category.title}（演示）", accepted_at=at,
            industry=category.industry, answer="已答复（演示）", first_answer_at=answered, operator=operator,
            closed_at=called if back else answered, called_back_at=called if back else None,
            satisfaction=_said(luck) if back else "",
            latitude_e6=latitude + round(luck.gauss(0, 9000)), longitude_e6=longitude + round(luck.gauss(0, 12000)),
        )  # fmt: skip


def _moment(day: date, luck: Random) -> datetime:
    hour = luck.choices(range(24), [1] * 6 + [3, 8, 10, 9, 8, 7, 6, 7, 8, 8, 9, 10, 8, 6, 4, 3, 2, 1])[0]
    at = datetime.combine(day, time(hour, luck.randrange(60), luck.randrange(60)))
    return timezone.make_aware(at, timezone.get_default_timezone())


def _said(luck: Random) -> str:
    said = luck.random()
    return (
        Order.Satisfaction.UNSATISFIED if said < 0.04 else Order.Satisfaction.FAIR if said < 0.2 else
        Order.Satisfaction.SATISFIED
    )  # fmt: skip


def _keep(orders: list[Order], operator: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('complaint_order_number') FROM generate_series(1, %s)", [len(orders)])
        running = [number for (number,) in cursor.fetchall()]
    for order, number in zip(orders, running, strict=True):
        order.number = f"RX{timezone.localtime(order.accepted_at):%Y%m%d}{number:06d}"
    kept = Order.objects.bulk_create(orders, batch_size=1000)
    by: dict[str, Any] = {"by": operator, "by_name": str(operator)}
    OrderEvent.objects.bulk_create(
        (
            OrderEvent(order=order, at=at, what=what, public=True, **by)
            for order in kept
            for what, at in (("受理登记", order.accepted_at), ("即时答复", order.first_answer_at))
        ),
        batch_size=2000,
    )
    luck = Random("call-backs")
    CallBack.objects.bulk_create(
        CallBack(
            order=order, attempt=1, round=0, at=order.called_back_at, by=operator, outcome=CallBack.Outcome.REACHED,
            satisfaction=order.satisfaction,
            reason=luck.choice(_REASONS) if order.satisfaction == Order.Satisfaction.UNSATISFIED else "",
        )
        for order in kept
        if order.called_back_at
    )  # fmt: skip


def _today(operator: User) -> None:
    """What is on the desks: some to be handed on, some at the counties, some to be called back, some done."""
    luck = Random("today")
    lead = User.objects.filter(username="city").first()
    stations = User.objects.filter(role__in=roles_with("case.accept"), unit__kind=Unit.Kind.COUNTY_STATION)
    officers = {str(user.unit.county_id): user for user in stations.select_related("unit") if user.unit}
    taxis = list(Vehicle.objects.filter(kind=Vehicle.Kind.TAXI).order_by("pk")[: 40 * _TODAY : 40])
    codes = ("taxi.meter_off", "taxi.detour", "taxi.refusal", "taxi.condition")
    known = {row.code: row for row in Category.objects.filter(code__in=codes)}
    for number, taxi in enumerate(taxis):
        category = known[codes[number % len(codes)]]
        asked = {
            question["code"]: (question.get("choices") or ["没看清"])[0]
            for question in category.questions
            if question.get("required")
        }
        draft = Draft(
            category=category, content=_WORDS[number % len(_WORDS)], caller_phone=f"1990001{number:04d}", answers=asked,
            plates_said=taxi.plate, vehicle=taxi, paid_jiao=260 + number,
            occurred_at=timezone.now() - timedelta(minutes=luck.randint(40, 600)),
        )  # fmt: skip
        order, _ = workflow.log_order(draft, by=operator)
        officer = officers.get(str(taxi.county_id))
        if number < 3 or officer is None or lead is None:
            continue
        order = (
            workflow.transfer_to_company(order, by=operator)
            if number % 3 == 0
            else workflow.transfer_to_county(order, by=operator, county=None)
        )
        if number < 9 or order.case is None or order.case.county_id != taxi.county_id:
            continue
        case = cases.accept_case(order.case, by=officer)
        if number < 12:
            continue
        cases.feed_back_case(case, by=officer, result="已约谈驾驶员，责令整改（演示）")
        cases.verify_case(case, by=lead)
        if number >= 15:
            order.refresh_from_db()
            workflow.record_call_back(order, by=operator, outcome="reached", satisfaction="satisfied")
