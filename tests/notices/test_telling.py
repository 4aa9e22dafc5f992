"""Who is told, who is not, once, and in the transaction of what it tells of."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.accounts.scope import acting_as
from datacenter.notices import workflow
from datacenter.notices.audience import Audience, city, county, one, unit
from datacenter.notices.errors import NoticeNotFound, UnknownTopic
from datacenter.notices.models import Notice
from datacenter.notices.selectors import notices_visible_to, unread_of
from datacenter.notices.topics import Topic, enter, topics
from datacenter.notices.workflow import Owner
from tests import factories

MATTER: dict[str, Any] = {
    "topic": "case.supervision", "title": "案件 2026-000001 督办", "link": "/cases/2026-000001/", "key": "case:1:7"
}  # fmt: skip
OF_DAWA = Owner(county_id=factories.DAWA)


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(recipient=user).values_list("title", flat=True))


def test_each_recipient_gets_one_row_and_only_once(dawa_officer: User, city_officer: User) -> None:
    assert workflow.tell(recipients=[dawa_officer, city_officer.pk, dawa_officer.pk], **MATTER) == 2
    assert workflow.tell(recipients=[dawa_officer, city_officer], **MATTER) == 0
    assert workflow.tell(recipients=[dawa_officer], **MATTER | {"key": "case:1:8"}) == 1
    assert (len(told(dawa_officer)), len(told(city_officer))) == (2, 1)
    notice = Notice.objects.get(recipient=city_officer)
    assert (notice.county_id, notice.company_id, notice.read_at, notice.count) == (None, None, None, 1)
    assert Notice.objects.filter(recipient=dawa_officer, county_id=factories.DAWA).count() == 2


def test_who_did_it_and_who_may_not_see_it_are_not_told(
    dawa_officer: User,
    panshan_officer: User,
    city_officer: User,
    safety_officer: User,
    administrator: User,
) -> None:
    away = factories.make_user("away", Role.COUNTY_OFFICER, dawa_officer.unit, is_active=False)
    adrift = factories.make_user("adrift", Role.COUNTY_OFFICER)
    everybody = [dawa_officer, panshan_officer, city_officer, safety_officer, administrator, away, adrift, 2**40]
    assert workflow.tell(recipients=everybody, by=city_officer, about=OF_DAWA, **MATTER) == 1
    assert list(Notice.objects.values_list("recipient__username", flat=True)) == ["dawa"]


def test_a_companys_people_hear_of_their_company_alone(
    safety_officer: User, other_safety_officer: User, hazmat_company: Any
) -> None:
    about = Owner(county_id=factories.DAWA, company_id=hazmat_company.pk)
    assert workflow.tell(recipients=[safety_officer, other_safety_officer], about=about, **MATTER) == 1
    assert Notice.objects.get().company_id == hazmat_company.pk


def test_what_is_rolled_back_was_never_told(dawa_officer: User) -> None:
    with transaction.atomic():
        assert workflow.tell(recipients=[dawa_officer], **MATTER) == 1
        transaction.set_rollback(True)
    assert told(dawa_officer) == []


def test_the_number_of_queries_does_not_grow_with_the_recipients(
    dawa_officer: User, mails: Any, hook: Any, django_assert_max_num_queries: Any
) -> None:
    many = [factories.make_user(f"officer{number}", Role.COUNTY_OFFICER, dawa_officer.unit).pk for number in range(40)]
    for count in (1, 40):
        with django_assert_max_num_queries(18):
            facts = MATTER | {"key": f"case:{count}"}
            assert workflow.tell(recipients=many[:count], about=OF_DAWA, urgent=True, **facts) == count


def test_an_officer_bound_by_row_security_writes_into_the_citys_box_and_cannot_read_it(
    dawa_officer: User, city_officer: User, as_web: None
) -> None:
    with acting_as(dawa_officer):
        assert workflow.tell(recipients=[city_officer], about=OF_DAWA, by=dawa_officer, **MATTER) == 1
        assert not Notice.objects.exists()
        assert workflow.tell(recipients=[city_officer], about=OF_DAWA, by=dawa_officer, **MATTER) == 0
        elsewhere = Owner(county_id=factories.PANSHAN)
        desk, facts = [city("case.verify")], {"title": "案", "link": "/cases/", "key": "case:2:1"}
        workflow.tell_gathered(desk, topic="case.fed_back", about=elsewhere, **facts)
    with acting_as(city_officer):
        assert told(city_officer) == [MATTER["title"]]


def test_an_officer_who_moves_leaves_the_old_countys_notices_behind(dawa_officer: User, panshan_officer: User) -> None:
    workflow.tell(recipients=[dawa_officer], about=OF_DAWA, **MATTER)
    assert unread_of(dawa_officer) == 1
    dawa_officer.unit = panshan_officer.unit
    assert unread_of(dawa_officer) == 0
    with pytest.raises(NoticeNotFound):
        workflow.read_notice(Notice.objects.get().pk, by=dawa_officer)


def test_read_is_ones_own_and_all_means_what_was_shown(dawa_officer: User, panshan_officer: User) -> None:
    for number in range(3):
        workflow.tell(recipients=[dawa_officer, panshan_officer], **MATTER | {"key": f"case:{number}"})
    first, second, third = notices_visible_to(dawa_officer).order_by("pk")
    with pytest.raises(NoticeNotFound):
        workflow.read_notice(first.pk, by=panshan_officer)
    at = workflow.read_notice(first.pk, by=dawa_officer).read_at
    assert workflow.read_notice(first.pk, by=dawa_officer).read_at == at, "the first time counts"
    assert workflow.read_all(by=dawa_officer, until=second.last_at) == 1
    assert unread_of(dawa_officer) == 1
    assert workflow.read_all(by=dawa_officer, until=third.last_at, topic="case.urged") == 0
    assert unread_of(panshan_officer) == 3


@pytest.mark.parametrize("link", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "x"])
def test_a_link_leads_nowhere_but_into_the_house(dawa_officer: User, link: str) -> None:
    with pytest.raises(ValueError, match="no address of ours"):
        workflow.tell(recipients=[dawa_officer], **MATTER | {"link": link})


def test_a_title_is_one_line_and_not_too_long(dawa_officer: User) -> None:
    workflow.tell(recipients=[dawa_officer], **MATTER | {"title": "一行\r\nBcc: x@example.cn " + "长" * 300})
    title = Notice.objects.get().title
    assert title.startswith("一行 Bcc:")
    assert (len(title), title[-1]) == (160, "…")


def test_a_topic_must_be_in_the_table_and_a_subsystem_can_add_its_own(dawa_officer: User, monkeypatch: Any) -> None:
    with pytest.raises(UnknownTopic):
        workflow.tell(recipients=[dawa_officer], **MATTER | {"topic": "bus.late"})
    monkeypatch.setattr("datacenter.notices.topics._TOPICS", {topic.code: topic for topic in topics()})
    enter(Topic("bus.late", "公交晚点", "map.view"))
    assert workflow.tell(recipients=[dawa_officer], **MATTER | {"topic": "bus.late"}) == 1


def test_an_audience_is_whom_its_words_mean(
    dawa_officer: User, panshan_officer: User, city_officer: User, safety_officer: User, enforcement_officer: User,
    approver: User,
) -> None:  # fmt: skip
    def names(audience: Audience) -> set[str]:
        assert Audience.read(str(audience)) == audience
        return set(audience.users().values_list("username", flat=True))

    factories.make_user("posted", Role.CITY_REGULATOR, dawa_officer.unit)
    factories.make_user("gone", Role.COUNTY_OFFICER, dawa_officer.unit, is_active=False)
    assert names(city("case.verify")) == {"city"}
    assert names(county(factories.DAWA, "case.accept")) == {"dawa"}
    assert names(county(factories.DAWA, "case.view")) == {"dawa", "posted"}
    assert names(unit(enforcement_officer.unit_id, "case.view")) == {"enforcer"}
    assert names(one(approver.pk)) == {"approver"}
