"""The articles that a knowledge base can start with (初始条目); ``manage.py enter_knowledge`` enters them."""

from __future__ import annotations

from complaints.knowledge import workflow
from complaints.knowledge.initial import ARTICLES
from complaints.knowledge.models import Article


def enter_articles() -> int:
    """Enter those of the list that are missing, published, their sources unconfirmed; how many were."""
    there = set(Article.objects.values_list("code", flat=True))
    missing = [entry for entry in ARTICLES if entry.code not in there]
    for entry in missing:
        text = workflow.Text(entry.title, entry.body, entry.keywords, entry.source, note="初始条目")
        workflow.write(
            None, text, category=entry.category, industry=entry.industry, publish=True, by=None, code=entry.code
        )  # fmt: skip
    return len(missing)
