"""Pages of the raw log (原始报文记录): one vehicle's frames as they travel, each of them explained on demand."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.diagnosis import selectors, workflow
from datacenter.diagnosis.errors import VehicleNotNamed
from datacenter.diagnosis.forms import RawFilterForm, RecordingForm
from datacenter.diagnosis.showing import shown
from datacenter.gateway.models import RawFrame
from datacenter.protocols.explaining import EXPLAINERS
from datacenter.protocols.guess import guess
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.terminal_catalogue import MESSAGES as JT808
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import get_vehicle_for

A_PAGE = 100
MOST_NEW = 200
MOST_EXPORTED = 50_000
RAW_SHOWN = 48


@require_GET
@needs("raw_log.use")
def find(request: HttpRequest) -> HttpResponse:
    """The raw log of the vehicle whose plate was typed."""
    try:
        vehicle = selectors.vehicle_named(request.user, request.GET.get("plate", ""))
    except VehicleNotNamed as refusal:
        messages.error(request, refusal.message)
        return redirect("protocol")
    return redirect("raw-log", pk=vehicle.pk)


@require_GET
@needs("raw_log.use")
def raw_log(request: HttpRequest, pk: int) -> HttpResponse:
    """原始报文记录: the newest frames of one vehicle, a line each, and the switch."""
    vehicle = get_vehicle_for(request.user, pk)
    audit.record(request, "raw_log.view", f"车辆 {vehicle.plate}")
    return render(request, "diagnosis/raw_log.html", _page(request, vehicle, RecordingForm()))


@require_POST
@needs("raw_log.use")
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to record, or end it."""
    vehicle = get_vehicle_for(request.user, pk)
    if "end" in request.POST:
        workflow.end_recording(vehicle, by=request.user, request=request)
        messages.success(request, _("已停止记录 %(plate)s 的报文") % {"plate": vehicle.plate})
        return redirect("raw-log", pk=pk)
    form = RecordingForm(request.POST)
    if not form.is_valid():
        return render(request, "diagnosis/raw_log.html", _page(request, vehicle, form), status=422)
    workflow.begin_recording(vehicle, hours=form.cleaned_data["hours"], by=request.user, request=request)
    messages.success(request, _("已开始记录 %(plate)s 的报文，几秒后生效") % {"plate": vehicle.plate})
    return redirect("raw-log", pk=pk)


@require_GET
@needs("raw_log.use")
def newer(request: HttpRequest, pk: int) -> HttpResponse:
    """Lines of frames behind ``?after=``, the newest first; what an open page asks for again and again."""
    vehicle = get_vehicle_for(request.user, pk)
    after = request.GET.get("after", "")
    rows = _wanted(request, vehicle)[0]
    rows = rows.filter(pk__gt=int(after)) if after.isdecimal() and len(after) <= 18 else rows.none()
    return render(
        request, "diagnosis/_raw_rows.html", {"rows": _lines(rows[:MOST_NEW]), "vehicle": vehicle, "new": True}
    )


@require_GET
@needs("raw_log.use")
def frame(request: HttpRequest, pk: int, frame: int) -> HttpResponse:
    """One recorded frame field by field."""
    vehicle = get_vehicle_for(request.user, pk)
    row = selectors.get_raw_frame_for(request.user, vehicle, frame)
    raw = bytes(row.raw)
    protocol = row.protocol if row.protocol != "jt808" else guess(raw)
    told = EXPLAINERS.get(protocol, EXPLAINERS["jt808"])(raw, protocol, "")
    return render(request, "diagnosis/_explanation.html", {"one": shown(told), "number": row.pk})


@require_GET
@needs("raw_log.use")
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The log as text for ``manage.py decode``: a line of hexadecimal a frame, each behind a remark of its time."""
    vehicle = get_vehicle_for(request.user, pk)
    rows = _wanted(request, vehicle)[0][:MOST_EXPORTED]
    audit.record(request, "raw_log.export", f"车辆 {vehicle.plate}")
    text = "".join(
        f"# {timezone.localtime(row.at).isoformat(timespec='milliseconds')} {row.direction}\n{bytes(row.raw).hex()}\n"
        for row in rows.iterator(chunk_size=2000)
    )
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="raw-{vehicle.pk}.hex.txt"'
    return response


def _wanted(request: HttpRequest, vehicle: Vehicle) -> tuple[QuerySet[RawFrame], RawFilterForm]:
    """The frames that the address's filters let through; a filter that can't be read is none."""
    form = RawFilterForm(request.GET)
    form.is_valid()
    rows = selectors.raw_frames_visible_to(request.user, vehicle)
    if direction := form.cleaned_data.get("direction"):
        rows = rows.filter(direction=direction)
    if (message_id := form.cleaned_data.get("message")) is not None:
        rows = rows.filter(message_id=message_id)
    return rows, form


def _page(request: HttpRequest, vehicle: Vehicle, recording: RecordingForm) -> dict[str, Any]:
    rows, form = _wanted(request, vehicle)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) <= 18:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: A_PAGE + 1])
    return {
        "vehicle": vehicle,
        "recording": selectors.recording_of(request.user, vehicle),
        "recording_form": recording,
        "form": form,
        "rows": _lines(found[:A_PAGE]),
        "older": found[A_PAGE - 1].pk if len(found) > A_PAGE else None,
        "newest": found[0].pk if found and not before else 0,
        "live": not before,
        "filtered": any(request.GET.get(name) for name in form.fields),
    }


def _lines(rows: Any) -> Iterator[dict[str, Any]]:
    for row in rows:
        forms = (JT905 if row.protocol == "jt905" else JT808).forms
        form = forms.get(row.message_id)
        raw = bytes(row.raw)
        yield {
            "row": row,
            "message": f"0x{row.message_id:04X}" if row.message_id is not None else "—",
            "title": form.title if form else _("未知消息") if row.message_id is not None else _("消息头不可读"),
            "size": len(raw),
            "hex": raw[:RAW_SHOWN].hex().upper() + ("…" if len(raw) > RAW_SHOWN else ""),
        }
