"""A complaint about Dawa's vehicle with everything that can hang on it: a case, a question to the company, a call."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from complaints.orders import workflow as orders
from complaints.orders.drafting import Draft
from complaints.orders.models import CallBack, Category, Client, CompanyRequest, Order, OrderFile
from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.cases import workflow as cases
from datacenter.registry.models import Vehicle
from tests import factories

CALLER, CALLER_PHONE = "司马问渠", "13699887766"


@dataclass(frozen=True)
class Hotline:
    """The order and what hangs on it, and by which words anybody would know it."""

    order: Order
    asked: CompanyRequest
    file: OrderFile
    secrets: frozenset[str]


def complain(vehicle: Vehicle, county_officer: User, photo: SimpleUploadedFile) -> Hotline:
    """Logged with a picture, handed to the company and its county, handled, verified, not reached."""
    desk = factories.make_unit("D4W4热线", Unit.Kind.HOTLINE)
    operator = factories.make_user("d4w4operator", Role.HOTLINE_OPERATOR, desk)
    draft = Draft(
        category=Category.objects.get(code="bus.attitude"), content="D4W4投诉内容", caller_name=CALLER,
        caller_phone=CALLER_PHONE, vehicle=vehicle, occurred_at=timezone.now(), place="D4W4站台",
        answers={"said": "D4W4骂人"}, photos=[photo], channel="forwarded", external_no="D4W4-12345",
    )  # fmt: skip
    order, _new = orders.log_order(draft, by=operator)
    order = orders.transfer_to_company(order, by=operator, question="D4W4请核实")
    asked = order.requests.get()
    case = cases.accept_case(order.case, by=county_officer)
    case = cases.feed_back_case(case, by=county_officer, result="D4W4已约谈")
    cases.verify_case(case, by=operator)
    order = Order.objects.select_related("case").get(pk=order.pk)
    orders.record_call_back(order, by=operator, outcome=CallBack.Outcome.NO_ANSWER, note="D4W4关机")
    Client.objects.create(name="D4W4平台", channel="forwarded", key_sha256="0" * 64)
    file = order.files.get()
    secrets = {
        order.number, order.case.number, CALLER, CALLER_PHONE, "司***", "136****7766", "D4W4投诉内容", "D4W4站台",
        "D4W4骂人", "D4W4请核实", "D4W4已约谈", "D4W4关机", "D4W4-12345", file.sha256,
    }  # fmt: skip
    return Hotline(Order.objects.get(pk=order.pk), asked, file, frozenset(secrets))
