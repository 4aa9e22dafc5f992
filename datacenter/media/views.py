"""Pages of files and alarms from terminals (多媒体、主动安全报警)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.http import require_GET

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.media import selectors, serving
from datacenter.media.files import path_of
from datacenter.media.forms import AlarmFilterForm, MediaFilterForm
from datacenter.media.listing import filtered
from datacenter.media.models import STATE_RECORD, MediaFile
from datacenter.protocols.active_safety.record import BLOCK_BYTES, StateBlock, read_record
from datacenter.protocols.errors import ProtocolError
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import vehicles_visible_to

_MOST_BLOCKS = 200
"""Blocks of a vehicle state record that a page shows."""


@require_GET
@needs("media.view")
def gallery(request: HttpRequest) -> HttpResponse:
    """多媒体: what terminals sent, newest first."""
    form = MediaFilterForm(request.GET)
    form.is_valid()
    rows = filtered(selectors.media_visible_to(request.user), form.cleaned_data, request.user, ("kind", "source"))
    context = {
        "form": form,
        "page": page_of(rows, request.GET, "received_at"),
        "vehicle": _vehicle(request, form.cleaned_data.get("vehicle")),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "media/gallery.html", context)


@require_GET
@needs("media.view")
def media_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file whole, or as a small picture (``?size=thumb``). Who looked at the whole is written down."""
    file = selectors.get_media_for(request.user, pk)
    thumb = request.GET.get("size") == "thumb"
    tag = f'"{file.sha256[:32]}{"-thumb" if thumb else ""}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    if not thumb:
        audit.record(request, "media.view", f"{file.vehicle.plate} 多媒体 {pk}", sha256=file.sha256)
    response: Any = serving.thumbnail(file) if thumb else serving.original(file)
    response["ETag"] = tag
    return response


@require_GET
@needs("media.view")
def alarm_list(request: HttpRequest) -> HttpResponse:
    """主动安全报警, newest first."""
    form = AlarmFilterForm(request.GET)
    form.is_valid()
    columns = ("item", "level", "state")
    rows = filtered(selectors.alarms_visible_to(request.user), form.cleaned_data, request.user, columns)
    context = {
        "form": form,
        "page": page_of(rows, request.GET, "received_at"),
        "vehicle": _vehicle(request, form.cleaned_data.get("vehicle")),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "media/alarm_list.html", context)


@require_GET
@needs("media.view")
def alarm_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One alarm with its attachments; the vehicle state record among them as a table."""
    alarm = selectors.get_alarm_for(request.user, pk)
    files = list(selectors.media_visible_to(request.user).filter(alarm=alarm).order_by("pk"))
    audit.record(request, "safety_alarm.view", f"{alarm.vehicle.plate} 主动安全报警 {pk}")
    context = {"alarm": alarm, "files": files, "blocks": _blocks(files)}
    return render(request, "media/alarm_detail.html", context)


def _blocks(files: list[MediaFile]) -> list[StateBlock]:
    """The beginning of the first vehicle state record that can be read."""
    for file in files:
        if file.content_type != STATE_RECORD:
            continue
        try:
            with path_of(file).open("rb") as record:
                return read_record(record.read(_MOST_BLOCKS * BLOCK_BYTES))
        except (OSError, ProtocolError):
            continue
    return []


def _vehicle(request: HttpRequest, pk: Any) -> Vehicle | None:
    """The vehicle that the list is narrowed to."""
    return vehicles_visible_to(request.user).filter(pk=pk).first() if pk else None
