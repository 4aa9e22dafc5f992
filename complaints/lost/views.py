"""The desk of lost property (失物查车): a question, ranked rides, and what is done about one of them.

Who looked for whom is written down with the whole question; so is each unmasking, each order and each track shown.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from complaints.lost import panel
from complaints.lost.errors import ItemRefused
from complaints.lost.forms import SearchForm
from complaints.lost.places import places_like
from complaints.lost.search import Answer, Candidate, search
from complaints.lost.words import reasons_of
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.errors import DomainError
from datacenter.media import serving
from datacenter.media.errors import MediaNotFound
from datacenter.registry.masking import mask_name, mask_phone
from datacenter.tracks import store
from datacenter.tracks.ground import map_ground
from datacenter.tracks.position import Flag
from datacenter.tracks.selectors import county_features, is_demo
from taxi.rides.models import Ride
from taxi.rides.selectors import rides_after

_USUAL = {name: field.initial for name, field in SearchForm.base_fields.items() if field.initial is not None}
_MORE = ("via_radius_m", "fare", "distance_km", "riders", "plate_colour", "plate_part", "order")


@require_GET
@never_cache
@needs("lost.search")
def desk(request: HttpRequest) -> HttpResponse:
    """失物查车: the question, and once it is asked the rides that fit."""
    asked = "find" in request.GET
    form = SearchForm({**_USUAL, **request.GET.dict()}) if asked else SearchForm(initial=_start(request))
    answer: Answer | None = None
    if asked and form.is_valid():
        answer = search(request.user, form.asked())
        _record(request, form, answer)
    demo = is_demo(request.user)
    context = {
        "form": form,
        "answer": answer,
        "more": [form[name] for name in _MORE],
        "refused": asked and not form.is_valid(),
        "rows": [_row(number, one) for number, one in enumerate(answer.candidates, 1)] if answer else [],
        "demo": demo,
        "config": {
            **map_ground(demo),
            "counties": reverse("lost-counties"),
            "rides": [_drawn(one) for one in answer.candidates] if answer else [],
        },
    }
    return render(request, "complaints/lost/desk.html", context, status=422 if context["refused"] else 200)


def _start(request: HttpRequest) -> dict[str, Any]:
    """A ride that ended just now; what a work order or a bookmark gives is taken over."""
    now = timezone.localtime().replace(second=0, microsecond=0)
    given = {name: value for name, value in request.GET.items() if name in SearchForm.base_fields and value}
    return {"alight_at": now - timedelta(minutes=30), **given}


def _record(request: HttpRequest, form: SearchForm, answer: Answer) -> None:
    question = {name: value for name, value in request.GET.items() if value and name in SearchForm.base_fields}
    subject = form.cleaned_data["order"] or form.cleaned_data["alight_place"] or form.cleaned_data["board_place"]
    first = answer.candidates[0].ride.vehicle.plate if answer.candidates else ""
    audit.record(request, "lost.search", subject, question=question, considered=answer.considered, first=first)


def _row(number: int, one: Candidate) -> dict[str, Any]:
    share = 100 * one.share
    return {
        "number": number,
        "ride": one.ride,
        "share": f"{share:.0f}" if share >= 1 else "<1",
        "fit": round(100 * one.fit),
        "reasons": reasons_of(one),
    }


def _drawn(one: Candidate) -> dict[str, Any]:
    ride = one.ride
    return {
        "pk": ride.pk,
        "track": reverse("lost-track", args=[ride.pk]),
        "board": [ride.board_latitude_e6 / 1e6, ride.board_longitude_e6 / 1e6],
        "alight": [ride.alight_latitude_e6 / 1e6, ride.alight_longitude_e6 / 1e6],
    }


@require_GET
@needs("lost.search")
def places(request: HttpRequest) -> JsonResponse:
    """Names of places that begin with or contain what was typed, with where they lie."""
    found = places_like(request.user, request.GET.get("q", "").replace("\0", "")[:40])
    return JsonResponse({"places": found}, json_dumps_params={"ensure_ascii": False})


@require_GET
@needs("lost.search")
def county_lines(request: HttpRequest) -> JsonResponse:
    """The counties for the map's ground: their lines are public, and an operator has no map of vehicles."""
    return JsonResponse(county_features(), headers={"Cache-Control": "private, max-age=3600"})


