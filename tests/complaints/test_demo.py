"""The demo city's hotline has a past that fits its own process, and work on every desk."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from complaints import demo
from complaints.orders.models import CallBack, Category, Order, OrderEvent


@pytest.fixture
def city(db: None) -> date:
    call_command("demo_city", verbosity=0)
    return timezone.localdate() - timedelta(days=1)


def test_the_past_is_closed_called_back_and_written_down_and_today_is_at_work(city: date) -> None:
    demo.fill(city - timedelta(days=182), city)
    orders = Order.objects.all()
    assert demo.DAYS * demo.FEWEST <= orders.filter(case=None).count() <= demo.DAYS * demo.MOST + 3
    past = orders.filter(accepted_at__date__lte=city)
    assert set(past.values_list("state", flat=True)) == {"closed"}
    owed = past.filter(category__call_back=Category.CallBack.ALL)
    assert owed.exists()
    assert CallBack.objects.filter(order__in=owed).count() == owed.count()
    # Not as a join: of tables that were just filled PostgreSQL knows nothing yet, and goes through one for each row.
    assert not past.exclude(pk__in=OrderEvent.objects.values("order_id")).exists()
    now = timezone.now()
    assert not orders.filter(closed_at__gt=now).exists()
    assert not orders.filter(called_back_at__gt=now).exists()
    assert set(CallBack.objects.values_list("round", flat=True)) == {0}  # nothing was taken up again
    states = set(orders.filter(accepted_at__date__gt=city).values_list("state", flat=True))
    assert states == {"accepted", "handling", "calling_back", "closed"}
    assert len(set(orders.values_list("number", flat=True))) == orders.count()
    before = orders.count()
    demo.fill(city - timedelta(days=182), city)
    assert orders.count() == before
