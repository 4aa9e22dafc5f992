"""What is done to an instruction (指令办理), each step a form; the page comes back, or the refusal in it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.errors import DomainError
from datacenter.instructions import selectors, views, workflow
from datacenter.instructions.errors import InstructionFieldRefused, InstructionNotFound
from datacenter.instructions.forms import (
    AnswerForm,
    EndForm,
    ExtendForm,
    PassForm,
    ReturnForm,
    StepForm,
    UrgeForm,
    WithdrawForm,
)
from datacenter.instructions.models import Instruction, InstructionItem, InstructionTask

_TASK_RIGHTS = {
    "receive": workflow.ANSWER,
    "answer": workflow.ANSWER,
    "pass": workflow.ISSUE,
    "return": workflow.ISSUE,
    "urge": workflow.ISSUE,
}
_WHOLE: dict[str, type[StepForm]] = {
    "extend": ExtendForm,
    "urge": UrgeForm,
    "close": EndForm,
    "withdraw": WithdrawForm,
}


@require_POST
@needs(workflow.ISSUE)
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """The city's step for the whole instruction: 延期, 催办, 结束, 撤回."""
    instruction = selectors.get_instruction_for(request.user, pk)
    if verb not in _WHOLE:
        raise InstructionNotFound(pk=pk)
    tasks = list(selectors.tasks_visible_to(request.user).filter(instruction=instruction))
    more = {"tasks": tasks} if verb in ("extend", "urge") else {}
    form = _WHOLE[verb](request.POST, auto_id=f"{verb}-%s", **more)
    if not form.is_valid():
        return views.page(request, instruction, filled={verb: form}, status=422)
    said, by = form.cleaned_data, request.user
    try:
        if verb == "extend":
            workflow.extend_instruction(instruction, by=by, **said)
        elif verb == "urge":
            count = workflow.urge_counties(instruction, by=by, **said)
            messages.success(request, _("已催办 %d 个县区") % count)
        else:
            workflow.end_instruction(instruction, by=by, withdrawn=verb == "withdraw", **said)
    except InstructionFieldRefused as refusal:
        form.refuse(refusal)
        return views.page(request, instruction, filled={verb: form}, status=refusal.status)
    except DomainError as refusal:
        return _stale(request, pk, refusal)
    return _done(request, instruction, f"instruction.{verb}")


@require_POST
@needs(workflow.VIEW)
def task_act(request: HttpRequest, pk: int, county: str, verb: str) -> HttpResponse:
    """One county's step (签收, 反馈) or the city's about it (通过, 退回, 催办)."""
    if verb not in _TASK_RIGHTS:
        raise InstructionNotFound(pk=pk)
    require(request.user, _TASK_RIGHTS[verb])
    instruction = selectors.get_instruction_for(request.user, pk)
    task = selectors.get_task_for(request.user, instruction, county)
    name = verb if verb == "answer" else f"{verb}-{county}"
    form = _task_form(request, verb, name)
    if not form.is_valid():
        return views.page(request, instruction, filled={name: form}, status=422)
    try:
        _act_on(task, verb, request.user, form.cleaned_data)
    except InstructionFieldRefused as refusal:
        form.refuse(refusal)
        return views.page(request, instruction, filled={name: form}, status=refusal.status)
    except DomainError as refusal:
        return _stale(request, pk, refusal)
    return _done(request, instruction, f"instruction.{verb}", county=county)


def _task_form(request: HttpRequest, verb: str, name: str) -> StepForm:
    if verb == "answer":
        return AnswerForm(request.POST, request.FILES, auto_id="answer-%s")
    kind = {"pass": PassForm, "return": ReturnForm}.get(verb, StepForm)
    return kind(request.POST, auto_id=f"{name}-%s")


def _act_on(task: InstructionTask, verb: str, by: Any, said: dict[str, Any]) -> None:
    if verb == "receive":
        workflow.receive_task(task, by=by)
    elif verb == "answer":
        workflow.answer_task(task, by=by, **said)
    elif verb == "pass":
        workflow.pass_task(task, by=by, **said)
    elif verb == "return":
        workflow.return_task(task, by=by, **said)
    else:
        workflow.urge_counties(task.instruction, by=by, counties=[task.county_id])


@require_POST
@needs(workflow.ANSWER)
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """登记结果 at items of the user's own county, one or those that are ticked."""
    return _results(request, pk)


@require_POST
@needs(workflow.ISSUE)
def city_results(request: HttpRequest, pk: int) -> HttpResponse:
    """登记结果 at the city's own list."""
    return _results(request, pk)


def _results(request: HttpRequest, pk: int) -> HttpResponse:
    instruction = selectors.get_instruction_for(request.user, pk)
    items = {int(text) for text in request.POST.getlist("item") if text.isascii() and text.isdigit() and len(text) < 19}
    result = request.POST.get("result", "")
    try:
        if not items:
            raise InstructionFieldRefused("item", _("请先勾选检查对象"))
        if result not in (*InstructionItem.Result.values, "clear"):
            raise InstructionFieldRefused("result", _("请选择结果"))
        count = workflow.record_results(
            instruction,
            by=request.user,
            items=items,
            result="" if result == "clear" else result,
            note=request.POST.get("note", ""),
        )
    except InstructionNotFound:
        raise
    except DomainError as refusal:
        return _items_or_page(request, instruction, refusal.message, "error", refusal.status)
    audit.record(request, "instruction.result", instruction.title, instruction=pk, result=result, count=count)
    return _items_or_page(request, instruction, _("已登记 %d 项") % count, "success")


@require_POST
@needs(workflow.ANSWER)
def case(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """立案 from an item of the user's own county."""
    return _case(request, pk, item_pk)


@require_POST
@needs(workflow.ISSUE)
def city_case(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """立案 from an item of the city's own list."""
    return _case(request, pk, item_pk)


def _case(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    instruction = selectors.get_instruction_for(request.user, pk)
    item = selectors.get_item_for(request.user, instruction, item_pk)
    item.instruction = instruction
    try:
        opened = workflow.open_case_from(item, by=request.user)
    except InstructionNotFound:
        raise
    except DomainError as refusal:
        return _items_or_page(request, instruction, refusal.message, "error", refusal.status)
    audit.record(request, "instruction.case", instruction.title, instruction=pk, case=opened.number)
    return _items_or_page(request, instruction, _("已立案 %s") % opened.number, "success")


def _items_or_page(
    request: HttpRequest, instruction: Instruction, text: str, kind: str, status: int = 200
) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        (messages.success if kind == "success" else messages.error)(request, text)
        address = redirect("instruction", pk=instruction.pk)
        if request.GET:
            address["Location"] += f"?{request.GET.urlencode()}"
        return address
    response = render(request, "instructions/_items.html", views.items_context(request, instruction), status=status)
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": kind}, "instruction-changed": True})
    return response


def _stale(request: HttpRequest, pk: int, refusal: DomainError) -> HttpResponse:
    """Somebody else was faster: how it stands now, and why the step was refused."""
    instruction = selectors.get_instruction_for(request.user, pk)
    return views.page(request, instruction, refused=refusal.message, status=refusal.status)


def _done(request: HttpRequest, instruction: Instruction, action: str, **detail: Any) -> HttpResponse:
    audit.record(request, action, instruction.title, instruction=instruction.pk, **detail)
    return redirect("instruction", pk=instruction.pk)
