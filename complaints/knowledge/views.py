"""Pages of the knowledge base (知识库): search as one types, an article with its versions, writing with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.knowledge import selectors, workflow
from complaints.knowledge.errors import ArticleChanged
from complaints.knowledge.forms import ArticleForm, SearchForm
from complaints.knowledge.models import Article
from complaints.knowledge.rendering import paragraphs
from complaints.knowledge.search import search
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of

_BESIDE_CONSOLE = 5


@require_safe
@never_cache
@needs("knowledge.view")
def knowledge(request: HttpRequest) -> HttpResponse:
    """知识库: what fits the question, else all, the newest first. With htmx only the results are drawn again."""
    form = SearchForm(request.GET, editor=request.user.may("knowledge.change"))
    wanted = form.wanted()
    rows = selectors.articles_visible_to(request.user)
    context: dict[str, Any] = {"form": form, "wanted": wanted, "may_change": request.user.may("knowledge.change")}
    if wanted["q"] and wanted["state"] in ("", Article.State.PUBLISHED):
        context["hits"] = search(wanted["q"], category=wanted["category"], industry=wanted["industry"])
    else:
        for name in ("category", "industry", "state"):
            if wanted[name]:
                rows = rows.filter(**{name: wanted[name]})
        context["page"] = page = page_of(rows, request.GET, "changed_at")
        context["lines"] = [(row, row.latest if context["may_change"] else row.published) for row in page.rows]
    part = request.headers.get("HX-Target") == "knowledge-results"
    response = render(
        request, "complaints/knowledge/_results.html" if part else "complaints/knowledge/knowledge.html", context
    )
    response["Vary"] = "HX-Request, HX-Target"
    return response


@require_safe
@never_cache
@needs("knowledge.view")
def knowledge_search(request: HttpRequest) -> HttpResponse:
    """A fragment for the console: the five that fit what is typed (``q``), each opening to its text."""
    words = request.GET.get("q", "").replace("\0", "")[:200]
    industry = request.GET.get("industry", "").replace("\0", "")[:12]
    hits = search(words, industry=industry, most=_BESIDE_CONSOLE)
    return render(request, "complaints/knowledge/_beside.html", {"hits": hits, "q": words})


@require_safe
@never_cache
@needs("knowledge.view")
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """One article; ``version`` shows another one and what it changed."""
    row = selectors.get_article_for(request.user, pk)
    versions = selectors.versions_of(request.user, row)
    numbers = {str(version.number): place for place, version in enumerate(versions)}
    shown = next((version for version in versions if version.pk == row.published_id), versions[0])
    chosen = versions[numbers[request.GET["version"]]] if request.GET.get("version", "") in numbers else None
    before = None
    if chosen is not None:
        place = numbers[str(chosen.number)]
        before = versions[place + 1] if place + 1 < len(versions) else None
    context = {
        "article": row, "version": chosen or shown, "chosen": chosen, "before": before, "versions": versions,
        "diff": selectors.compared(before, chosen) if chosen else [],
        "paragraphs": paragraphs((chosen or shown).body), "may_change": request.user.may("knowledge.change"),
    }  # fmt: skip
    return render(request, "complaints/knowledge/article.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs("knowledge.change")
def edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Write a version of an article, or a new one (``pk`` 0). What was typed comes back with a refusal."""
    row = selectors.get_article_for(request.user, pk) if pk else None
    form = ArticleForm(request.POST) if request.method == "POST" else ArticleForm(initial=_initial(row))
    status = 200
    if form.is_bound and form.is_valid():
        publish = request.POST.get("act") == "publish"
        try:
            saved = workflow.write(
                row, form.text(), category=form.cleaned_data["category"], industry=form.cleaned_data["industry"],
                publish=publish, by=request.user, seen=form.cleaned_data["seen"] or 0,
            )  # fmt: skip
        except ArticleChanged as refusal:
            form.add_error(None, refusal.message)
            status = refusal.status
        else:
            messages.success(request, _("已发布") if publish else _("草稿已保存，读者仍看到上一发布版本"))
            return redirect("knowledge-article", saved.pk)
    elif form.is_bound:
        status = 422
    context = {"form": form, "article": row, "paragraphs": paragraphs(str(form["body"].value() or ""))}
    return render(request, "complaints/knowledge/edit.html", context, status=status)


def _initial(row: Article | None) -> dict[str, Any]:
    if row is None or row.latest is None:
        return {"seen": 0}
    names = ("title", "keywords", "body", "source", "source_verified")
    kept = {name: getattr(row.latest, name) for name in names}
    return {**kept, "category": row.category, "industry": row.industry, "seen": row.latest.number}


@needs("knowledge.change")
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The typed text as readers will see it; nothing is kept."""
    body = request.POST.get("body", "")[:8000]
    return render(request, "complaints/knowledge/_text.html", {"paragraphs": paragraphs(body)})


@needs("knowledge.change")
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an article from readers."""
    row = selectors.get_article_for(request.user, pk)
    workflow.withdraw(row, note=request.POST.get("note", "")[:200], by=request.user)
    messages.success(request, _("已撤下，读者不再看到"))
    return redirect("knowledge-article", pk)
