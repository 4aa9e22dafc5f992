"""The desk in the browser: confirmed and rejected by keyboard alone, the next at once, nothing answered twice."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from datacenter.cases.models import Case
from datacenter.screening import workflow
from datacenter.screening.models import Review, ReviewItem
from tests import factories
from tests.conftest import wait_for
from tests.media.test_pages import make_file
from tests.pages.test_media import street
from tests.screening.items import make_item

pytestmark = pytest.mark.pages


def title(page):
    return page.locator("[data-current] article")


def answered(count: int) -> None:
    wait_for(lambda: Review.objects.count() == count, 10, f"{count} answers")


def test_by_keyboard_only_a_finding_is_confirmed_and_its_case_stands_in_its_countys_list(
    desk, dawa_officer, panshan_officer
):
    at = timezone.now() - timedelta(hours=1)
    truck = factories.make_vehicle("辽L77777")
    first, then = make_item(truck, peak_kmh=160, at=at), make_item(peak_kmh=120)
    make_file(truck, street(1), device_time=at + timedelta(seconds=20))
    marked = make_file(truck, street(2), device_time=at + timedelta(seconds=40))
    page = desk(dawa_officer)
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="远程排查", level=1)).to_be_visible()
    expect(title(page)).to_have_attribute("data-item", str(first.pk))
    expect(page.locator("[data-evidence-map] canvas").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.get_by_text("已标记")).to_be_visible()
    page.keyboard.press("Enter")
    expect(title(page)).to_have_attribute("data-item", str(then.pk))
    expect(page.locator("[data-done]")).to_have_text("1")
    answered(1)
    review = Review.objects.get()
    assert (review.item_id, review.marked_file_id) == (first.pk, marked.pk)
    case = Case.objects.get()
    assert case.county_id == factories.DAWA

    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator(f"[data-number='{case.number}']")).to_be_visible()
    other = desk(panshan_officer)
    other.goto("/cases/")
    expect(other.get_by_text("还没有案件")).to_be_visible()


def test_n_and_a_digit_reject_with_that_reason_and_s_skips(desk, dawa_officer):
    make_item(peak_kmh=160), make_item(peak_kmh=120), make_item(peak_kmh=90)
    page = desk(dawa_officer)
    page.goto("/screening/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("n")
    page.keyboard.press("6")
    expect(page.locator("[data-done]")).to_have_text("1")
    page.keyboard.press("n")
    page.keyboard.press("9")  # asks for words first
    expect(page.get_by_label("备注")).to_be_focused()
    page.keyboard.type("样车路试")
    page.keyboard.press("Enter")
    page.keyboard.press("9")
    expect(page.locator("[data-done]")).to_have_text("2")
    page.keyboard.press("s")
    expect(page.get_by_text("没有待排查的疑似违规")).to_be_visible()
    answered(3)
    assert list(Review.objects.values_list("answer", "reason", "note")) == [
        ("rejected", "lawful", ""),
        ("rejected", "other", "样车路试"),
        ("skipped", "", ""),
    ]
    assert not Case.objects.exists()


def test_the_next_item_is_shown_before_the_server_has_heard_the_answer(desk, dawa_officer):
    first, then = make_item(peak_kmh=160), make_item(peak_kmh=150)
    page = desk(dawa_officer)
    held = []
    page.route("**/screening/*/confirm/", lambda route: held.append(route))
    page.goto("/screening/")
    page.wait_for_load_state("networkidle")
    expect(title(page)).to_have_attribute("data-item", str(first.pk))
    page.keyboard.press("y")
    expect(title(page)).to_have_attribute("data-item", str(then.pk))
    assert not Review.objects.exists()
    wait_for(lambda: bool(held) or page.wait_for_timeout(50), 10, "the answer on its way")
    held[0].continue_()
    expect(page.locator("[data-done]")).to_have_text("1")
    answered(1)


def test_what_somebody_else_took_meanwhile_is_told_and_the_desk_drawn_afresh(desk, dawa_officer, city_officer):
    item = make_item()
    page = desk(dawa_officer)
    page.goto("/screening/")
    page.wait_for_load_state("networkidle")
    ReviewItem.objects.filter(pk=item.pk).update(leased_until=timezone.now())
    workflow.take_next(city_officer)
    page.keyboard.press("y")
    expect(page.get_by_role("alert").filter(has_text="正由其他人员排查")).to_be_visible()
    expect(page.locator("[data-queue]")).to_contain_text("city")
    expect(page.get_by_text("没有待排查的疑似违规")).to_be_visible()
    assert not Review.objects.exists()
