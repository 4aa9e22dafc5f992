"""Back-tests, a few seconds at a time (回测任务), and what the shards' workers can't see by themselves."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from datacenter.detection import backtest, completing, second_stage, untold
from datacenter.detection.elsewhere import judging
from datacenter.detection.models import Backtest
from datacenter.detection.world import read_context
from datacenter.errors import DomainError

log = logging.getLogger(__name__)


@shared_task(name="datacenter.detection.backtest", ignore_result=True)
def run_backtest(pk: int) -> None:
    """The next piece of a back-test; what is left goes to the end of the queue, behind whatever waits there."""
    test = Backtest.objects.select_related("replaces__area").filter(pk=pk, state__in=Backtest.UNDER_WAY).first()
    if test is None:  # cancelled, or lost and another begun
        return
    try:
        more = backtest.advance(test, read_context())
    except DomainError as refusal:
        backtest.fail(test, refusal.message)
        return
    except Exception as error:
        log.exception("back-test %d failed", pk)
        backtest.fail(test, f"程序错误：{type(error).__name__}")
        return
    if more:
        run_backtest.delay(pk)


@shared_task(name="datacenter.detection.follow_drivers", ignore_result=True)
def follow_drivers(look_back_h: int = 3) -> None:
    """Hours of identified drivers, over all vehicles they drove."""
    second_stage.follow_drivers(timezone.now(), timedelta(hours=look_back_h))


@shared_task(name="datacenter.detection.look_for_silence", ignore_result=True)
def look_for_silence() -> None:
    """Vehicles that nothing has come of for a day."""
    second_stage.look_for_silence(timezone.now())


@shared_task(name="datacenter.detection.look_elsewhere", ignore_result=True)
def look_elsewhere() -> None:
    """Vehicles from elsewhere that something new came of; what is too old to count goes."""
    now = timezone.now()
    judging.look(now)
    judging.forget(now)


@shared_task(name="datacenter.detection.tell_untold", ignore_result=True)
def tell_untold() -> None:
    """Events that could not become findings when they came."""
    untold.tell_due(timezone.now())


@shared_task(name="datacenter.detection.complete_evidence", ignore_result=True)
def complete_evidence() -> None:
    """Findings that terminals told of, once the track around them has come."""
    completing.complete_due(timezone.now())
