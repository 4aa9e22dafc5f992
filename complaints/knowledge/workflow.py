"""The verbs of the knowledge base (知识库办理): a version is saved, published, withdrawn; each is kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from complaints.knowledge.errors import ArticleChanged, ArticleNotFound, NothingPublished
from complaints.knowledge.models import Article, ArticleVersion
from complaints.knowledge.terms import terms
from datacenter.accounts import audit

Act, State = ArticleVersion.Act, Article.State


@dataclass(frozen=True, slots=True)
class Text:
    """What an editor wrote."""

    title: str
    body: str
    keywords: str = ""
    source: str = ""
    source_verified: bool = False
    note: str = ""


@transaction.atomic
def write(
    article: Article | None, text: Text, *, category: str, industry: str, publish: bool, by: Any, code: str = "",
    seen: int = 0,
) -> Article:  # fmt: skip
    """Save a version of an article, or of a new one; with ``publish`` readers see it from now on.

    ``seen`` is the number of the version that the editor began with. Raises ``ArticleChanged`` where another came
    between.
    """
    now = timezone.now()
    if article is None:
        article = Article.objects.create(code=code or f"a{now:%Y%m%d%H%M%S%f}", category=category, industry=industry)
        last = 0
    else:
        article = _locked(article.pk)
        last = article.latest.number if article.latest else 0
        if seen != last:
            raise ArticleChanged(article=article.pk, seen=seen, last=last)
    version = ArticleVersion.objects.create(
        article=article, number=last + 1, act=Act.PUBLISHED if publish else Act.DRAFT, by=by, at=now,
        title=text.title, keywords=text.keywords, body=text.body, source=text.source,
        source_verified=text.source_verified, note=text.note,
    )  # fmt: skip
    article.latest, article.changed_at, article.category, article.industry = version, now, category, industry
    if publish:
        article.published, article.state = version, State.PUBLISHED
    elif article.published is None:
        article.state = State.DRAFT
    article.save()
    if publish:
        _index(article, version)
    audit.record(None, f"knowledge.{version.act}", article.code, user=by, version=version.number)
    return article


@transaction.atomic
def withdraw(article: Article, *, note: str, by: Any) -> Article:
    """Take an article from readers; its versions stay, and the act is one of them. Raises ``NothingPublished``."""
    article = _locked(article.pk)
    shown = article.published
    if shown is None or article.latest is None:
        raise NothingPublished(article=article.pk)
    now = timezone.now()
    article.latest = ArticleVersion.objects.create(
        article=article, number=article.latest.number + 1, act=Act.WITHDRAWN, by=by, at=now, title=shown.title,
        keywords=shown.keywords, body=shown.body, source=shown.source, source_verified=shown.source_verified, note=note,
    )  # fmt: skip
    article.published, article.state, article.changed_at, article.terms = None, State.WITHDRAWN, now, None
    article.save()
    audit.record(None, "knowledge.withdrawn", article.code, user=by, version=article.latest.number)
    return article


def _locked(pk: int) -> Article:
    article = (
        Article.objects.select_for_update(of=("self",)).select_related("latest", "published").filter(pk=pk).first()
    )
    if article is None:
        raise ArticleNotFound(article=pk)
    return article


def _index(article: Article, version: ArticleVersion) -> None:
    """The terms of what readers see; title and usual words weigh more than the text."""
    head = " ".join(terms(f"{version.title} {version.keywords}"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE knowledge_article SET terms = setweight(to_tsvector('simple', %s), 'A')"
            " || setweight(to_tsvector('simple', %s), 'D') WHERE id = %s",
            [head, " ".join(terms(version.body)), article.pk],
        )
