"""A call rings: it pops up with who calls and what is open, and a key leads from any page to its order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from complaints.calls.models import Call, DeskExtension
from complaints.orders import workflow
from complaints.orders.models import Order
from datacenter.accounts.models import AuditRecord, User
from datacenter.accounts.rights import Role
from scripts.call_platform import Platform
from tests import factories
from tests.complaints.orders.making import PHONE, draft
from tests.conftest import Site
from tests.pages.conftest import Desk

pytestmark = pytest.mark.pages
EXTENSION = "8001"


class Caller:
    """One call as the reference client tells of it."""

    def __init__(self, house: str, number: str = PHONE, extension: str = EXTENSION) -> None:
        self.platform = Platform(house, settings.CALL_PLATFORM_SECRET)
        self.number, self.extension = number, extension

    def tell(self, kind: str, call: str = "c1", **more: Any) -> Any:
        """Send one event of now; gives the house's answer."""
        event = {"event_id": f"{call}-{kind}", "call_id": call, "kind": kind, "at": timezone.now().isoformat(), **more}
        return self.platform.post("/api/v1/calls/events/", event)

    def ring(self, call: str = "c1") -> None:
        """It rings at the extension."""
        self.tell("ringing", call, caller=self.number, called="12328", extension=self.extension)

    def answer(self, call: str = "c1") -> str:
        """Somebody picks it up there; gives the number of the order."""
        return str(self.tell("answered", call, extension=self.extension)["order"])


@pytest.fixture
def caller(live_server: Site, hotline_operator: User, dawa_officer: User) -> Caller:
    """Somebody who calls the desk of the operator; the second time."""
    DeskExtension.objects.create(number=EXTENSION, operator=hotline_operator)
    return Caller(live_server.url)


def popups(page: Any) -> Any:
    return page.get_by_role("alertdialog", name="来电")


def test_a_ringing_call_pops_up_with_its_history_and_a_key_leads_to_its_order(
    desk: Desk, hotline_operator: User, caller: Caller
) -> None:
    open_one, _new = workflow.log_order(draft(), by=hotline_operator)
    answered, _new = workflow.log_order(draft("ask.taxi"), by=hotline_operator)
    workflow.answer_at_once(answered, by=hotline_operator, answer="以计价器为准")
    colleague = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    page, beside = desk(hotline_operator), desk(colleague)
    for one in (page, beside):
        one.goto("/complaints/orders/")
    caller.ring()
    popup = popups(page)
    expect(popup).to_contain_text("来电振铃")
    expect(popup).to_contain_text(PHONE)
    expect(popup).to_contain_text("来过 2 次")
    expect(popup.get_by_role("list", name="未办结").get_by_role("link")).to_have_text(open_one.number)
    number = caller.answer()
    expect(popup).to_contain_text("通话中")
    expect(popups(beside)).to_have_count(0)
    page.keyboard.press("Alt+j")
    expect(page.get_by_role("heading", name=f"补正工单 {number}")).to_be_visible()
    expect(page.get_by_label("来话号码")).to_have_value(PHONE)
    expect(page.locator("#beside")).to_contain_text(open_one.number)
    # And on by keyboard: what it is about, answered and closed.
    page.wait_for_load_state()
    keys = page.keyboard
    keys.press("Alt+3")
    expect(page.get_by_label("子类别")).to_be_focused()
    keys.type("1")
    keys.press("Alt+c")
    keys.press("Control+a")
    keys.type("末班车几点")
    page.get_by_label("答复内容").fill("20:30")
    keys.press("Control+Enter")
    expect(page.locator(".console-logged")).to_contain_text(number)
    order = Order.objects.get(number=number)
    assert (order.state, order.content, order.caller_phone) == ("closed", "末班车几点", PHONE)
    assert Order.objects.count() == 3
    assert Call.objects.get().order == order
    assert AuditRecord.objects.filter(action="complaint.caller", user=hotline_operator).exists()


def test_an_empty_console_takes_the_number_and_gives_it_up_to_nobody_else(
    desk: Desk, hotline_operator: User, caller: Caller
) -> None:
    page = desk(hotline_operator)
    page.goto("/complaints/")
    # No desk is known: it rings at all, and what is masked is no number to write down.
    caller.extension = ""
    caller.ring()
    expect(popups(page)).to_contain_text("139****1234")
    expect(page.get_by_label("来话号码")).to_have_value("")
    caller.tell("hung_up")
    expect(popups(page)).to_have_count(0)
    page.goto("/complaints/")
    caller.extension = EXTENSION
    caller.ring("c2")
    expect(page.get_by_label("来话号码")).to_have_value(PHONE)
    expect(popups(page)).to_contain_text("第一次来话")
    # Where its call is being written down the key leaves what was typed.
    page.get_by_role("textbox", name="内容", exact=True).fill("末班车几点")
    page.keyboard.press("Alt+j")
    expect(popups(page)).to_have_count(0)
    expect(page.get_by_role("textbox", name="内容", exact=True)).to_have_value("末班车几点")
    # What rang before a page was opened pops up on it, and not what lost its end.
    page.goto("/complaints/orders/")
    expect(popups(page)).to_contain_text(PHONE)
    page.get_by_role("button", name="收起").click()
    expect(popups(page)).to_have_count(0)
    Call.objects.update(rang_at=timezone.now() - timedelta(minutes=3))
    page.reload()
    page.wait_for_function("document.querySelector('[data-call-popups]')")
    expect(popups(page)).to_have_count(0)