@require_GET
@never_cache
@needs("lost.search")
def ride_track(request: HttpRequest, pk: int) -> JsonResponse:
    """The way of a ride: [longitude, latitude] in 1e-6 degree, in order of time."""
    ride = panel.get_ride_for(request.user, pk)
    audit.record(request, "lost.track", ride.vehicle.plate, ride=pk, boarded_at=ride.boarded_at)
    track = store.between(ride.vehicle_id, ride.boarded_at, ride.alighted_at + timedelta(seconds=1))
    track = track.take((track.flags & Flag.QUALIFIED) != 0)
    points = zip(track.longitude_e6.tolist(), track.latitude_e6.tolist(), strict=True)
    return JsonResponse({"pk": ride.pk, "points": [list(point) for point in points]})


@require_GET
@never_cache
@needs("lost.search")
def ride_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """One candidate: its driver, who rode next, and what can be asked of it."""
    ride = panel.get_ride_for(request.user, pk)
    audit.record(request, "lost.ride", ride.vehicle.plate, ride=pk, boarded_at=ride.boarded_at)
    return render(request, "complaints/lost/_panel.html", _panel(request, ride))


def _panel(request: HttpRequest, ride: Ride, **more: Any) -> dict[str, Any]:
    return {
        "ride": ride,
        "drivers": _drivers(request, ride, whole=False),
        "next_rides": rides_after(request.user, ride.vehicle_id, ride.alighted_at),
        "orders": panel.may_order(ride),
        "text": panel.usual_text(ride),
        **_sent(request, ride),
        **more,
    }


def _drivers(request: HttpRequest, ride: Ride, *, whole: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": one.person.name if whole else mask_name(one.person.name),
            "phone": one.person.phone if whole else mask_phone(one.person.phone),
            "known_by": one.known_by,
        }
        for one in panel.drivers_of(request.user, ride)
    ]


def _sent(request: HttpRequest, ride: Ride) -> dict[str, Any]:
    return {
        "ride": ride,
        "commands": panel.orders_of(request.user, ride)[:6],
        "photos": panel.photos_of(request.user, ride)[:6],
    }


@require_POST
@never_cache
@needs("lost.search")
def ride_unmask(request: HttpRequest, pk: int) -> HttpResponse:
    """The drivers of a ride with name and number in full, so that somebody can ring them; it is written down."""
    ride = panel.get_ride_for(request.user, pk)
    for driver in panel.drivers_of(request.user, ride):
        audit.record(request, "practitioner.unmask", f"从业人员 {driver.person.pk}", ride=pk, plate=ride.vehicle.plate)
    context = {"ride": ride, "drivers": _drivers(request, ride, whole=True), "whole": True}
    return render(request, "complaints/lost/_drivers.html", context)


@require_POST
@needs("lost.search")
def ride_order(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Words to the taxi's screen, or a picture of its cab."""
    ride = panel.get_ride_for(request.user, pk)
    if code not in ("text", "photo"):
        raise ItemRefused("code", "没有这种指令")
    said, refused, status = request.POST.get("text", ""), "", 200
    try:
        command = panel.order_for_ride(ride, code, by=request.user, text=said)
    except DomainError as refusal:
        refused, status = refusal.message, 422
    else:
        audit.record(request, "lost.order", ride.vehicle.plate, order=code, ride=pk, command=command.pk)
    context = {**_sent(request, ride), "refused": refused, "sent": "" if refused else _("已交付下发")}
    return render(request, "complaints/lost/_sent.html", context, status=status)


@require_GET
@never_cache
@needs("lost.search")
def ride_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of the orders to a candidate, and the photos that came; the panel asks again by itself."""
    return render(request, "complaints/lost/_sent.html", _sent(request, panel.get_ride_for(request.user, pk)))


@require_GET
@needs("lost.search")
def ride_photo(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """A photo that the hotline asked for; small with ``?size=thumb``. Who looked at the whole is written down."""
    ride = panel.get_ride_for(request.user, pk)
    photo = panel.photos_of(request.user, ride).filter(pk=file).first()
    if photo is None:
        raise MediaNotFound(pk=file)
    if request.GET.get("size") == "thumb":
        return serving.thumbnail(photo)
    audit.record(request, "media.view", f"{ride.vehicle.plate} 多媒体 {file}", sha256=photo.sha256)
    return serving.original(photo)  # type: ignore[return-value]
