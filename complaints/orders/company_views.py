"""A company's narrow view (企业核实): what it was asked, and its answer; never who complained."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from complaints.orders import selectors, workflow
from complaints.orders.errors import FieldRefused, OrderRefused, RequestNotFound
from complaints.orders.forms import CompanyAnswerForm
from complaints.orders.models import CompanyRequest
from complaints.orders.pictures import send
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of


@require_safe
@needs("complaint.answer")
def request_list(request: HttpRequest) -> HttpResponse:
    """投诉核实: what this company was asked, newest first."""
    rows = selectors.requests_visible_to(request.user)
    state = request.GET.get("state", "")
    if state in CompanyRequest.State.values:
        rows = rows.filter(state=state)
    context = {
        "page": page_of(rows, request.GET, "asked_at"),
        "tabs": [{"value": "", "label": _("全部")},
                 *({"value": value, "label": label} for value, label in CompanyRequest.State.choices)],
        "tab": state,
    }  # fmt: skip
    return render(request, "complaints/orders/requests.html", context)


@never_cache
@needs("complaint.answer")
def request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One question, and its answer when it is posted."""
    asked = selectors.get_request_for(request.user, pk)
    form = CompanyAnswerForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                workflow.answer_request(
                    asked, by=request.user, answer=form.cleaned_data["answer"], photos=form.photos_given()
                )
            except FieldRefused as refusal:
                form.refuse(refusal)
            except OrderRefused as refusal:
                form.add_error(None, refusal.message)
                asked, status = selectors.get_request_for(request.user, pk), refusal.status
            else:
                audit.record(request, "complaint.company_answer", asked.number)
                messages.success(request, _("工单 %(number)s 已答复") % {"number": asked.number})
                return redirect("complaint-request", pk=pk)
    audit.record(request, "complaint.company_view", asked.number)
    context = {"asked": asked, "form": form, "files": asked.files.all()}
    return render(request, "complaints/orders/request.html", context, status=status)


@require_GET
@needs("complaint.answer")
def request_file(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """A picture of the company's own answer."""
    asked = selectors.get_request_for(request.user, pk)
    found = asked.files.filter(pk=file).first()
    if found is None:
        raise RequestNotFound(pk=pk)
    audit.record(request, "complaint.file", asked.number, sha256=found.sha256)
    return send(found, thumb=request.GET.get("size") == "thumb")
