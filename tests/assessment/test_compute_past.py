"""The months of a past that was filled in at once."""

from __future__ import annotations

from datetime import date

import pytest

from datacenter.assessment.models import AssessmentMonth
from datacenter.assessment.tasks import compute_past


@pytest.mark.django_db
def test_each_month_that_a_past_touches_is_assessed_once() -> None:
    compute_past("2026-06-30", "2026-09-01")
    compute_past("2026-08-31", "2026-08-31")
    months = AssessmentMonth.objects.order_by("first_day").values_list("first_day", flat=True)
    assert list(months) == [date(2026, month, 1) for month in (6, 7, 8, 9)]
    assert not AssessmentMonth.objects.filter(computed_at=None).exists()
