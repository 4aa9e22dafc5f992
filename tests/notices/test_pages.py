"""The list of one's notices, what the bell counts, and what one wants sent."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.notices import workflow
from datacenter.notices.models import Notice, Preference, QuietHours
from tests.notices.receivers import MailServer

pytestmark = pytest.mark.django_db


def seated(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tell(user: User, count: int = 1, *, topic: str = "case.urged", **facts: Any) -> list[Notice]:
    now, begin = timezone.now(), Notice.objects.count()
    for number in range(begin, begin + count):
        said = {"title": f"催办第 {number} 件", "link": f"/cases/2026-{number:06d}/", "key": f"case:{number}", **facts}
        workflow.tell(recipients=[user], topic=topic, now=now - timedelta(minutes=number), **said)
    return list(Notice.objects.filter(recipient=user).order_by("pk"))


def page(client: Client, **query: Any) -> str:
    response = client.get(reverse("notice-list"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_one_sees_ones_own_and_nobody_elses(dawa_officer: User, city_officer: User) -> None:
    (notice,) = tell(dawa_officer)
    assert notice.title in page(seated(dawa_officer))
    other = seated(city_officer)
    assert notice.title not in page(other)
    assert "还没有通知" in page(other)
    assert other.get(reverse("notice-open", args=[notice.pk])).status_code == 404
    assert other.post(reverse("notice-read", args=[notice.pk])).status_code == 404
    assert other.get(reverse("notice-unread")).json() == {"count": 0, "shown": ""}
    assert Notice.objects.get().read_at is None


def test_following_a_notice_is_reading_it(dawa_officer: User) -> None:
    (notice,) = tell(dawa_officer)
    client = seated(dawa_officer)
    assert client.get(reverse("notice-unread")).json() == {"count": 1, "shown": "1"}
    followed = client.get(reverse("notice-open", args=[notice.pk]))
    assert (followed.status_code, followed["Location"]) == (302, notice.link)
    assert client.get(reverse("notice-unread")).json()["count"] == 0
    assert "没有未读通知" in page(client, tab="unread")


def test_filters_by_unread_topic_and_words(dawa_officer: User) -> None:
    tell(dawa_officer, 2), tell(dawa_officer, topic="case.supervision", title="一级督办", body="三日内回复")
    client = seated(dawa_officer)
    workflow.read_notice(Notice.objects.order_by("pk")[0].pk, by=dawa_officer)
    for query, shows in (
        ({}, {"催办第 0 件", "催办第 1 件", "一级督办"}),
        ({"tab": "unread"}, {"催办第 1 件", "一级督办"}),
        ({"topic": "case.supervision"}, {"一级督办"}),
        ({"q": "三日"}, {"一级督办"}),
        ({"topic": "nonsense"}, {"催办第 0 件", "催办第 1 件", "一级督办"}),
        ({"before": "x", "q": "没有的字"}, set()),
    ):
        text = page(client, **query)
        assert {title for title in ("催办第 0 件", "催办第 1 件", "一级督办") if title in text} == shows, query
    assert "没有符合条件的通知" in page(client, q="没有的字")


def test_all_is_read_as_far_as_the_page_showed(dawa_officer: User) -> None:
    client = seated(dawa_officer)
    tell(dawa_officer, 2)
    drawn = client.get(reverse("notice-list")).context["drawn_at"]
    facts = {"title": "催办", "link": "/cases/", "key": "later", "topic": "case.urged"}
    workflow.tell(recipients=[dawa_officer], **facts)
    later = Notice.objects.get(key="later")
    answer = client.post(reverse("notice-read-all") + "?tab=unread", {"until": drawn})
    assert (answer.status_code, answer["Location"]) == (302, "/notices/?tab=unread")
    assert list(Notice.objects.filter(read_at=None)) == [later]
    htmx = {"HX-Request": "true"}
    answer = client.post(reverse("notice-read", args=[later.pk]), headers=htmx)
    assert answer.content.decode().startswith('<div class="panel" id="notice-results"')
    assert "notices-read" in answer["HX-Trigger"]
    assert not Notice.objects.filter(read_at=None).exists()
    assert client.post(reverse("notice-read-all"), {"until": "x"}).status_code == 302


def test_a_long_list_pages_by_cursor_at_a_fixed_cost(
    dawa_officer: User, mails: MailServer, django_assert_max_num_queries: Any
) -> None:
    client = seated(dawa_officer)
    tell(dawa_officer, 2)
    page(client)
    with django_assert_max_num_queries(14) as few:
        page(client)
    tell(dawa_officer, 103)
    with django_assert_max_num_queries(len(few)):
        first = page(client)
    assert first.count("data-notice=") == 50
    assert "99+" in first
    assert client.get(reverse("notice-unread")).json() == {"count": 100, "shown": "99+"}
    response = client.get(reverse("notice-list"))
    older = client.get("/notices/" + response.context["page"].older_query)
    assert "催办第 50 件" in older.content.decode()
    assert "邮件 待发送" in first


def test_the_list_is_exported_as_it_is_shown_and_that_is_written_down(dawa_officer: User) -> None:
    tell(dawa_officer, 3), tell(dawa_officer, topic="case.supervision", title="=1+1")
    client = seated(dawa_officer)
    answer = client.get(reverse("notice-export"), {"topic": "case.supervision"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[2] for row in rows] == ["标题", "'=1+1"]
    assert client.get(reverse("notice-export"), {"format": "xlsx"}).content[:2] == b"PK"
    assert AuditRecord.objects.filter(action="notice.export").count() == 2


def test_wishes_and_quiet_hours_are_kept_and_shown_again(dawa_officer: User) -> None:
    client, address = seated(dawa_officer), reverse("notice-settings")
    fresh = client.get(address).content.decode()
    assert 'name="case.urged-email" checked' in fresh
    assert 'name="case.dispatched-email" checked' not in fresh
    said = {"case.dispatched-email": "on", "emergency-webhook": "on", "begins": "22:00", "ends": "07:30"}
    assert client.post(address, said).status_code == 302
    again = client.get(address).content.decode()
    assert 'name="case.dispatched-email" checked' in again
    assert 'name="case.urged-email" checked' not in again
    assert 'value="22:00"' in again
    assert client.post(address, {"begins": "", "ends": ""}).status_code == 302
    assert not QuietHours.objects.filter(enabled=True).exists()
    assert Preference.objects.filter(user=dawa_officer, email=True).count() == 0
    assert AuditRecord.objects.filter(action="notice.settings").count() == 2


@pytest.mark.parametrize(
    ("begins", "ends", "refused"),
    [
        ("22:00", "", "开始和结束须同时填写"),
        ("07:00", "07:00", "开始和结束不能相同"),
        ("x", "07:00", "请按 22:00 的样子"),
    ],
)
def test_quiet_hours_that_mean_nothing_are_refused_and_nothing_typed_is_lost(
    dawa_officer: User, begins: str, ends: str, refused: str
) -> None:
    said = {"case.dispatched-email": "on", "begins": begins, "ends": ends}
    answer = seated(dawa_officer).post(reverse("notice-settings"), said)
    assert answer.status_code == 422
    assert refused in answer.content.decode()
    assert 'name="case.dispatched-email" checked' in answer.content.decode()
    assert not Preference.objects.exists()


def test_one_is_asked_only_about_topics_that_concern_one(administrator: User, dawa_officer: User) -> None:
    assert "紧急报警" in seated(dawa_officer).get(reverse("notice-settings")).content.decode()
    page_of_admin = seated(administrator).get(reverse("notice-settings")).content.decode()
    assert "emergency-email" not in page_of_admin
    seated(administrator).post(reverse("notice-settings"), {"emergency-email": "on"})
    assert not Preference.objects.exists()


def test_every_office_page_has_the_bell(dawa_officer: User) -> None:
    assert "data-bell" in seated(dawa_officer).get(reverse("home")).content.decode()
