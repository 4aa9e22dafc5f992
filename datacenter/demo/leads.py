"""Vehicles from elsewhere in the past (演示外地车): plates that none can have, leads, what officers said of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from datacenter.cases.territory import Answer
from datacenter.demo import words
from datacenter.demo.city import Place, Rule
from datacenter.demo.life import Setting
from datacenter.detection.elsewhere.models import ElsewhereLead, ForeignVehicle

_PLATES = 70
_LETTERS = "ABCDEFGHJKMNP"
_BLUE = 1
_APART = timedelta(days=10)


class Foreigners:
    """The plates, entered as they are met; one has at most one lead in ten days."""

    def __init__(self) -> None:
        self._rows: dict[str, ForeignVehicle] = {}

    def lead(self, random: Random, at: datetime, place: Place, whose: Answer, rule: Rule) -> ElsewhereLead | None:
        """A lead about a vehicle that has worked in the city up to ``at``; None where the last one is too near."""
        number = random.randrange(_PLATES)
        plate = f"辽{_LETTERS[number % len(_LETTERS)]}演{number:04d}"
        days = random.randrange(3, 6)
        first = at - timedelta(days=days - 1)
        found_at = at + timedelta(hours=random.uniform(1, 8))
        vehicle = self._rows.get(plate)
        if vehicle is not None and vehicle.heard_at > first - _APART:
            return None
        if vehicle is None:
            heard = {"first_heard_at": first, "heard_at": at, "judged_at": found_at}
            vehicle, _ = ForeignVehicle.objects.get_or_create(plate=plate, plate_colour=_BLUE, defaults=heard)
            self._rows[plate] = vehicle
        vehicle.heard_at, vehicle.judged_at = at, found_at
        vehicle.save(update_fields=["heard_at", "judged_at"])
        rides = days * random.randrange(16, 30)
        return ElsewhereLead(
            foreign_vehicle=vehicle,
            plate=plate,
            plate_colour=_BLUE,
            county_id=whose.county_id,
            boundary_unconfirmed=whose.unconfirmed,
            first_day=timezone.localtime(first).date(),
            last_day=timezone.localtime(at).date(),
            latitude_e6=place[0],
            longitude_e6=place[1],
            measures={
                "days": days, "rides": rides, "loaded_rides": rides // 3, "rank_visits": days * 2, "reads": 0,
                "in_city_s": days * random.randrange(4, 10) * 3600,
            },
            limits=rule.limits,
            source=rule.source,
            evidence={"generated": True, "days": {}, "rides": [], "reads": [], "track": [], "datum": "WGS-84"},
            found_at=found_at,
            changed_at=found_at,
        )  # fmt: skip


def decide(lead: ElsewhereLead, setting: Setting, random: Random, substance: bool) -> None:
    """An officer takes it for true or not, if there was time."""
    people = setting.cast
    at = setting.office.after(lead.found_at, 0.3 + random.expovariate(1 / 6))
    if at > setting.end:
        return
    crew = [*people.counties.get(lead.county_id or "", []), *people.city]
    lead.decided_at = lead.changed_at = at
    lead.decided_by = random.choice(crew)
    lead.state = str(ElsewhereLead.State.CONFIRMED if substance else ElsewhereLead.State.REJECTED)
    if substance:
        lead.note = "多日往返客运站接送" + words.DEMO
    else:
        lead.reason = random.choice(ElsewhereLead.Reason.values[:4])
        lead.note = "驾驶人提供证明" + words.DEMO
