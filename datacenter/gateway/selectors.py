"""Reads of what the gateway could not take (隔离报文、未登记终端)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.errors import DomainError
from datacenter.gateway.models import QuarantinedFrame, UnknownTerminal
from datacenter.registry.models import Terminal, Vehicle
from datacenter.registry.selectors import vehicles_visible_to


class FrameNotFound(DomainError):
    """No such frame, or none that this user may see."""

    code = "frame_not_found"
    status = 404
    message = "没有这条隔离报文，或不在您的管辖范围内"


class TerminalNotFound(DomainError):
    """No such unknown terminal: somebody else may have adopted it."""

    code = "unknown_terminal_not_found"
    status = 404
    message = "没有这台未登记终端，可能已被接纳"


def frames_visible_to(user: Any) -> QuerySet[QuarantinedFrame]:
    """Quarantined frames inside the user's scope, newest first; those of no known vehicle are the city's."""
    rows = scope_of(user).limit(
        QuarantinedFrame.objects.all(), county="vehicle__county_id", company="vehicle__company_id"
    )
    return rows.select_related("vehicle").order_by("-at", "-pk")


def get_frame_for(user: Any, pk: int) -> QuarantinedFrame:
    """One quarantined frame if the user may see it; raises ``FrameNotFound``."""
    frame = frames_visible_to(user).filter(pk=pk).first()
    if frame is None:
        raise FrameNotFound(pk=pk)
    return frame


def reasons_of_last_day(user: Any) -> list[dict[str, Any]]:
    """How many frames were quarantined in the last 24 hours, by reason, the most frequent first."""
    since = timezone.now() - timedelta(hours=24)
    rows = frames_visible_to(user).select_related(None).order_by().filter(at__gte=since)
    return list(rows.values("reason").annotate(count=Count("pk")).order_by("-count", "reason"))


def unknown_terminals_visible_to(user: Any) -> QuerySet[UnknownTerminal]:
    """Terminals that nobody registered and nobody has adopted yet; whose they are is unknown, so only the city's."""
    if scope_of(user).level != "city":
        return UnknownTerminal.objects.none()
    return UnknownTerminal.objects.filter(adopted_at=None).order_by("-last_seen_at", "-pk")


def get_unknown_for(user: Any, pk: int) -> UnknownTerminal:
    """One unknown terminal; raises ``TerminalNotFound``."""
    terminal = unknown_terminals_visible_to(user).filter(pk=pk).first()
    if terminal is None:
        raise TerminalNotFound(pk=pk)
    return terminal


def vehicles_by_plate(user: Any, plates: Iterable[str]) -> dict[str, list[Vehicle]]:
    """Vehicles on the road with these plates, each with its terminals in use (``fitted``); two queries."""
    wanted = {plate for plate in plates if plate}
    if not wanted:
        return {}
    fitted = Prefetch("terminals", Terminal.objects.filter(state=Terminal.State.IN_USE), to_attr="fitted")
    rows = vehicles_visible_to(user).filter(~Q(state=Vehicle.State.RETIRED), plate__in=wanted)
    found: dict[str, list[Vehicle]] = {}
    for vehicle in rows.prefetch_related(fitted):
        found.setdefault(vehicle.plate, []).append(vehicle)
    return found
