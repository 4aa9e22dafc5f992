"""Pages of lost and found things (失物登记): the list, one thing, its hand-over, and how many come back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from complaints.lost import selectors, statistics, workflow
from complaints.lost.errors import ItemNotFound, ItemRefused
from complaints.lost.item_forms import HandOverForm, ItemFilters, ItemForm
from complaints.lost.models import LostItem
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.cases.pictures import GUARD, picture_type
from datacenter.registry.masking import mask_name, mask_phone
from datacenter.registry.sheets.writing import TYPES, write

HEAD = ["编号", "登记类型", "状态", "类别", "颜色", "特征", "时间", "地点", "车牌号", "企业", "工单号", "登记时间",
        "找到时间", "结案时间"]  # fmt: skip
_RIGHT = "lost.register"
MOST_ROWS = 10_000


@require_GET
@needs(_RIGHT)
def item_list(request: HttpRequest) -> HttpResponse:
    """失物登记: the newest first."""
    filters, rows = _filtered(request)
    context = {
        "filters": filters,
        "page": page_of(rows, request.GET, "registered_at"),
        "filtered": any(request.GET.get(name) for name in filters.fields),
    }
    return render(request, "complaints/lost/items.html", context)


@require_GET
@needs(_RIGHT)
def item_export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as a sheet; without people's names. Raises ``ItemRefused`` for more than ``MOST_ROWS``."""
    _filters, rows = _filtered(request)
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    lines = [_line(item) for item in rows[: MOST_ROWS + 1]]
    if len(lines) > MOST_ROWS:
        raise ItemRefused("q", f"超过 {MOST_ROWS:,} 行，请缩小筛选范围后再导出")
    audit.record(request, "lost.export", format, rows=len(lines))
    response = HttpResponse(
        write(HEAD, iter(lines), format, title="失物登记"), content_type=TYPES[format],
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip
    name = f"失物登记{timezone.localtime():%Y%m%d-%H%M}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _filtered(request: HttpRequest) -> tuple[ItemFilters, Any]:
    filters = ItemFilters(request.GET)
    filters.is_valid()
    wanted = {name: value for name, value in filters.cleaned_data.items() if value}
    return filters, selectors.narrowed(selectors.items_visible_to(request.user), wanted)


def _line(item: LostItem) -> list[object]:
    def at(moment: Any) -> str:
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""

    return [
        item.number, item.get_side_display(), item.state_title, item.get_kind_display(),
        item.get_colour_display(), item.description, at(item.happened_at), item.place,
        item.vehicle.plate if item.vehicle else "", item.company.name if item.company else "",
        item.order.number if item.order else "", at(item.registered_at), at(item.located_at), at(item.closed_at),
    ]  # fmt: skip


@needs(_RIGHT)
def item_new(request: HttpRequest) -> HttpResponse:
    """Register a thing."""
    if request.method != "POST":
        given = {name: value for name, value in request.GET.items() if name in ItemForm.base_fields}
        form = ItemForm(user=request.user, initial={"happened_at": timezone.localtime(), "side": "lost", **given})
        return render(request, "complaints/lost/item_form.html", {"form": form})
    form = ItemForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        try:
            item = workflow.register_item(form.facts(), by=request.user, photo=form.cleaned_data["photo"])
        except ItemRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            audit.record(request, "lost.register", item.number, side=item.side, kind=item.kind)
            messages.success(request, _("已登记 %s") % item.number)
            return redirect("lost-item", pk=item.pk)
    return render(request, "complaints/lost/item_form.html", {"form": form}, status=422)


@require_GET
@never_cache
@needs(_RIGHT)
def item_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One thing: what it is, what may be the same, and what can be done."""
    return _detail(request, selectors.get_item_for(request.user, pk))


def _detail(request: HttpRequest, item: LostItem, form: HandOverForm | None = None, status: int = 200) -> HttpResponse:
    user: Any = request.user
    partner = item.match or getattr(item, "matched_by", None)
    context = {
        "item": item,
        "person": {"name": mask_name(item.person_name), "phone": mask_phone(item.person_phone)},
        "partner": partner,
        "alike": selectors.alike(user, item) if item.state == LostItem.State.OPEN and partner is None else [],
        "done": getattr(item, "hand_over", None),
        "form": form or HandOverForm(),
        "may_thank": user.may("assessment.change"),
        "brought": workflow.brought_by_driver([one for one in (item, partner) if one is not None]),
        "thanked": workflow.given(item) if item.practitioner_id else None,
        "driver": mask_name(item.practitioner.name) if item.practitioner else "",
    }
    return render(request, "complaints/lost/item.html", context, status=status)


@require_POST
@needs(_RIGHT)
def item_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is to be rung about a thing, in full; it is written down."""
    item = selectors.get_item_for(request.user, pk)
    audit.record(request, "lost.unmask", item.number)
    person = {"name": item.person_name, "phone": item.person_phone}
    return render(request, "complaints/lost/_person.html", {"item": item, "person": person, "whole": True})


@require_POST
@needs(_RIGHT)
def item_act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One step: match, locate, close, thank."""
    item = selectors.get_item_for(request.user, pk)
    if verb == "match":
        other = selectors.get_item_for(request.user, _whole(request.POST.get("other")))
        lost, found = (item, other) if item.side == LostItem.Side.LOST else (other, item)
        workflow.match_items(lost, found, by=request.user)
    elif verb == "locate":
        workflow.locate_item(item, by=request.user)
    elif verb == "close":
        workflow.close_item(item, by=request.user, note=request.POST.get("note", ""))
    elif verb == "thank":
        workflow.thank_driver(item, by=request.user)
    else:
        raise ItemNotFound(pk=pk)
    audit.record(request, f"lost.{verb}", item.number)
    messages.success(request, _("已办理"))
    return redirect("lost-item", pk=pk)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


@require_POST
@needs(_RIGHT)
def item_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a thing to its owner against a signature."""
    item, form = selectors.get_item_for(request.user, pk), HandOverForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            workflow.hand_over(
                item, by=request.user, name=data["receiver_name"], identity=data["receiver_identity"],
                signature=data["signature"], note=data["note"],
            )  # fmt: skip
        except ItemRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            audit.record(request, "lost.hand_over", item.number)
            messages.success(request, _("已交还 %s") % item.number)
            return redirect("lost-item", pk=pk)
    return _detail(request, item, form, 422)


@require_GET
@needs(_RIGHT)
def item_file(request: HttpRequest, pk: int, what: str) -> FileResponse:
    """The photo of a thing, or the signature of who took it. Who looked is written down."""
    item = selectors.get_item_for(request.user, pk)
    done = getattr(item, "hand_over", None)
    path = {"photo": item.photo_path, "signature": done.signature_path if done else ""}.get(what, "")
    whole = settings.MEDIA_ROOT / path if path else None
    if whole is None or not whole.is_file():
        raise ItemNotFound(pk=pk)
    audit.record(request, "lost.file", item.number, what=what)
    content_type = picture_type(whole) or "application/octet-stream"
    return FileResponse(whole.open("rb"), content_type=content_type, headers=GUARD)


@require_GET
@needs(_RIGHT)
def item_statistics(request: HttpRequest) -> HttpResponse:
    """找回率: by kind, by month, and how long it takes."""
    context = {"figures": statistics.figures_for(request.user, timezone.now()), "months": statistics.MONTHS}
    return render(request, "complaints/lost/statistics.html", context)
