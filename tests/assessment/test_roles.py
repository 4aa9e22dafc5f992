"""Beat's work as the workers' role, and the pages' as the web's: the database grants what each needs, and no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from psycopg2.errors import InsufficientPrivilege

from datacenter.accounts.models import User
from datacenter.accounts.scope import CITY, entered
from datacenter.assessment import tasks
from datacenter.assessment.models import AssessmentMonth, CreditGrade, PointEntry, Score
from datacenter.registry.models import Company
from tests import factories
from tests.assessment.making import MONTH, certify, make_quality, make_violation, today
from tests.commands.test_pages import signed_in


@pytest.fixture
def driven(tracks: None, hazmat_company: Company, city_officer: User) -> None:
    """A truck that drove in September, and a driver with a violation of yesterday; committed."""
    truck = factories.make_vehicle(company=hazmat_company)
    factories.make_terminal(truck)
    make_quality(truck, km=100, complete_km=90)
    driver = factories.make_practitioner(company=hazmat_company)
    certify(driver, today() - timedelta(days=400))
    make_violation(truck, city_officer, "taxi.detour", practitioner=driver, at=timezone.now() - timedelta(days=1))


def test_the_workers_role_enters_points_and_computes_the_drafts(driven: None, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("as_ingest")
    tasks.compute_drafts()
    tasks.compute_drafts()
    assert PointEntry.objects.get().effect == -10
    assert AssessmentMonth.objects.filter(computed_at__isnull=False).count() == 2
    assert Score.objects.filter(indicator="practitioner.points", value=10).count() == 1


def test_the_webs_role_computes_publishes_and_grades(
    driven: None, city_officer: User, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("as_web")
    client, month = signed_in(city_officer), f"{MONTH:%Y-%m}"
    for _ in range(2):
        assert client.post(reverse("assessment-recompute", args=[month])).status_code == 302
    done = client.post(reverse("assessment-publish", args=[month]), {"understood": "1"})
    assert done.status_code == 302
    assert client.post(reverse("credit-grade"), {"kind": "practitioner"}).status_code == 302
    with entered(CITY):
        assert AssessmentMonth.objects.get(first_day=MONTH).frozen
        assert CreditGrade.objects.count() == 1
        for sql in ("UPDATE assessment_score SET score = 1", "DELETE FROM assessment_standing"):
            with pytest.raises(DatabaseError, match="frozen") as refused, transaction.atomic():
                connection.cursor().execute(sql)
            assert isinstance(refused.value.__cause__, InsufficientPrivilege)
