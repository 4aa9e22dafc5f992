"""Where an order goes (分类转办): to a county by the loop's own rules or by hand, and to the company that is meant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from complaints.orders.defaults import case_kind
from complaints.orders.models import Order
from complaints.orders.workflow.companies import put_to
from complaints.orders.workflow.recording import FieldRefused, lock, note
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case
from datacenter.cases.territory import Answer, Matter, decide
from datacenter.cases.workflow import Subject
from datacenter.detection.findings import opening_of
from datacenter.geo.models import County

_OPEN = (Order.State.ACCEPTED,)


def transfer_to_county(order: Order, *, by: Any, county: County | None = None) -> Order:
    """Hand the order to a county (转办县区): opens its case, whose clock is that of the category's kind.

    Without ``county`` the loop's rules of territory decide; where they give none, the case waits to be dispatched.
    """
    with transaction.atomic():
        locked = lock(order, by, "complaint.lead", _OPEN, "转办")
        return _opened(locked, by, _by_hand(county) if county is not None else whose(locked))


def transfer_to_company(
    order: Order, *, by: Any, company: Any = None, question: str = "", due_at: datetime | None = None
) -> Order:
    """Hand it to the company's county and ask the company at once (转办企业), with a deadline of its own.

    Raises ``FieldRefused`` where no company is known.
    """
    with transaction.atomic():
        locked = lock(order, by, "complaint.lead", _OPEN, "转办")
        company = company or locked.company
        if company is None:
            raise FieldRefused("company", "请选择企业")
        if locked.company_id is None:
            locked.company, locked.company_name = company, company.name
        done = _opened(locked, by, Answer(company.county_id, "按企业所在地"))
        put_to(done, company, question, by=by, due_at=due_at)
        return done


def whose(order: Order) -> Answer:
    """The county that the rules of territory give the order's case."""
    vehicle, company, driver = order.vehicle, order.company, order.practitioner
    matter = Matter(
        kind=case_kind(order.category.kind),
        industry=order.industry,
        origin=Case.Origin.COMPLAINT,
        latitude_e6=order.latitude_e6,
        longitude_e6=order.longitude_e6,
        vehicle_county=vehicle.county_id if vehicle else None,
        company_county=company.county_id if company else None,
        practitioner_county=driver.county_id if driver else None,
    )
    return decide(matter)


def _by_hand(county: County) -> Answer:
    return Answer(county.pk, "人工派发")


def _opened(order: Order, by: Any, answer: Answer) -> Order:
    case = order.case
    if case is not None:
        raise FieldRefused("county", f"工单已立案 {case.number}")
    moment = order.occurred_at or order.accepted_at
    case = cases.open_case(
        origin=Case.Origin.COMPLAINT,
        kind=case_kind(order.category.kind),
        title=f"{order.category.get_kind_display()}：{order.category.title}",
        subject=_subject(order, moment),
        occurred_at=moment,
        latitude_e6=order.latitude_e6,
        longitude_e6=order.longitude_e6,
        county_id=answer.county_id,
        county_rule=answer.rule if answer.county_id else "",
        boundary_unconfirmed=answer.unconfirmed,
        facts={"order": order.number, "category": order.category.code},
        by=by,
    )
    order.case, order.county_id, order.state = case, answer.county_id, Order.State.HANDLING
    if not order.driver_name and case.driver_name:
        order.driver_name, order.practitioner_id = case.driver_name, case.practitioner_id
    order.save()
    to = str(case.county) if case.county else "待市级派发"
    note(order, "转办", by=by, note=f"{to}（{answer.rule or '没有符合的属地规则'}），案件 {case.number}", public=False)
    told = "已转办" if case.county else "正在确定承办单位"
    note(order, told, by=by, by_name="12328", note=str(case.county or ""), public=True)
    return order


def _subject(order: Order, moment: datetime) -> Subject:
    """Whom the case is about; who drove is taken from the bindings unless the caller's order names somebody."""
    if order.vehicle is not None:
        known = opening_of(order.vehicle, moment, "").subject
        if order.practitioner_id is None:
            return known
    else:
        known = Subject(plate=order.plate, company_id=order.company_id, company_name=order.company_name)
    return Subject(
        vehicle_id=known.vehicle_id,
        plate=known.plate,
        plate_colour=known.plate_colour,
        industry=known.industry or order.industry,
        company_id=known.company_id,
        company_name=known.company_name,
        driver_name=order.driver_name,
        practitioner_id=order.practitioner_id,
    )
