"""Pages of instructions (监管指令): the list, the paper before it goes, one instruction with its counties and items."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.accounts.scope import scope_of
from datacenter.cases.listing import page_of as page_by_time
from datacenter.detection.models import DetectorSetting
from datacenter.instructions import export as files
from datacenter.instructions import files as documents
from datacenter.instructions import selectors, workflow
from datacenter.instructions.drafting import check_draft, place_items
from datacenter.instructions.errors import InstructionFieldRefused
from datacenter.instructions.forms import (
    AnswerForm,
    EndForm,
    ExtendForm,
    InstructionFilters,
    InstructionForm,
    ItemFilters,
    PassForm,
    ReturnForm,
    UrgeForm,
    WithdrawForm,
)
from datacenter.instructions.models import Instruction, InstructionItem, InstructionTask
from datacenter.registry.paging import page_of


@require_safe
@needs(workflow.VIEW)
def instruction_list(request: HttpRequest) -> HttpResponse:
    """监管指令: what was sent, the newest first, with how far each has come."""
    form = InstructionFilters(request.GET)
    form.is_valid()
    rows = selectors.found(selectors.listed_for(request.user), form.cleaned_data)
    context = {
        "form": form,
        "page": page_by_time(rows, request.GET, "sent_at"),
        "waiting": list(selectors.waiting_for(request.user)[:8]),
        "filtered": any(request.GET.get(name) for name in form.fields),
        "city": scope_of(request.user).level == "city",
        "states": dict(InstructionTask.State.choices),
    }
    return render(request, "instructions/list.html", context)


@require_safe
@needs(workflow.VIEW)
def list_export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as CSV or xlsx; written down with its size."""
    form = InstructionFilters(request.GET)
    form.is_valid()
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    response, written = files.list_file(selectors.found(selectors.listed_for(request.user), form.cleaned_data), kind)
    audit.record(request, "instruction.export", kind, rows=written)
    return response


@needs(workflow.ISSUE)
def new(request: HttpRequest) -> HttpResponse:
    """拟稿下发: first checked (``check``), then sent. What was typed comes back with any refusal."""
    if request.method != "POST":
        return render(request, "instructions/new.html", {"form": InstructionForm(user=request.user)})
    form = InstructionForm(request.POST, request.FILES, user=request.user)
    context: dict[str, Any] = {"form": form}
    status = 422
    if form.is_valid():
        draft = form.draft()
        try:
            if request.POST.get("check"):
                check_draft(draft, timezone.now())
                context["checked"], status = _by_county(place_items(draft), draft.counties), 200
            else:
                instruction = workflow.issue_instruction(draft, by=request.user)
                audit.record(request, "instruction.issue", instruction.title, instruction=instruction.pk)
                return _away(request, reverse("instruction", args=[instruction.pk]))
        except InstructionFieldRefused as refusal:
            form.refuse(refusal)
    template = "instructions/_form.html" if request.htmx else "instructions/new.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=status)


@require_safe
@never_cache
@needs(workflow.VIEW)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One instruction: for the city its counties, for a county its own task and items. With htmx the items alone."""
    instruction = selectors.get_instruction_for(request.user, pk)
    if request.headers.get("HX-Target") == "instruction-items":
        return render(request, "instructions/_items.html", items_context(request, instruction))
    audit.record(request, "instruction.view", instruction.title, instruction=pk)
    return page(request, instruction)


@require_safe
@never_cache
@needs(workflow.VIEW)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The table by county; the page asks for it again while the instruction is open."""
    instruction = selectors.get_instruction_for(request.user, pk)
    return render(request, "instructions/_progress.html", _progress(request, instruction))


@require_GET
@needs(workflow.VIEW)
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress and items as a workbook; written down with its size."""
    instruction = selectors.get_instruction_for(request.user, pk)
    items = _items(request, instruction)[0]
    response, written = files.workbook(instruction, selectors.progress_of(request.user, instruction), items)
    audit.record(request, "instruction.export", instruction.title, instruction=pk, rows=written)
    return response


@require_GET
@needs(workflow.VIEW)
def file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """One file, to be saved; who took it is written down."""
    instruction = selectors.get_instruction_for(request.user, pk)
    found = selectors.get_file_for(request.user, instruction, file_pk)
    audit.record(request, "instruction.file", instruction.title, file=found.sha256)
    return documents.response(found)  # type: ignore[return-value]


# --- What a page is made of -------------------------------------------------------------------------------------------
def page(
    request: HttpRequest, instruction: Instruction, *, filled: dict[str, Any] | None = None, refused: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """One instruction's page; ``filled`` are forms that came back with errors, by step."""
    user: Any = request.user
    kinds = DetectorSetting.objects.filter(pk__in=instruction.finding_kinds).values_list("title", flat=True)
    stored = list(selectors.files_of(user, instruction))
    context = {
        **_progress(request, instruction),
        **items_context(request, instruction),
        "kinds": list(kinds) if instruction.finding_kinds else [],
        "files": [found for found in stored if not found.task_id],
        "answers": [found for found in stored if found.task_id],
        "events": selectors.events_of(user, instruction),
        "refused": refused,
    }
    context["steps"] = _steps(user, instruction, context["tasks"], filled or {})
    return render(request, "instructions/detail.html", context, status=status)


