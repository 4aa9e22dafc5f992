"""Thousands of matters are one line for each quarter of an hour, each counted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.notices import gathering, workflow
from datacenter.notices.audience import Audience, city, county, one
from datacenter.notices.models import Delivery, Notice, PendingMatter
from datacenter.notices.workflow import Owner
from tests import factories

AT = datetime(2026, 3, 1, 2, 5, tzinfo=UTC)  # five past ten in Beijing
MINUTE = timedelta(minutes=1)
DAWA = Owner(county_id=factories.DAWA)


def dispatched(count: int, to: str = factories.DAWA, by: User | None = None) -> None:
    for number in range(count):
        workflow.tell_gathered(
            [county(to, "case.accept")], topic="case.dispatched", title=f"2026-{number:06d} 超速行驶",
            link=f"/cases/2026-{number:06d}/", key=f"case:{number}", about=Owner(county_id=to), by=by,
        )  # fmt: skip


def fed_back(number: int, to: list[Audience] | None = None, **facts: Any) -> None:
    facts = {"about": DAWA, "key": f"case:{number}:5", "title": "案", "link": "/cases/", **facts}
    workflow.tell_gathered(to or [city("case.verify")], topic="case.fed_back", **facts)


def test_who_belongs_to_two_audiences_is_told_once(dawa_officer: User) -> None:
    both = [county(factories.DAWA, "case.accept"), one(dawa_officer.pk), one(dawa_officer.pk)]
    for number in range(3):
        facts = {"title": "案", "link": "/cases/", "key": f"case:{number}:5"}
        workflow.tell_gathered(both, topic="deadline.amber", about=DAWA, **facts)
    gathering.gather(AT)
    assert [notice.count for notice in Notice.objects.all()] == [3]


def test_many_become_one_whose_count_grows(dawa_officer: User, panshan_officer: User) -> None:
    dispatched(12)
    assert not Notice.objects.exists(), "the transaction that stores positions writes one row and looks up nobody"
    assert gathering.gather(AT) == 12
    notice = Notice.objects.get()
    assert (notice.recipient, notice.title, notice.count) == (dawa_officer, "新派案件 12 件", 12)
    assert notice.body.endswith("2026-000011 超速行驶 等")
    assert notice.link == "/cases/?state=dispatched"
    workflow.read_notice(notice.pk, by=dawa_officer)
    dispatched(3)
    gathering.gather(AT + 9 * MINUTE)
    notice.refresh_from_db()
    assert (notice.title, notice.count, notice.read_at) == ("新派案件 15 件", 15, None), "and is unread again"
    assert (notice.created_at, notice.last_at) == (AT, AT + 9 * MINUTE)
    dispatched(1)
    gathering.gather(AT + 10 * MINUTE)  # the next quarter
    assert list(Notice.objects.order_by("pk").values_list("count", flat=True)) == [15, 1]
    assert gathering.gather(AT + 11 * MINUTE) == 0


def test_a_single_one_leads_to_itself(dawa_officer: User) -> None:
    dispatched(1)
    gathering.gather(AT)
    notice = Notice.objects.get()
    assert (notice.title, notice.link) == ("新派案件：2026-000000 超速行驶", "/cases/2026-000000/")


def test_counties_topics_and_desks_are_gathered_apart(
    dawa_officer: User, panshan_officer: User, city_officer: User
) -> None:
    dispatched(2), dispatched(5, factories.PANSHAN)
    for number in range(3):
        fed_back(number, by=dawa_officer)
    gathering.gather(AT)
    counts = {notice.recipient.username: notice.count for notice in Notice.objects.select_related("recipient")}
    assert counts == {"dawa": 2, "panshan": 5, "city": 3}


def test_ones_own_act_and_what_one_may_not_see_do_not_count(dawa_officer: User, city_officer: User) -> None:
    other = factories.make_user("city2", Role.CITY_REGULATOR, city_officer.unit)
    fed_back(1, by=other)
    fed_back(2, by=dawa_officer)
    fed_back(3, [county(factories.DAWA, "case.accept")], about=Owner(county_id=factories.PANSHAN))
    gathering.gather(AT)
    counts = {notice.recipient.username: notice.count for notice in Notice.objects.select_related("recipient")}
    assert counts == {"city": 2, "city2": 1}


def test_what_is_told_one_by_one_is_not_gathered(dawa_officer: User) -> None:
    with pytest.raises(ValueError, match="one by one"):
        workflow.tell_gathered([city("")], topic="case.returned", title="案", link="/", key="x")


def test_a_topic_that_is_gone_does_not_hold_up_the_others(dawa_officer: User) -> None:
    dispatched(2)
    PendingMatter.objects.filter(key="case:0").update(topic="tram.late")
    assert gathering.gather(AT) == 2
    assert Notice.objects.get().count == 1
    assert not PendingMatter.objects.exists()


def test_one_mail_for_all_goes_out_when_the_quarter_is_over(officer: User, mails: Any) -> None:
    workflow.set_wishes(by=officer, wanted={"case.dispatched": {"email": True}}, quiet=None)
    dispatched(2)
    gathering.gather(AT)
    dispatched(4)
    gathering.gather(AT + MINUTE)
    delivery = Delivery.objects.get()
    assert delivery.next_at == datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
    assert delivery.notice.count == 6


def test_the_cost_of_gathering_does_not_grow_with_the_matters(
    dawa_officer: User, mails: Any, django_assert_max_num_queries: Any
) -> None:
    for count in (1, 200):
        dispatched(count)
        with django_assert_max_num_queries(16):
            assert gathering.gather(AT + count * MINUTE) == count


def test_only_one_gathers_at_a_time_and_a_failure_loses_nothing(
    dawa_officer: User, transactional_db: None, monkeypatch: Any
) -> None:
    dispatched(2)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [gathering._LOCK])
        other = connections.create_connection("default")
        other.settings_dict["NAME"] = connection.settings_dict["NAME"]
        with other.cursor() as beside:
            beside.execute("SELECT pg_try_advisory_xact_lock(%s)", [gathering._LOCK])
            assert beside.fetchone() == (False,)
        other.close()

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(gathering, "count_up", broken)
        with pytest.raises(RuntimeError):
            gathering.gather(AT)
    assert PendingMatter.objects.count() == 2
    assert gathering.gather(AT) == 2
    assert Notice.objects.get().count == 2
