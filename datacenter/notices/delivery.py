"""Sends what is due (发送通知): claimed one by one, written down before and after.

A delivery is claimed by one worker alone (SKIP LOCKED) and stands as 发送中, committed, before anything leaves. A
worker that dies in between leaves it so; ``sweep`` finds it. A webhook is then tried again under the same idempotency
key; a mail is not, since nothing makes its receiver see one where there are two.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.metrics import counter
from datacenter.notices.channels import channels_on
from datacenter.notices.models import Channel, Delivery
from datacenter.notices.senders import Refused, Uncertain, Unreachable, send_email, send_webhook
from datacenter.notices.topics import topic_of, topics
from datacenter.notices.wishes import wishes_of

_log = logging.getLogger(__name__)

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""How long after each failure it is tried again; one more failure than there are waits, and it is given up."""
ATTEMPTS = len(WAITS) + 1
STALE = timedelta(minutes=10)
"""For how long a delivery may stand as being sent before its worker is taken for dead."""
TOO_OLD = timedelta(hours=36)
"""What waited longer (a channel that was set up late, say) is no news any more."""
RUN_S = 5.0
"""How long one run sends before other tasks of the queue have their turn."""
DOWN_S = 60
"""How long a channel that nobody answers on is left alone: a dead server must not hold up the queue."""

State = Delivery.State
SENDERS: dict[str, Callable[[Delivery], None]] = {Channel.EMAIL: send_email, Channel.WEBHOOK: send_webhook}
SENT = counter("notices_sent_total", "Notices that left the house, by channel and outcome", ["channel", "outcome"])


def deliver(channel: str, now: datetime | None = None, run_s: float = RUN_S) -> bool:
    """Send what is due on ``channel``, for ``run_s`` at most; whether more waits."""
    if channel not in channels_on() or cache.get(_down(channel)):
        return False
    until = time.monotonic() + run_s
    while delivery := claim(channel, now or timezone.now()):
        if not attempt(delivery, now or timezone.now()):
            cache.set(_down(channel), True, DOWN_S)
            return False
        if time.monotonic() > until:
            return True
    return False


def claim(channel: str, now: datetime) -> Delivery | None:
    """The next delivery that is due, now this worker's; None where there is none.

    What its recipient may no longer see, no longer wants or has read is cancelled on the way; quiet hours put it off.
    """
    while True:
        with transaction.atomic():
            row = (
                Delivery.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("notice__recipient__unit")
                .filter(channel=channel, state__in=(State.WAITING, State.FAILED), next_at__lte=now)
                .order_by("next_at", "pk")
                .first()
            )
            if row is None:
                return None
            if reason := _needless(row, now):
                row.state, row.last_error = State.CANCELLED, reason
                row.save(update_fields=["state", "last_error"])
                continue
            quiet = _quiet_end(row, now)
            if quiet > now:
                row.next_at = quiet
                row.save(update_fields=["next_at"])
                continue
            row.state, row.started_at = State.SENDING, now
            row.attempts += 1
            row.save(update_fields=["state", "started_at", "attempts"])
            return row


def attempt(delivery: Delivery, now: datetime) -> bool:
    """Send a claimed delivery and write down what came of it; false where the channel itself is down."""
    try:
        SENDERS[delivery.channel](delivery)
    except Unreachable as fault:
        _failed(delivery, str(fault), now)
        return False
    except Refused as fault:
        _failed(delivery, str(fault), now, final=fault.final)
    except Uncertain as fault:
        _interrupted(delivery, str(fault), now)
    else:
        _settle(delivery, state=State.SENT, sent_at=timezone.now(), last_error="")
    return True


def sweep(now: datetime | None = None) -> int:
    """Deliveries whose worker died while sending; how many."""
    now = now or timezone.now()
    left = list(Delivery.objects.filter(state=State.SENDING, started_at__lte=now - STALE))
    for delivery in left:
        _interrupted(delivery, "发送时后台进程中断", now)
    return len(left)


def _interrupted(delivery: Delivery, fault: str, now: datetime) -> None:
    """It may have arrived: a webhook can be told again, a mail can't."""
    if delivery.channel == Channel.WEBHOOK:
        _failed(delivery, fault, now)
    else:
        _settle(delivery, state=State.GIVEN_UP, last_error=f"是否送达不明，不再重发：{fault}"[:200])


def _failed(delivery: Delivery, fault: str, now: datetime, *, final: bool = False) -> None:
    if final or delivery.attempts >= ATTEMPTS:
        _settle(delivery, state=State.GIVEN_UP, last_error=fault[:200])
    else:
        wait = WAITS[delivery.attempts - 1]
        _settle(delivery, state=State.FAILED, next_at=now + wait, last_error=fault[:200])


def _settle(delivery: Delivery, **facts: object) -> None:
    """Write the outcome, unless somebody else has settled this attempt meanwhile."""
    standing = Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, attempts=delivery.attempts)
    if standing.update(**facts):
        SENT.inc(delivery.channel, str(facts["state"]))
        if facts["state"] != State.SENT:
            _log.warning("notice delivery %s by %s: %s", delivery.pk, delivery.channel, facts["last_error"])


def _needless(delivery: Delivery, now: datetime) -> str:
    """Why it need not be sent any more; empty where it must."""
    notice = delivery.notice
    user, scope = notice.recipient, scope_of(notice.recipient)
    known = {topic.code for topic in topics()}
    if notice.topic not in known or not user.may(topic_of(notice.topic).right):
        return "收件人已停用或已无此权限"
    if not scope.covers(county_id=notice.county_id, company_id=notice.company_id):
        return "收件人已调离原辖区"
    if now - notice.last_at > TOO_OLD:
        return "已过发送时限"
    if notice.read_at is not None:
        return "已在系统内阅读"
    if delivery.channel not in wishes_of([user.pk], topic_of(notice.topic))[user.pk].channels:
        return "收件人已关闭该渠道"
    if delivery.channel == Channel.EMAIL and not user.email:
        return "账号未登记邮箱"
    return ""


def _quiet_end(delivery: Delivery, now: datetime) -> datetime:
    notice = delivery.notice
    wish = wishes_of([notice.recipient_id], topic_of(notice.topic))[notice.recipient_id]
    return wish.earliest(now, urgent=notice.urgent)


def _down(channel: str) -> str:
    return f"notices:{channel}:down"