def _progress(request: HttpRequest, instruction: Instruction) -> dict[str, Any]:
    found = selectors.progress_of(request.user, instruction)
    tasks = [line.task for line in found.lines if line.task]
    for task in tasks:
        task.instruction = instruction
    city = scope_of(request.user).level == "city"
    return {
        "instruction": instruction,
        "progress": found,
        "tasks": tasks,
        "task": None if city else next(iter(tasks), None),
        "city": city,
        "results": InstructionItem.Result.choices,
        "looks": {task.pk: workflow.task_verbs(task, request.user) for task in tasks},
    }


def _items(request: HttpRequest, instruction: Instruction) -> tuple[QuerySet[InstructionItem], ItemFilters]:
    city = scope_of(request.user).level == "city"
    tasks = list(selectors.tasks_visible_to(request.user).filter(instruction=instruction).order_by("county_id"))
    form = ItemFilters(request.GET, tasks=tasks, city=city)
    form.is_valid()
    wanted = form.cleaned_data
    rows = selectors.items_visible_to(request.user).filter(instruction=instruction).order_by("position", "pk")
    if county := wanted.get("county"):
        rows = rows.filter(task=None) if county == "none" else rows.filter(task__county_id=county)
    if result := wanted.get("result"):
        rows = rows.filter(result="" if result == "none" else result)
    if q := (wanted.get("q") or "").strip():
        rows = rows.filter(
            Q(plate__contains=q.upper()) | Q(company_name__contains=q) | Q(area_name__contains=q)
        )  # fmt: skip
    return rows, form


def items_context(request: HttpRequest, instruction: Instruction) -> dict[str, Any]:
    """The items under the filters of the address, and whether this reader records results at them."""
    user: Any = request.user
    rows, form = _items(request, instruction)
    city = scope_of(user).level == "city"
    task = selectors.own_task(user, instruction)
    working = bool(task and "result" in workflow.task_verbs(task, user))
    may_city = city and instruction.is_open and user.may(workflow.ISSUE)
    return {
        "instruction": instruction,
        "city": city,
        "item_form": form,
        "items": page_of(rows, request.GET, "position"),
        "items_filtered": any(request.GET.get(name) for name in form.fields),
        "results": InstructionItem.Result.choices,
        "recording": working or (may_city and form.cleaned_data.get("county") == "none"),
        "results_url": reverse("instruction-city-results" if city else "instruction-results", args=[instruction.pk]),
        "case_url": "instruction-city-case" if city else "instruction-case",
        "may_see_vehicles": user.may("vehicle.view"),
        "query_string": request.GET.urlencode(),
    }


def _by_county(items: list[InstructionItem], counties: Any) -> list[dict[str, Any]]:
    """How many vehicles and areas each county would get, and what would stand on the city's list and why."""
    rows = [{"name": county.name, "id": county.pk, "vehicles": 0, "areas": 0} for county in counties]
    marks = [{"name": _("市级清单：%s") % mark.label, "id": mark.value, "vehicles": 0, "areas": 0}
             for mark in InstructionItem.Mark]  # fmt: skip
    found = {row["id"]: row for row in (*rows, *marks)}
    for item in items:
        found[item.mark or item.county_id]["vehicles" if item.plate else "areas"] += 1
    return [*rows, *(row for row in marks if row["vehicles"] or row["areas"])]


def _steps(user: Any, instruction: Instruction, tasks: list[InstructionTask], filled: dict[str, Any]) -> dict[str, Any]:
    """The forms of what this reader may do now, by step."""
    steps: dict[str, Any] = {}
    if instruction.is_open and user.may(workflow.ISSUE) and scope_of(user).level == "city":
        steps = {
            "extend": ExtendForm(tasks=tasks, auto_id="extend-%s"),
            "urge": UrgeForm(tasks=tasks, auto_id="urge-%s"),
            "close": EndForm(auto_id="close-%s"),
            "withdraw": WithdrawForm(auto_id="withdraw-%s"),
        }
    for task in tasks:
        verbs = workflow.task_verbs(task, user)
        if "answer" in verbs:
            steps["answer"] = AnswerForm(auto_id="answer-%s")
        if "pass" in verbs:
            steps[f"pass-{task.county_id}"] = PassForm(auto_id=f"pass-{task.county_id}-%s")
            steps[f"return-{task.county_id}"] = ReturnForm(auto_id=f"return-{task.county_id}-%s")
    return {**steps, **{name: form for name, form in filled.items() if name in steps}}


def _away(request: HttpRequest, address: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
