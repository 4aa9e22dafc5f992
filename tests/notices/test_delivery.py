"""What leaves the house: by a real mail server and a real webhook, once, later, again, or never."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.notices import delivery, keeping, workflow
from datacenter.notices.delivery import ATTEMPTS, STALE, WAITS
from datacenter.notices.models import Delivery, Notice
from tests.notices.conftest import SECRET
from tests.notices.receivers import Hook, MailServer
from tests.ports import free_port

AT = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # noon in Beijing
NIGHT = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)  # eleven at night
MORNING = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)  # seven the next morning
BOTH = {"email": True, "webhook": True}


def tell(user: User, *, topic: str = "case.urged", at: datetime = AT, key: str = "case:1:9", **facts: Any) -> Notice:
    facts = {"title": "案件 2026-000001 催办", "body": "请于今日 18:00 前反馈", "link": "/cases/2026-000001/", **facts}
    workflow.tell(recipients=[user], topic=topic, key=key, now=at, **facts)
    return Notice.objects.get(recipient=user, key=key)


def wish(user: User, topic: str = "case.urged", quiet: tuple[time, time] | None = None, **channels: bool) -> None:
    workflow.set_wishes(by=user, wanted={topic: channels}, quiet=quiet)


def states() -> list[tuple[str, int]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "attempts"))


# --- what arrives -----------------------------------------------------------------------------------------------------
def test_a_mail_arrives_once_with_what_the_notice_says(officer: User, mails: MailServer) -> None:
    tell(officer)
    for _ in range(2):
        assert delivery.deliver("email", AT) is False
    (mail,) = mails.mails
    row = Delivery.objects.get()
    assert mail["To"] == "dawa@example.cn"
    assert mail["Subject"].strip() == "[交通运输监管平台] 案件 2026-000001 催办"
    assert mail["Message-ID"] == f"<{row.key}@localhost>"
    assert mail.get_content().splitlines() == [
        "案件 2026-000001 催办", "", "https://traffic.example.cn/cases/2026-000001/",
    ]  # fmt: skip
    assert (row.state, row.attempts, row.last_error) == ("sent", 1, "")
    assert row.sent_at


def test_a_webhook_is_told_with_a_signature_that_its_receiver_can_check(officer: User, hook: Hook) -> None:
    wish(officer, webhook=True)
    tell(officer)
    delivery.deliver("webhook", AT)
    ((headers, body),) = hook.calls
    signed = f"{headers['X-Notice-Timestamp']}.".encode() + body
    assert headers["X-Notice-Signature"] == f"sha256={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"
    assert headers["Idempotency-Key"] == str(Delivery.objects.get().key)
    assert json.loads(body) == {
        "id": headers["Idempotency-Key"], "topic": "case.urged", "topic_title": "催办",
        "title": "案件 2026-000001 催办", "link": "/cases/2026-000001/", "count": 1, "urgent": False,
        "recipient": "dawa", "created_at": "2026-03-01T04:00:00+00:00",
    }  # fmt: skip
    assert states() == [("sent", 1)]


def test_where_nothing_is_set_up_nothing_is_planned(officer: User) -> None:
    wish(officer, **BOTH)
    tell(officer)
    assert not Delivery.objects.exists()
    assert delivery.deliver("email", AT) is False


def test_a_topics_default_holds_until_the_officer_says_otherwise(officer: User, mails: MailServer, hook: Hook) -> None:
    tell(officer)  # urging: by mail
    tell(officer, topic="case.graded", key="b")  # grading: by nothing
    assert list(Delivery.objects.values_list("channel", flat=True)) == ["email"]
    wish(officer, "case.graded", **BOTH)
    tell(officer, topic="case.graded", key="c")
    assert Delivery.objects.filter(notice__key="c").count() == 2


# --- quiet hours ------------------------------------------------------------------------------------------------------
def test_quiet_hours_put_off_what_is_not_urgent(officer: User, hook: Hook) -> None:
    wish(officer, quiet=(time(22), time(7)), **BOTH)
    tell(officer, at=NIGHT)
    tell(officer, at=NIGHT, key="fire", urgent=True)
    delivery.deliver("webhook", NIGHT)
    assert [one["urgent"] for one in hook.told] == [True]
    delivery.deliver("webhook", MORNING - timedelta(seconds=1))
    assert len(hook.calls) == 1
    delivery.deliver("webhook", MORNING)
    assert len(hook.calls) == 2


def test_a_second_try_does_not_break_quiet_hours_either(officer: User, hook: Hook) -> None:
    wish(officer, quiet=(time(22), time(7)), **BOTH)
    before = NIGHT - timedelta(hours=1, seconds=30)
    tell(officer, at=before)
    hook.statuses = [503]
    delivery.deliver("webhook", before)
    delivery.deliver("webhook", NIGHT)
    assert len(hook.calls) == 1
    assert Delivery.objects.get().next_at == MORNING
    delivery.deliver("webhook", MORNING)
    assert states() == [("sent", 2)]


# --- again ------------------------------------------------------------------------------------------------------------
def test_a_webhook_that_refuses_is_tried_again_with_growing_waits_and_given_up(officer: User, hook: Hook) -> None:
    wish(officer, webhook=True)
    tell(officer)
    hook.statuses, at = [500] * ATTEMPTS, AT
    for wait in WAITS:
        delivery.deliver("webhook", at)
        row = Delivery.objects.get()
        assert (row.state, row.next_at, row.last_error) == ("failed", at + wait, "HTTP 500")
        assert delivery.deliver("webhook", at + wait - timedelta(seconds=1)) is False
        at += wait
    delivery.deliver("webhook", at)
    assert states() == [("given_up", ATTEMPTS)]
    assert list(WAITS) == sorted(set(WAITS))
    delivery.deliver("webhook", at + timedelta(days=30))
    assert len(hook.calls) == ATTEMPTS
    assert len({headers["Idempotency-Key"] for headers, _ in hook.calls}) == 1


@pytest.mark.parametrize(
    ("status", "state"), [(200, "sent"), (204, "sent"), (302, "failed"), (404, "failed"), (410, "given_up")]
)
def test_only_a_yes_is_a_yes(officer: User, hook: Hook, status: int, state: str) -> None:
    wish(officer, webhook=True)
    tell(officer)
    hook.statuses = [status]
    delivery.deliver("webhook", AT)
    assert states() == [(state, 1)]
    assert len(hook.calls) == 1, "no redirect is followed"


@pytest.mark.parametrize(
    ("verb", "said", "state"),
    [("RCPT", "451 later", "failed"), ("RCPT", "550 nobody", "given_up"), ("MAIL", "452 full", "failed"),
     ("DATA", "554 spam", "given_up")],
)  # fmt: skip
def test_a_mail_that_is_refused_for_now_is_tried_again(
    officer: User, mails: MailServer, verb: str, said: str, state: str
) -> None:
    mails.says[verb] = said
    tell(officer)
    delivery.deliver("email", AT)
    assert states() == [(state, 1)]
    assert Delivery.objects.get().last_error == f"SMTP {said[:3]}"
    mails.says.clear()
    delivery.deliver("email", AT + WAITS[0])
    assert len(mails.mails) == (state == "failed")


def test_a_server_that_is_away_is_left_alone_for_a_while(officer: User, mails: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT = free_port()
    tell(officer), tell(officer, key="second")
    delivery.deliver("email", AT)
    assert states() == [("failed", 1), ("waiting", 0)], "the second is not spent on a dead server"
    settings.EMAIL_PORT = mails.port
    delivery.deliver("email", AT + WAITS[0])
    assert mails.mails == []
    cache.clear()  # the while is over
    delivery.deliver("email", AT + WAITS[0])
    assert states() == [("sent", 2), ("sent", 1)]


# --- a line or a worker that breaks -----------------------------------------------------------------------------------
def test_a_mail_whose_line_broke_is_never_sent_a_second_time(officer: User, mails: MailServer) -> None:
    mails.hangs_up_after = "DATA"
    tell(officer)
    delivery.deliver("email", AT)
    row = Delivery.objects.get()
    assert row.state == "given_up"
    assert row.last_error.startswith("是否送达不明")


def test_a_webhook_whose_line_broke_is_told_again_under_the_same_key(officer: User, hook: Hook) -> None:
    wish(officer, webhook=True)
    tell(officer)
    hook.hangs_up = True
    delivery.deliver("webhook", AT)
    assert states() == [("failed", 1)]
    hook.hangs_up = False
    delivery.deliver("webhook", AT + WAITS[0])
    assert states() == [("sent", 2)]
    assert len({headers["Idempotency-Key"] for headers, _ in hook.calls}) == 1


def test_what_a_dead_worker_left_is_found_once_it_is_surely_dead(officer: User, mails: Any, hook: Hook) -> None:
    wish(officer, **BOTH)
    tell(officer)
    for channel in ("email", "webhook"):
        assert delivery.claim(channel, AT)  # and the worker dies
    assert delivery.sweep(AT + STALE - timedelta(seconds=1)) == 0
    assert delivery.sweep(AT + STALE) == 2
    assert dict(Delivery.objects.values_list("channel", "state")) == {"email": "given_up", "webhook": "failed"}
    delivery.deliver("webhook", AT + STALE + WAITS[0])
    assert len(hook.calls) == 1


def test_a_worker_that_was_taken_for_dead_and_comes_back_changes_nothing(officer: User, hook: Hook) -> None:
    wish(officer, webhook=True)
    tell(officer)
    claimed = delivery.claim("webhook", AT)
    assert claimed
    delivery.sweep(AT + STALE)
    delivery.attempt(claimed, AT + STALE)
    assert states() == [("failed", 1)]


def test_two_workers_never_have_one_delivery(transactional_db: None, officer: User, hook: Hook) -> None:
    wish(officer, webhook=True)
    for number in range(30):
        tell(officer, key=f"case:{number}")
    faults: list[BaseException] = []

    def work() -> None:
        try:
            delivery.deliver("webhook", AT, run_s=60)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert not faults
    keys = [headers["Idempotency-Key"] for headers, _ in hook.calls]
    assert (len(keys), len(set(keys))) == (30, 30)
    assert set(states()) == {("sent", 1)}


def test_a_run_ends_so_that_other_tasks_have_their_turn(officer: User, hook: Hook) -> None:
    wish(officer, webhook=True)
    tell(officer), tell(officer, key="second")
    assert delivery.deliver("webhook", AT, run_s=0) is True
    assert len(hook.calls) == 1
    assert delivery.deliver("webhook", AT, run_s=0) is True
    assert delivery.deliver("webhook", AT, run_s=0) is False


# --- not needed any more ----------------------------------------------------------------------------------------------
def test_what_has_no_reader_any_more_is_not_sent(officer: User, panshan_officer: User, mails: MailServer) -> None:
    def cancelled(why: str) -> None:
        delivery.deliver("email", AT)
        row = Delivery.objects.order_by("-pk")[0]
        assert (row.state, row.last_error) == ("cancelled", why)

    notice = tell(officer)
    workflow.read_notice(notice.pk, by=officer)
    cancelled("已在系统内阅读")
    tell(officer, key="b")
    wish(officer, email=False)
    cancelled("收件人已关闭该渠道")
    wish(officer, email=True)
    tell(officer, key="c")
    User.objects.filter(pk=officer.pk).update(unit=panshan_officer.unit)
    cancelled("收件人已调离原辖区")
    officer.refresh_from_db()
    tell(officer, key="d")
    User.objects.filter(pk=officer.pk).update(role=Role.ADMINISTRATOR)
    cancelled("收件人已停用或已无此权限")
    officer.refresh_from_db()
    officer.role, officer.email = Role.COUNTY_OFFICER, ""
    officer.save()
    tell(officer, key="e")
    cancelled("账号未登记邮箱")
    assert mails.mails == []


def test_what_waited_for_a_channel_too_long_is_no_news(officer: User, mails: MailServer) -> None:
    tell(officer)
    delivery.deliver("email", AT + delivery.TOO_OLD + timedelta(seconds=1))
    assert states() == [("cancelled", 0)]
    assert mails.mails == []


def test_old_notices_go_with_their_deliveries(officer: User, mails: MailServer, settings: Any) -> None:
    settings.NOTICE_KEEP_DAYS = 30
    tell(officer, at=AT), tell(officer, at=AT + timedelta(days=1), key="younger")
    assert keeping.forget(AT + timedelta(days=30)) == 0
    assert keeping.forget(AT + timedelta(days=30, seconds=1)) == 1
    assert Notice.objects.get().key == "younger"
    assert Delivery.objects.count() == 1
