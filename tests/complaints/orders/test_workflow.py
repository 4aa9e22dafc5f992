"""An order from the call to the file: handed on, followed, called back, taken up again, closed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from complaints.orders import selectors, workflow
from complaints.orders.defaults import setting
from complaints.orders.errors import FieldRefused, OrderNotFound, OrderRefused, RequestNotFound
from complaints.orders.models import CallBack, Category, CompanyRequest, HotlineSetting, Order
from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case
from datacenter.geo.models import County
from datacenter.notices.models import Notice
from datacenter.registry.models import Company, Vehicle
from tests import factories
from tests.cases.opening import open_case
from tests.cases.pictures import jpeg
from tests.complaints.orders.making import CALLER, PHONE, draft, fresh, handled, log

REACHED, NO_ANSWER = CallBack.Outcome.REACHED, CallBack.Outcome.NO_ANSWER
SATISFIED, UNSATISFIED = Order.Satisfaction.SATISFIED, Order.Satisfaction.UNSATISFIED


@pytest.fixture
def taxi(counties: dict[str, County]) -> Vehicle:
    company = factories.make_company("盘锦大洼出租汽车有限公司", factories.DAWA, Company.Kind.TAXI)
    return factories.make_vehicle("辽LT1234", company, kind=Vehicle.Kind.TAXI)


@pytest.fixture
def order(hotline_operator: User, dawa_officer: User, taxi: Vehicle) -> Order:
    """A refusal by a taxi of Dawa, logged and not handed on."""
    return log(hotline_operator, vehicle=taxi, occurred_at=timezone.now())


def test_an_order_goes_to_its_county_by_the_loops_own_rules(order: Order, hotline_operator: User) -> None:
    done = workflow.transfer_to_county(order, by=hotline_operator)
    case = done.case
    assert (done.state, done.county_id, case.county_id) == ("handling", factories.DAWA, factories.DAWA)
    assert (case.origin, case.kind, case.county_rule) == ("complaint", "hotline.complaint", "按车籍地")
    assert case.due_at is not None
    assert (case.plate, case.company_name) == ("辽LT1234", "盘锦大洼出租汽车有限公司")


def test_by_hand_it_goes_where_the_operator_says(order: Order, hotline_operator: User) -> None:
    county = County.objects.get(pk=factories.PANSHAN)
    assert workflow.transfer_to_county(order, by=hotline_operator, county=county).county_id == factories.PANSHAN


def test_what_no_rule_gives_to_a_county_waits_and_the_hotline_dispatches_it(
    hotline_operator: User, dawa_officer: User
) -> None:
    order = workflow.transfer_to_county(log(hotline_operator, "road.damage"), by=hotline_operator)
    assert (order.state, order.county_id, order.case.state) == ("handling", None, "collected")
    cases.dispatch_case(order.case, to=County.objects.get(pk=factories.DAWA), by=hotline_operator)
    assert fresh(order).county_id == factories.DAWA
    told = [(event.what, event.note) for event in order.events.filter(public=True)]
    assert told[1:] == [("正在确定承办单位", ""), ("已转办", "大洼区")]  # nobody is told of an inner desk
    assert selectors.get_order_for(dawa_officer, order.number) == order


def test_unsatisfied_is_taken_up_again_and_satisfied_closes(
    order: Order, hotline_operator: User, dawa_officer: User
) -> None:
    workflow.transfer_to_county(order, by=hotline_operator)
    order = handled(order, dawa_officer, hotline_operator)
    assert (order.state, order.answer) == ("calling_back", "驾驶员拒载属实，已批评教育")
    order = workflow.record_call_back(
        order, by=hotline_operator, outcome=REACHED, satisfaction=UNSATISFIED, reason="没有道歉"
    )
    assert (order.state, order.reopened_times, order.case.state) == ("handling", 1, "dispatched")
    assert "没有道歉" in order.case.events.last().note
    order = handled(order, dawa_officer, hotline_operator)
    order = workflow.record_call_back(order, by=hotline_operator, outcome=REACHED, satisfaction=SATISFIED)
    assert (order.state, order.satisfaction, order.case.state) == ("closed", "satisfied", "closed")
    assert order.closed_at
    assert order.first_answer_at
    order = workflow.file_order(order, by=hotline_operator)
    assert (order.state, order.case.state) == ("filed", "filed")
    assert [(one.round, one.attempt) for one in order.call_backs.order_by("pk")] == [(0, 1), (1, 1)]


def test_no_case_of_an_order_is_closed_without_its_call_back(
    order: Order, hotline_operator: User, dawa_officer: User, city_officer: User
) -> None:
    workflow.transfer_to_county(order, by=hotline_operator)
    order = handled(order, dawa_officer, hotline_operator)
    for lead in (hotline_operator, city_officer):
        with pytest.raises(FieldRefused, match="尚未回访"):
            cases.close_case(order.case, by=lead)
    assert fresh(order).case.state == "verified"


def test_a_category_without_call_back_is_closed_from_its_case(hotline_operator: User, dawa_officer: User) -> None:
    Category.objects.filter(code="road.damage").update(call_back="none")
    order = log(hotline_operator, "road.damage")
    workflow.transfer_to_county(order, by=hotline_operator, county=County.objects.get(pk=factories.DAWA))
    order = handled(order, dawa_officer, hotline_operator)
    assert order.state == "handling"
    cases.close_case(order.case, by=hotline_operator)
    assert fresh(order).state == "closed"


def test_a_number_that_is_not_reached_is_tried_before_the_call_back_is_waived(
    order: Order, hotline_operator: User, dawa_officer: User
) -> None:
    workflow.transfer_to_county(order, by=hotline_operator)
    order = handled(order, dawa_officer, hotline_operator)
    for outcome in (NO_ANSWER, CallBack.Outcome.REFUSED):
        order = workflow.record_call_back(order, by=hotline_operator, outcome=outcome)
        assert order.state == "calling_back"
    with pytest.raises(FieldRefused, match="现已回访 2 次"):
        workflow.waive_call_back(order, by=hotline_operator, reason="拒接")
    workflow.record_call_back(order, by=hotline_operator, outcome=CallBack.Outcome.WRONG_NUMBER)
    with pytest.raises(FieldRefused, match="请填写"):
        workflow.waive_call_back(order, by=hotline_operator, reason=" ")
    order = workflow.waive_call_back(order, by=hotline_operator, reason="三次拒接")
    assert (order.state, order.case.state, order.called_back_at) == ("closed", "closed", None)


def test_without_a_number_the_call_back_is_waived_at_once(hotline_operator: User, dawa_officer: User) -> None:
    order = log(hotline_operator, "bus.late", caller_phone="", channel="letter")
    workflow.transfer_to_county(order, by=hotline_operator, county=County.objects.get(pk=factories.DAWA))
    order = handled(order, dawa_officer, hotline_operator)
    assert workflow.waive_call_back(order, by=hotline_operator, reason="匿名来信").state == "closed"


def test_unsatisfied_may_be_closed_only_after_being_taken_up_often_enough(
    order: Order, hotline_operator: User, dawa_officer: User
) -> None:
    HotlineSetting.objects.filter(pk="reopen_most").update(value=1)
    workflow.transfer_to_county(order, by=hotline_operator)
    said: dict[str, Any] = {"outcome": REACHED, "satisfaction": UNSATISFIED, "reason": "要求退费", "conclude": True}
    order = handled(order, dawa_officer, hotline_operator)
    with pytest.raises(FieldRefused, match="重办满 1 次"):
        workflow.record_call_back(order, by=hotline_operator, **said)
    assert order.call_backs.count() == 0
    workflow.record_call_back(order, by=hotline_operator, **{**said, "conclude": False})
    order = handled(order, dawa_officer, hotline_operator)
    order = workflow.record_call_back(order, by=hotline_operator, **said)
    assert (order.state, order.satisfaction, order.dissatisfied_with) == ("closed", "unsatisfied", "要求退费")


def test_a_consultation_is_answered_and_closed_without_a_case(hotline_operator: User) -> None:
    order = log(hotline_operator, "ask.bus")
    order = workflow.answer_at_once(order, by=hotline_operator, answer="末班车 20:30")
    assert (order.state, order.case, bool(order.closed_at)) == ("closed", None, True)


def test_a_complaint_is_never_answered_at_once(order: Order, hotline_operator: User) -> None:
    with pytest.raises(FieldRefused, match="须转办核实"):
        workflow.answer_at_once(order, by=hotline_operator, answer="知道了")


def test_what_was_answered_at_once_and_does_not_satisfy_is_taken_up_again(hotline_operator: User) -> None:
    order = log(hotline_operator, "help.other")
    order = workflow.answer_at_once(order, by=hotline_operator, answer="已告知救援电话")
    assert order.state == "calling_back"
    order = workflow.record_call_back(
        order, by=hotline_operator, outcome=REACHED, satisfaction=UNSATISFIED, reason="没人来"
    )
    assert (order.state, order.reopened_times) == ("accepted", 1)


def test_an_order_is_refused_on_a_ground_with_words(order: Order, hotline_operator: User) -> None:
    with pytest.raises(FieldRefused):
        workflow.refuse_order(order, by=hotline_operator, ground="mood", reason="不想办")
    done = workflow.refuse_order(order, by=hotline_operator, ground="elsewhere", reason="法院已立案")
    assert (done.state, done.answer) == ("refused", "法院已立案")
    with pytest.raises(OrderRefused):
        workflow.transfer_to_county(done, by=hotline_operator)


def test_who_takes_an_order_that_was_nobodys_is_written_down_once(hotline_operator: User) -> None:
    order, _new = workflow.log_order(draft(channel="web"), by=None)
    for _ in range(2):
        order = workflow.take_order(order, by=hotline_operator)
    assert order.operator == hotline_operator
    assert [event.by for event in order.events.filter(what="接手工单")] == [hotline_operator]


def test_a_refusal_after_an_answer_leaves_the_first_answers_time(hotline_operator: User) -> None:
    order = workflow.answer_at_once(log(hotline_operator, "help.other"), by=hotline_operator, answer="已告知救援电话")
    said = {"outcome": REACHED, "satisfaction": UNSATISFIED, "reason": "没人来"}
    again = workflow.record_call_back(order, by=hotline_operator, **said)
    done = workflow.refuse_order(again, by=hotline_operator, ground="competence", reason="请找 120")
    assert done.first_answer_at == order.first_answer_at


def test_a_policy_that_changes_after_the_check_leaves_no_case_that_nobody_can_close(
    hotline_operator: User, dawa_officer: User
) -> None:
    Category.objects.filter(code="road.damage").update(call_back="none")
    order = log(hotline_operator, "road.damage")
    workflow.transfer_to_county(order, by=hotline_operator, county=County.objects.get(pk=factories.DAWA))
    order = handled(order, dawa_officer, hotline_operator)
    Category.objects.filter(code="road.damage").update(call_back="all")
    with pytest.raises(OrderRefused):  # its page offers no call-back
        workflow.record_call_back(order, by=hotline_operator, outcome=REACHED, satisfaction=SATISFIED)
    cases.close_case(order.case, by=hotline_operator)
    assert fresh(order).state == "closed"


def test_the_sample_is_the_same_whoever_draws_it_and_about_its_share() -> None:
    numbers = [f"RX20260101{number:06d}" for number in range(4000)]
    drawn = [number for number in numbers if workflow.sampled(number, 20)]
    assert drawn == [number for number in numbers if workflow.sampled(number, 20)]
    assert 0.17 < len(drawn) / len(numbers) < 0.23
    assert not any(workflow.sampled(number, 0) for number in numbers)
    assert all(workflow.sampled(number, 100) for number in numbers)


# --- who may what ----------------------------------------------------------------------------------------------------
def test_the_hotline_leads_cases_of_complaints_and_no_others(
    order: Order, hotline_operator: User, dawa_officer: User
) -> None:
    other = open_case()
    assert not workflow.transfer_to_county(order, by=hotline_operator).case.closed_at
    with pytest.raises(NotAllowed):
        cases.urge_case(other, by=hotline_operator)
    assert cases.available_verbs(other, hotline_operator) == []
    mine = cases.available_verbs(fresh(order).case, hotline_operator)
    assert {"redispatch", "urge", "pause"} <= set(mine)
    assert not {"supervise", "grade", "accept"} & set(mine)
    with pytest.raises(NotAllowed):
        cases.supervise_case(fresh(order).case, by=hotline_operator, level=1, reason="快办")


def test_who_has_no_right_changes_nothing(order: Order, dawa_officer: User, approver: User) -> None:
    for somebody in (dawa_officer, approver):
        with pytest.raises(NotAllowed):
            workflow.transfer_to_county(order, by=somebody)
        with pytest.raises(NotAllowed):
            workflow.log_order(draft(), by=somebody)
        with pytest.raises(NotAllowed):
            workflow.record_call_back(order, by=somebody, outcome=NO_ANSWER)


def test_a_county_sees_the_orders_it_handles_and_a_company_none(
    order: Order, hotline_operator: User, dawa_officer: User, panshan_officer: User, taxi: Vehicle
) -> None:
    workflow.transfer_to_county(order, by=hotline_operator)
    safety = factories.make_user("taxi-safety", "safety_officer", taxi.company.unit)  # type: ignore[arg-type]
    assert selectors.orders_visible_to(dawa_officer).get() == order
    for somebody in (panshan_officer, safety):
        assert not selectors.orders_visible_to(somebody).exists()
        with pytest.raises(OrderNotFound):
            selectors.get_order_for(somebody, order.number)


# --- companies -------------------------------------------------------------------------------------------------------
def test_a_company_is_asked_and_answers_without_learning_who_complained(
    hotline_operator: User, dawa_officer: User, taxi: Vehicle, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    words = f"我是{CALLER}，电话{PHONE}，司机拒载"
    order = log(hotline_operator, vehicle=taxi, content=words)
    order = workflow.transfer_to_company(order, by=hotline_operator)
    assert (order.case.county_id, order.case.county_rule) == (factories.DAWA, "按企业所在地")
    safety = factories.make_user("taxi-safety", "safety_officer", taxi.company.unit)  # type: ignore[arg-type]
    asked = selectors.requests_visible_to(safety).get()
    everything = " ".join(str(value) for value in vars(asked).values())
    assert PHONE not in everything
    assert CALLER not in everything
    photo = SimpleUploadedFile("车内.jpg", jpeg(), "image/jpeg")
    workflow.answer_request(asked, by=safety, answer="当班驾驶员承认拒载", photos=[photo])
    answered = selectors.requests_of(fresh(order))[0]
    assert (answered.state, answered.answer, answered.files.count()) == ("answered", "当班驾驶员承认拒载", 1)
    with pytest.raises(OrderRefused):
        workflow.answer_request(asked, by=safety, answer="再答一次")


def test_another_company_neither_sees_nor_answers(
    order: Order, hotline_operator: User, other_safety_officer: User
) -> None:
    asked = workflow.transfer_to_company(order, by=hotline_operator).requests.get()
    with pytest.raises(RequestNotFound):
        selectors.get_request_for(other_safety_officer, asked.pk)
    with pytest.raises(RequestNotFound):
        workflow.answer_request(asked, by=other_safety_officer, answer="不是我们")
    with pytest.raises(NotAllowed):
        workflow.answer_request(asked, by=hotline_operator, answer="代答")


def test_a_company_is_asked_once_at_a_time_and_no_longer_when_the_order_ends(
    order: Order, hotline_operator: User, dawa_officer: User
) -> None:
    workflow.transfer_to_company(order, by=hotline_operator)
    with pytest.raises(FieldRefused, match="尚未答复"):
        workflow.ask_company(fresh(order), by=hotline_operator)
    order = handled(order, dawa_officer, hotline_operator)
    workflow.record_call_back(order, by=hotline_operator, outcome=REACHED, satisfaction=SATISFIED)
    assert order.requests.get().state == CompanyRequest.State.WITHDRAWN


def test_a_company_is_asked_no_longer_when_the_case_is_closed_on_its_own_page(
    order: Order, hotline_operator: User, dawa_officer: User
) -> None:
    Category.objects.filter(pk=order.category_id).update(call_back="none")
    workflow.transfer_to_company(order, by=hotline_operator)
    order = handled(order, dawa_officer, hotline_operator)
    cases.close_case(order.case, by=hotline_operator)
    assert (fresh(order).state, order.requests.get().state) == ("closed", CompanyRequest.State.WITHDRAWN)


def test_the_rows_that_an_installation_starts_with(db: None) -> None:
    assert Category.objects.count() >= 40
    assert set(Category.objects.values_list("kind", flat=True)) == set(Category.Kind.values)
    assert not Category.objects.filter(source_verified=True).exists()
    assert setting("call_back_attempts") == 3


def test_events_tell_the_caller_no_inner_words(order: Order, hotline_operator: User, dawa_officer: User) -> None:
    workflow.transfer_to_county(order, by=hotline_operator)
    handled(order, dawa_officer, hotline_operator)
    told = [(event.what, event.by_name) for event in order.events.filter(public=True)]
    assert [what for what, _ in told] == [
        "受理登记",
        "已转办",
        "承办单位已签收",
        "承办单位已反馈，正在核查",
        "核查通过",
    ]
    assert not Case.objects.filter(number__in=list(order.events.filter(public=True).values_list("note", flat=True)))


def test_operators_and_companies_are_told_when_it_is_their_turn(
    hotline_operator: User, dawa_officer: User, taxi: Vehicle
) -> None:
    safety = factories.make_user("taxi-safety", "safety_officer", taxi.company.unit)  # type: ignore[arg-type]

    def heard(user: User, topic: str) -> list[str]:
        return list(Notice.objects.filter(recipient=user, topic=topic).order_by("pk").values_list("title", flat=True))

    web, _new = workflow.log_order(draft(channel="web"), by=None)
    assert heard(hotline_operator, "complaint.order") == [f"网站来件：{web.category}"]
    order = log(hotline_operator, vehicle=taxi)
    asked = workflow.transfer_to_company(order, by=hotline_operator).requests.get()
    assert heard(safety, "complaint.asked") == [f"工单 {order.number} 请核实：投诉：出租车拒载"]
    workflow.answer_request(asked, by=safety, answer="属实")
    handled(order, dawa_officer, hotline_operator)
    told = heard(hotline_operator, "complaint.order")[1:]
    assert told == [f"工单 {order.number} 盘锦大洼出租汽车有限公司已答复", f"工单 {order.number} 已反馈，待核查"]


def test_what_comes_back_to_an_operator_who_has_left_is_told_to_the_desk(
    order: Order, hotline_operator: User, dawa_officer: User, city_officer: User
) -> None:
    colleague = factories.make_user("hotline2", hotline_operator.role, hotline_operator.unit)  # type: ignore[arg-type]
    workflow.transfer_to_county(order, by=hotline_operator)
    User.objects.filter(pk=hotline_operator.pk).update(is_active=False)
    handled(order, dawa_officer, city_officer)
    heard = Notice.objects.filter(recipient=colleague, topic="complaint.order").values_list("title", flat=True)
    assert list(heard) == [f"工单 {order.number} 已反馈，待核查"]


def test_a_finished_order_is_looked_at_again_once_and_by_somebody_else(
    hotline_operator: User, city_officer: User, dawa_officer: User
) -> None:
    HotlineSetting.objects.filter(pk="quality_percent").update(value=100)
    order = log(hotline_operator, "ask.bus")
    with pytest.raises(OrderRefused):
        workflow.check_quality(order, by=city_officer)
    order = workflow.answer_at_once(order, by=hotline_operator, answer="20:30")
    assert list(workflow.drawn(city_officer)) == [order]
    assert not workflow.drawn(dawa_officer).exists()
    with pytest.raises(NotAllowed):
        workflow.check_quality(order, by=hotline_operator)
    with pytest.raises(FieldRefused, match="请说明问题"):
        workflow.check_quality(order, by=city_officer, faults=["content"])
    check = workflow.check_quality(order, by=city_officer, faults=["content"], note="没写线路")
    assert check.fault_words == "内容不全"
    assert not workflow.drawn(city_officer).exists()
    with pytest.raises(FieldRefused, match="已抽检过"):
        workflow.check_quality(order, by=city_officer)


def test_who_verified_its_case_does_not_check_the_order(
    order: Order, hotline_operator: User, dawa_officer: User, city_officer: User, approver: User
) -> None:
    workflow.transfer_to_county(order, by=hotline_operator)
    order = handled(order, dawa_officer, city_officer)
    order = workflow.record_call_back(order, by=hotline_operator, outcome=REACHED, satisfaction=SATISFIED)
    with pytest.raises(FieldRefused, match="由他人抽检"):
        workflow.check_quality(order, by=city_officer)
    assert workflow.check_quality(order, by=approver).fault_words == "合格"
