"""The cases' pages (案件): the list, one case with what can be done to it, its files, the export."""

import json
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require_any
from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks, bulk, counts, export, listing, pictures
from datacenter.cases.errors import CaseNotFound, FieldRefused, NotYourLeg, TransitionRefused
from datacenter.cases.form_fields import VerbForm
from datacenter.cases.forms import CaseFilterForm
from datacenter.cases.models import Case, Dispatch
from datacenter.cases.selectors import (
    attachment_for,
    cases_visible_to,
    events_of,
    extensions_of,
    get_case_for,
    legs_of,
    supervisions_of,
)
from datacenter.cases.states import Verb, rights_for
from datacenter.cases.verb_forms import FORMS
from datacenter.cases.workflow import available_verbs
from datacenter.geo.models import County
from datacenter.registry.selectors import vehicles_visible_to


def _filters(request: HttpRequest) -> CaseFilterForm:
    counties = []
    if scope_of(request.user).level == "city":
        counties = list(County.objects.filter(valid_until=None).values_list("code", "name"))
    form = CaseFilterForm(request.GET, counties=counties, kinds=blocks.kinds())
    form.is_valid()
    return form


@require_GET
@needs("case.view")
def case_list(request: HttpRequest) -> HttpResponse:
    """案件列表. With htmx only the results are drawn again."""
    form = _filters(request)
    tab = request.GET.get("state", "")
    rows = listing.filtered(cases_visible_to(request.user), form.cleaned_data, vehicles_visible_to(request.user))
    plain = listing.filtered(counts.bare(request.user), form.cleaned_data, vehicles_visible_to(request.user))
    tabs = listing.tabs(request.user, plain, tab)
    page = listing.page_of(listing.in_tab(rows, tab, request.user), request.GET)
    context = {
        "form": form,
        "tabs": tabs,
        "tab": tab,
        "page": page,
        "bulk_verbs": bulk.verbs_for(request.user),
        "total": next((entry["count"] for entry in tabs if entry["current"]), ""),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    part = request.headers.get("HX-Target") == "case-results"
    response = render(request, "cases/_case_results.html" if part else "cases/case_list.html", context)
    response["Vary"] = "HX-Request, HX-Target"
    return response


@require_GET
@needs("case.view")
def case_export(request: HttpRequest) -> HttpResponse:
    """导出: what the list shows under its filters, as CSV or xlsx; written down with its size."""
    form = _filters(request)
    tab = request.GET.get("state", "")
    rows = listing.filtered(cases_visible_to(request.user), form.cleaned_data, vehicles_visible_to(request.user))
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    response, numbers = export.as_file(listing.in_tab(rows, tab, request.user), kind, request.user)
    wanted = {name: value for name, value in request.GET.items() if value}
    audit.record(request, "case.export", kind, rows=len(numbers), filters=wanted)
    audit.record_each(request, "case.exported", numbers)
    return response


@require_GET
@needs("case.view")
def case_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One case. Who looked at it is written down."""
    case = get_case_for(request.user, number)
    audit.record(request, "case.view", case.number)
    return render(request, "cases/case_detail.html", _context(request, case))


@require_POST
@needs("case.view")
def case_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One verb on one case. What was typed comes back with any refusal; without scripts the page is drawn whole."""
    case = get_case_for(request.user, number)
    if verb not in FORMS:
        raise CaseNotFound(number=number)
    require_any(request.user, rights_for(Verb(verb), case.origin))  # before what was typed is judged
    form = FORMS[Verb(verb)](request.POST, request.FILES, case=case)
    status = 200
    if form.is_valid():
        try:
            done = form.act(request.user)
        except FieldRefused as refusal:
            form.refuse(refusal)
            status = refusal.status
        except (TransitionRefused, NotYourLeg) as refusal:  # somebody else was faster: show how the case stands now
            form.add_error(None, refusal.message)
            case, status = get_case_for(request.user, number), refusal.status
        else:
            audit.record(request, f"case.{verb}", number)
            text = _("案件 %(number)s 已%(verb)s") % {"number": number, "verb": Verb(verb).label}
            return _after(request, done, text)
    else:
        status = 422
    audit.record(request, "case.view", number, refused=verb)  # what comes back shows the whole case
    context = _context(request, case, form)
    template = "cases/_case_body.html" if request.htmx else "cases/case_detail.html"
    return render(request, template, context, status=status)


@require_GET
@needs("case.view")
def case_attachment(request: HttpRequest, number: str, pk: int) -> HttpResponse | FileResponse:
    """A file of a case, as a small picture (``?size=thumb``) or whole; only pictures are shown in the page."""
    attachment = attachment_for(request.user, pk)
    if attachment.event.case.number != number:
        raise CaseNotFound(number=number)
    thumb = request.GET.get("size") == "thumb"
    tag = f'"{attachment.sha256[:32]}{"-thumb" if thumb else ""}"'
    if not thumb:  # a thumbnail is part of the page; one that the browser has already is looked at all the same
        audit.record(request, "case.attachment", number, sha256=attachment.sha256)
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    response = pictures.thumbnail(attachment) if thumb else pictures.original(attachment)
    response["ETag"] = tag
    return response


# What leads on comes first; then time and pressure; sending a case elsewhere, or back, is the exception.
_ORDER = (
    Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION, Verb.ANSWER_SUPERVISION, Verb.REVIEW_SUPERVISION,
    Verb.DISPATCH, Verb.ACCEPT, Verb.HANDLE, Verb.FEED_BACK, Verb.VERIFY, Verb.CLOSE, Verb.FILE,
    Verb.EXPLAIN, Verb.RETURN, Verb.ASK_EXTENSION, Verb.RESUME, Verb.URGE, Verb.SUPERVISE, Verb.GRADE, Verb.PAUSE,
    Verb.REDISPATCH, Verb.DECLINE, Verb.REOPEN,
)  # fmt: skip


def _after(request: HttpRequest, done: Case, text: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, text)
        return redirect("case-detail", number=done.number)
    response = render(request, "cases/_case_body.html", _context(request, get_case_for(request.user, done.number)))
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": "success"}})
    return response


def _context(request: HttpRequest, case: Case, filled: VerbForm | None = None) -> dict[str, Any]:
    """What a case's page shows; ``filled`` is the form that came back with errors."""
    verbs = available_verbs(case, request.user)
    forms = [filled if filled and filled.verb == verb else FORMS[verb](case=case) for verb in verbs if verb in FORMS]
    forms.sort(key=lambda form: _ORDER.index(form.verb))
    legs = legs_of(case)
    # A team that has the case must know whom it is about.
    ours = any(leg.part == Dispatch.Part.JOINT and leg.unit_id == request.user.unit_id for leg in legs)
    user = request.user
    return {
        "case": case,
        "legs": legs,
        "supervisions": supervisions_of(case),
        "extensions": extensions_of(case),
        "events": events_of(case)[::-1],  # the newest first: it says why the case stands where it does
        "blocks": blocks.blocks_of(case, request.user),
        "verb_forms": forms,
        "refused": filled if filled and filled.verb not in verbs else None,
        "whole_names": user.may("personal_data.unmask") or user.may("case.names") or ours,
    }
