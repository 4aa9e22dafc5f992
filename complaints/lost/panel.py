"""What an operator does with a candidate (候选车辆): who drove, who rode next, words to its screen, a photo.

Orders to the vehicle run through ``datacenter.commands``; what allows them here is ``lost.search``: the hotline asks a
driver to look on the back seat, and sends nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone

from complaints.lost.errors import ItemRefused, RideNotFound
from datacenter.commands.models import Command
from datacenter.commands.orders import ORDERS
from datacenter.commands.selectors import commands_visible_to
from datacenter.commands.workflow import send_command, terminal_of
from datacenter.media.keepers import BY_ORDER
from datacenter.media.models import MediaFile
from datacenter.media.selectors import media_visible_to
from datacenter.registry.models import Practitioner, Terminal
from datacenter.registry.selectors import bindings_visible_to
from taxi.models import Shift
from taxi.rides.models import Ride
from taxi.rides.selectors import rides_visible_to
from taxi.selectors import shifts_visible_to

RIGHT = "lost.search"
NOTE = "失物查找"
EXPIRES_IN = timedelta(hours=6)
"""A driver who comes online after that has had the next passengers long since."""
_PHOTOS_FOR = timedelta(hours=6)
_BOTH = {"screen": "on", "spoken": "on", "kind": "notice"}


@dataclass(frozen=True, slots=True)
class Driver:
    """Who drove during a ride, and how that is known."""

    person: Practitioner
    known_by: str


def get_ride_for(user: Any, pk: int) -> Ride:
    """The ride if the user may see it; raises ``RideNotFound``."""
    rows = rides_visible_to(user).select_related("vehicle", "vehicle__company", "trip__practitioner")
    ride = rows.defer("trip__body").filter(pk=pk).first() if pk < 2**63 else None
    if ride is None:
        raise RideNotFound(ride=pk)
    return ride


def drivers_of(user: Any, ride: Ride) -> list[Driver]:
    """Who drove (当班驾驶员), the surest first: the trip's record, the shift that was signed in to, the binding."""
    found: dict[int, Driver] = {}
    if ride.trip is not None and ride.trip.practitioner is not None:
        found[ride.trip.practitioner.pk] = Driver(ride.trip.practitioner, "营运记录")
    for shift in _shifts(user, ride):
        if shift.practitioner is not None:
            found.setdefault(shift.practitioner.pk, Driver(shift.practitioner, "签到"))
    rows = bindings_visible_to(user).filter(vehicle_id=ride.vehicle_id, since__lte=ride.alighted_at)
    rows = rows.filter(Q(until=None) | Q(until__gt=ride.boarded_at)).select_related("practitioner")
    for binding in rows[:3]:
        found.setdefault(binding.practitioner_id, Driver(binding.practitioner, binding.get_source_display()))
    return list(found.values())


def _shifts(user: Any, ride: Ride) -> QuerySet[Shift]:
    rows = shifts_visible_to(user).filter(vehicle_id=ride.vehicle_id, begins_at__lte=ride.alighted_at)
    return rows.filter(Q(ended_at=None) | Q(ended_at__gt=ride.boarded_at))[:2]


def orders_of(user: Any, ride: Ride) -> QuerySet[Command]:
    """The hotline's orders to the taxi of a ride, the newest first."""
    rows = commands_visible_to(user).filter(vehicle_id=ride.vehicle_id, note=NOTE)
    return rows.filter(created_at__gte=ride.alighted_at)


def photos_of(user: Any, ride: Ride) -> QuerySet[MediaFile]:
    """Pictures that the hotline asked for, the newest first; none where it did not ask.

    What came meanwhile for another reason (an alarm, another's order) is not the hotline's to see.
    """
    asked = orders_of(user, ride).filter(kind="photo", created_at__gte=timezone.now() - timedelta(days=2)).order_by()
    span = asked.aggregate(first=Min("created_at"), last=Max("created_at"))
    if span["first"] is None:
        return MediaFile.objects.none()
    rows = media_visible_to(user).filter(vehicle_id=ride.vehicle_id, kind=MediaFile.Kind.IMAGE)
    rows = rows.filter(received_at__gte=span["first"], received_at__lte=span["last"] + _PHOTOS_FOR)
    unsaid = Q(command=None) & (Q(event=None) | Q(event=BY_ORDER, source=MediaFile.Source.PHOTO))
    return rows.filter(Q(command__in=asked.values("pk")) | unsaid, source__in=MediaFile.JUDGED)


def usual_text(ride: Ride) -> str:
    """What the driver is asked (默认短信): when, where to look, and whom to ring."""
    at = timezone.localtime(ride.alighted_at)
    return f"乘客{at:%H:%M}下车时可能将物品遗失在您车上，请停车后查看后排和后备箱，找到请致电12328。"


def may_order(ride: Ride) -> list[str]:
    """Which orders the terminal in the taxi knows: of ``text`` and ``photo``; none where it has no terminal."""
    terminal = ride.vehicle.terminals.filter(state=Terminal.State.IN_USE).order_by("pk").last()
    return [code for code in ("text", "photo") if terminal is not None and ORDERS[code].form.fits(terminal.edition)]


def order_for_ride(ride: Ride, code: str, *, by: Any, text: str = "") -> Command:
    """Words to the taxi's screen (``text``), or a picture of its cab (``photo``).

    Raises ``ItemRefused`` for a text that the terminal can't show, and what ``send_command`` raises.
    """
    order, terminal = ORDERS[code], terminal_of(ride.vehicle)
    blank = order.form()
    data = {name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()}
    form = order.form(data | {"text": text, **_BOTH} if code == "text" else data)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise ItemRefused(field, str(errors[0]))
    with transaction.atomic():
        for message in form.messages(terminal.edition):
            command = send_command(
                ride.vehicle, message, by=by, kind=code, summary=f"{order.title}：{form.summary()}",
                expires_in=EXPIRES_IN, note=NOTE, right=RIGHT,
            )  # fmt: skip
    return command
