"""Reads of the knowledge base (知识库查询): readers see what is published, editors the rest too."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from complaints.knowledge.errors import ArticleNotFound
from complaints.knowledge.models import Article, ArticleVersion
from datacenter.accounts.scope import scope_of


def articles_visible_to(user: Any) -> QuerySet[Article]:
    """Articles that the user may read, the newest first."""
    rows = (
        Article.objects.defer("terms")
        .select_related("published", "published__by", "latest", "latest__by")
        .order_by("-changed_at", "-pk")
    )
    if scope_of(user).level == "none" or not user.may("knowledge.view"):
        return rows.none()
    return rows if user.may("knowledge.change") else rows.filter(published__isnull=False)


def get_article_for(user: Any, pk: int) -> Article:
    """The article if the user may read it; raises ``ArticleNotFound``."""
    article = articles_visible_to(user).filter(pk=pk).first() if pk < 2**63 else None
    if article is None:
        raise ArticleNotFound(article=pk)
    return article


def versions_of(user: Any, article: Article) -> list[ArticleVersion]:
    """All versions, the newest first; readers see those that were published."""
    rows = ArticleVersion.objects.filter(article=article).select_related("by").order_by("-number")
    return list(rows if user.may("knowledge.change") else rows.filter(act=ArticleVersion.Act.PUBLISHED))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison: ``sign`` is + for new, - for gone, a blank for unchanged."""

    sign: str
    text: str


def compared(before: ArticleVersion | None, after: ArticleVersion) -> list[Line]:
    """What became another between two versions, line by line, with title, keywords and source."""
    old = _lines(before) if before else []
    told = difflib.ndiff(old, _lines(after))
    return [Line(line[0], line[2:]) for line in told if line[0] in "+- "]


def _lines(version: ArticleVersion) -> list[str]:
    return [
        f"标题：{version.title}",
        f"常见问法：{version.keywords}",
        f"依据：{version.source}（{'已核实' if version.source_verified else '未核实'}）",
        *version.body.splitlines(),
    ]
