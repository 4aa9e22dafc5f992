"""Two reviewers at once, each on a database connection of its own."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.cases.models import Case
from datacenter.screening import workflow
from datacenter.screening.errors import AnsweredBefore, ItemSettled, ItemTaken
from datacenter.screening.models import Review, ReviewItem
from tests import factories
from tests.screening.items import make_item

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def second(bureau: Unit) -> User:
    return factories.make_user("city2", Role.CITY_REGULATOR, bureau)


def elsewhere(work: object) -> threading.Thread:
    """``work`` on a thread, and so on a connection, of its own."""

    def run() -> None:
        try:
            work()  # type: ignore[operator]
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_what_one_is_taking_the_other_passes_over_without_waiting(city_officer: User, second: User) -> None:
    high, low = make_item(peak_kmh=160), make_item(peak_kmh=90)
    got: list[ReviewItem | None] = []
    with transaction.atomic():
        assert workflow.take_next(city_officer) == high  # locked, and not committed yet
        other = elsewhere(lambda: got.append(workflow.take_next(second)))
        other.join(10)
        assert not other.is_alive()
        assert got == [low]
    assert {row.pk: row.leased_by_id for row in ReviewItem.objects.all()} == {
        high.pk: city_officer.pk,
        low.pk: second.pk,
    }


def test_four_reviewers_working_through_a_queue_never_hold_the_same(bureau: Unit) -> None:
    items = {make_item().pk for _ in range(24)}
    people = [factories.make_user(f"reviewer{n}", Role.CITY_REGULATOR, bureau) for n in range(4)]
    start, taken, faults = threading.Barrier(4), [], []

    def work(user: User) -> None:
        try:
            start.wait(10)
            while item := workflow.take_next(user):
                taken.append(item.pk)
                workflow.confirm(item.pk, by=user)
        except Exception as fault:  # a thread's error is the test's
            faults.append(fault)

    threads = [elsewhere(lambda user=user: work(user)) for user in people]  # type: ignore[misc]
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert sorted(taken) == sorted(items)  # each once
    assert Review.objects.count() == Case.objects.count() == len(items)


def test_of_two_who_answer_an_expired_lease_one_is_refused(city_officer: User, second: User) -> None:
    item, now = make_item(), timezone.now()
    workflow.take_next(city_officer, now=now)
    workflow.take_next(second, now=now + timedelta(seconds=301))
    start, outcomes = threading.Barrier(2), []

    def answer(user: User) -> None:
        start.wait(10)
        try:
            workflow.confirm(item.pk, by=user)
            outcomes.append("confirmed")
        except (ItemTaken, ItemSettled, AnsweredBefore):
            outcomes.append("refused")

    threads = [elsewhere(lambda user=user: answer(user)) for user in (city_officer, second)]  # type: ignore[misc]
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["confirmed", "refused"]
    assert Case.objects.count() == 1
