"""What the hotline's calls, knowledge base and ratings know in Dawa: one row of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from complaints.calls import workflow as calls
from complaints.calls.models import Call, CallEvent
from complaints.calls.reading import read_event
from complaints.knowledge.models import Article, ArticleVersion
from complaints.ratings import codes
from complaints.ratings.models import RatingCode, RatingDay, RideRating
from datacenter.accounts.models import User
from datacenter.registry.models import Practitioner, Vehicle

CALLER = "13512340477"


@dataclass
class Heard:
    """One row of each."""

    call: Call
    event: CallEvent
    article: Article
    code: RatingCode
    rating: RideRating

    @property
    def secrets(self) -> set[str]:
        """What nobody else may read."""
        return {CALLER, "call-D4W4", "D4W4坐席", self.code.code, "D4W4绕路"}


def hear(vehicle: Vehicle, person: Practitioner, city_officer: User) -> Heard:
    """A call that was answered and has no order, a passenger's rating and its sum, an article."""
    now = timezone.now()
    told = {"event_id": "event-D4W4", "call_id": "call-D4W4", "kind": "ringing", "caller": CALLER, "called": "12328",
            "agent_name": "D4W4坐席", "extension": "8477", "at": (now - timedelta(minutes=9)).isoformat()}  # fmt: skip
    call = calls.take_in(read_event(told, now=now))
    owners = {"county_id": vehicle.county_id, "company_id": vehicle.company_id}
    code = RatingCode.objects.create(
        vehicle=vehicle, **owners, code=codes.draw(), plate=vehicle.plate, plate_colour=vehicle.plate_colour,
        issued_by=city_officer,
    )  # fmt: skip
    whose = {**owners, "practitioner": person}
    rating = RideRating.objects.create(
        code=code, vehicle=vehicle, **whose, grade=4, reasons=["detour"], words="D4W4绕路", standing="counted",
        device="d", address="a",
    )  # fmt: skip
    RatingDay.objects.create(day=timezone.localdate(), source="sticker", **whose, not_satisfied=4, complaint=1)
    # Not by their verbs: those write into the audit record, which the walls want empty.
    article = Article.objects.create(code="d4w4", category="fare", industry="taxi", state="published")
    article.latest = article.published = ArticleVersion.objects.create(
        article=article, number=1, act="published", title="打车", body="以计价器为准", by=city_officer
    )
    article.save()
    return Heard(call, CallEvent.objects.get(call=call), article, code, rating)
