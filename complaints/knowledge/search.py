"""Finds articles by a question (检索): any of its terms, ranked by how many of them an article says and where."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from complaints.knowledge.models import Article
from complaints.knowledge.terms import asked

MOST = 20
WORTH = 0.35
"""What a hit must have of the best one's score to be shown: one shared character is no answer."""
# 1: divided by the logarithm of the article's length. What was tried beside this stands in docs/knowledge.md.
_SEARCH = """
SELECT a.id, ts_rank(a.terms, q.q, 1) AS score
FROM knowledge_article a, to_tsquery('simple', %s) q
WHERE a.terms @@ q.q AND (%s = '' OR a.category = %s) AND (%s = '' OR a.industry IN ('', %s))
ORDER BY score DESC, a.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that answers, perhaps; the higher the score the likelier. ``extract`` is the line to show."""

    article: Article
    score: float
    extract: str


def ranked(question: str, *, category: str = "", industry: str = "", most: int = MOST) -> list[tuple[int, float]]:
    """(article, score) of what is published, the best first; none for a question without a term."""
    wanted = asked(question)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH, [question_of(wanted), category, category, industry, industry, most])
        return [(int(pk), float(score)) for pk, score in cursor.fetchall()]


def question_of(wanted: list[str]) -> str:
    """Terms as PostgreSQL asks for any of them; they are letters, figures and characters alone."""
    return " | ".join(f"'{term}'" for term in wanted)


def search(question: str, *, category: str = "", industry: str = "", most: int = MOST) -> list[Hit]:
    """What is published and fits the question, the best first. Two queries."""
    found = ranked(question, category=category, industry=industry, most=most)
    rows = Article.objects.defer("terms").select_related("published").in_bulk([pk for pk, _ in found])
    wanted = set(asked(question))
    least = WORTH * found[0][1] if found else 0.0
    return [Hit(rows[pk], score, _extract(rows[pk], wanted)) for pk, score in found if pk in rows and score >= least]


def _extract(article: Article, wanted: set[str]) -> str:
    """The line of the text that says most of what was asked; the first where none does."""
    body: str = article.published.body if article.published else ""
    lines = [line for line in body.splitlines() if line.strip()]
    return max(lines, key=lambda line: sum(term in line for term in wanted), default="")
