"""The pages of one act on many cases (批量办理): what is to be filled in, and the report."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.cases import bulk
from datacenter.cases.errors import CaseNotFound, FieldRefused
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.states import TRANSITIONS, Verb
from datacenter.cases.verb_forms import FORMS


@require_POST
@needs("case.view")
def case_bulk(request: HttpRequest) -> HttpResponse:
    """First what the verb asks for, over the chosen cases; then, confirmed, the report."""
    verb = next((one for one in bulk.VERBS if one == request.POST.get("verb")), None)
    if verb is None:
        raise CaseNotFound(verb=request.POST.get("verb", ""))
    require(request.user, TRANSITIONS[verb].right)
    try:
        numbers = bulk.chosen(request.POST.getlist("number"))
    except FieldRefused as refusal:
        return render(request, "cases/bulk.html", {"verb": verb, "refusal": refusal.message}, status=refusal.status)
    cases = list(cases_visible_to(request.user).filter(number__in=numbers))
    if not cases:
        raise CaseNotFound(numbers=len(numbers))
    context = {"verb": verb, "numbers": numbers, "cases": cases, "gone": len(numbers) - len(cases)}
    if "confirmed" not in request.POST:
        return render(request, "cases/bulk.html", context | {"form": FORMS[Verb(verb)](case=cases[0])})
    form = FORMS[Verb(verb)](request.POST, case=cases[0])
    if not form.is_valid() and any(name in form.fields and name != "to" for name in form.errors):
        return render(request, "cases/bulk.html", context | {"form": form}, status=422)
    report = bulk.act_on_many(numbers, Verb(verb), request.user, request.POST)
    audit.record(
        request, f"case.bulk.{verb}", f"{len(report.done)} / {len(numbers)}",
        done=report.done, refused={one.number: one.why for one in report.refused},
    )  # fmt: skip
    return render(request, "cases/bulk_report.html", {"verb": verb, "report": report, "total": len(numbers)})
