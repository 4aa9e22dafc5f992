"""The driver's card (驾驶员身份卡): whoever puts it in drives from then on. JT/T 808-2019, message 0x0702.

Reports come late and twice. What a card says is kept as a terminal report in any case; the binding is made where its
holder is registered and the terminal could read it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from datacenter.facts.catalogue import Fact, keeps
from datacenter.facts.workflow import keep_report
from datacenter.protocols.jt808.messages import DriverIdentity
from datacenter.registry.models import DriverBinding, Practitioner
from datacenter.tracks import changes

_AHEAD, _BEHIND = timedelta(minutes=10), timedelta(days=183)
_CARD = DriverBinding.Source.CARD


@keeps("jt808", DriverIdentity.message_id)
def keep_card(fact: Fact) -> None:
    """A card went in or came out: bind its holder to the vehicle, or end that."""
    keep_report(fact)
    message: DriverIdentity = fact.message
    at = _moment(message.time, fact.received_at)
    if message.on_duty:
        driver = holder(message)
        if driver is not None:
            _begin(fact.vehicle_id, driver, at)
    elif message.state == 2:
        _end(fact.vehicle_id, at)
    changes.on_commit(fact.vehicle_id, changes.DRIVER)


def holder(message: DriverIdentity) -> Practitioner | None:
    """The registered driver whose card it is: by the certificate's number, else by the identity number."""
    numbers = Q()
    if message.license and message.license.strip():
        numbers |= Q(certificates__number=message.license.strip())
    if message.identity_number.strip():
        numbers |= Q(identity_no=message.identity_number.strip())
    return Practitioner.objects.filter(numbers).distinct().order_by("pk").first() if numbers else None


def _begin(vehicle_id: int, driver: Practitioner, at: datetime) -> None:
    rows = DriverBinding.objects.filter(source=_CARD)
    if rows.filter(vehicle_id=vehicle_id, practitioner=driver, since=at).exists():
        return
    # Whoever's card was in before has gone, and so has this driver from another vehicle.
    rows.filter(Q(vehicle_id=vehicle_id) | Q(practitioner=driver), since__lt=at).filter(
        Q(until=None) | Q(until__gt=at)
    ).update(until=at)
    later = rows.filter(Q(vehicle_id=vehicle_id) | Q(practitioner=driver), since__gt=at).order_by("since").first()
    DriverBinding.objects.create(
        vehicle_id=vehicle_id, practitioner=driver, since=at, until=later.since if later else None, source=_CARD
    )


def _end(vehicle_id: int, at: datetime) -> None:
    """The card that was in at that moment came out."""
    last = DriverBinding.objects.filter(vehicle_id=vehicle_id, source=_CARD, since__lt=at).order_by("-since").first()
    if last is not None and (last.until is None or last.until > at):
        last.until = at
        last.save(update_fields=["until"])


def _moment(told: datetime | str | None, received_at: datetime) -> datetime:
    """When it was, by the terminal's clock where that can be believed."""
    if isinstance(told, datetime) and received_at - _BEHIND < told < received_at + _AHEAD:
        return told
    return received_at
