"""The ways of searching Chinese side by side (``docs/knowledge.md``): recall over the labelled questions, and time."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from complaints.knowledge.defaults import enter_articles
from complaints.knowledge.models import Article
from complaints.knowledge.search import ranked
from complaints.knowledge.terms import asked, terms

pytestmark = pytest.mark.long
QUESTIONS = json.loads((Path(__file__).parents[2] / "data/knowledge/questions.json").read_text(encoding="utf-8"))
MOST = 3
OURS = "tsvector of pairs, ts_rank over length (ours)"
Method = Callable[[str], list[int]]


def rows(sql: str, *parameters: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [pk for (pk,) in cursor.fetchall()]


def by_trigrams(order: str) -> Method:
    """pg_trgm over title, usual words and text; ``order`` is its expression of likeness."""
    return lambda question: rows(f"SELECT pk FROM try_text ORDER BY {order} DESC, pk LIMIT {MOST}", question)


def by_vector(column: str, cut: Callable[[str], list[str]], rank: str) -> Method:
    """tsvector of the terms that ``cut`` makes, any of them, by PostgreSQL's own rank."""

    def found(question: str) -> list[int]:
        words = " | ".join(f"'{word}'" for word in dict.fromkeys(cut(question)) if word.isalnum())
        if not words:
            return []
        return rows(
            f"SELECT pk FROM try_text, to_tsquery('simple', %s) q WHERE {column} @@ q"
            f" ORDER BY {rank}({column}, q) DESC, pk LIMIT {MOST}",
            words,
        )

    return found


def by_bm25(cut: Callable[[str], list[str]]) -> Method:
    """BM25 in memory, title and usual words three times."""
    texts = {
        article.pk: f"{article.published.title} {article.published.keywords} " * 3 + article.published.body
        for article in Article.objects.select_related("published")
        if article.published
    }
    counted = {pk: Counter(cut_all(cut, text)) for pk, text in texts.items()}
    usual = sum(map(len, texts.values())) / len(texts)
    said_by = Counter(term for terms_of in counted.values() for term in terms_of)

    def score(pk: int, question: list[str]) -> float:
        pressed = 1.2 * (0.4 + 0.6 * len(texts[pk]) / usual)
        return sum(
            math.log(1 + (len(texts) - said_by[term] + 0.5) / (said_by[term] + 0.5))
            * counted[pk][term] * 2.2 / (counted[pk][term] + pressed)
            for term in question
        )  # fmt: skip

    return lambda question: sorted(texts, key=lambda pk: (-score(pk, list(dict.fromkeys(cut(question)))), pk))[:MOST]


def cut_all(cut: Callable[[str], list[str]], text: str) -> list[str]:
    """The terms of a long text; questions are cut short."""
    return list(terms(text)) if cut is asked else cut(text)


def filled(cutters: dict[str, Callable[[str], list[str]]]) -> None:
    """A table of what is published, with a vector for each cutter: title and usual words weigh more (A) than text."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        columns = ", ".join(f"{name} tsvector" for name in cutters)
        cursor.execute(f"CREATE TEMP TABLE try_text (pk bigint, head text, words text, {columns}) ON COMMIT DROP")
        for article in Article.objects.select_related("published"):
            version = article.published
            assert version is not None
            head, body = f"{version.title} {version.keywords}", version.body
            vectors = [" ".join(cut(text)) for cut in cutters.values() for text in (head, body)]
            made = ", ".join(
                "setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'D')"
                for _ in cutters
            )
            cursor.execute(
                f"INSERT INTO try_text VALUES (%s, %s, %s, {made})", [article.pk, head, f"{head} {body}", *vectors]
            )


def figures(method: Method, codes: dict[int, str]) -> dict[str, float]:
    """Recall and milliseconds of a method over all questions."""
    first = third = 0
    started = time.perf_counter()
    for question, wanted in QUESTIONS["questions"]:
        found = [codes[pk] for pk in method(question)]
        first, third = first + (found[:1] == [wanted]), third + (wanted in found[:MOST])
    number = len(QUESTIONS["questions"])
    took = (time.perf_counter() - started) * 1000 / number
    return {"recall@1": round(first / number, 3), "recall@3": round(third / number, 3), "ms": round(took, 2)}


def test_our_terms_do_no_worse_than_trigrams_and_a_dictionary(db: None) -> None:
    rjieba = pytest.importorskip("rjieba")

    def by_dictionary(text: str) -> list[str]:
        return [word for word in rjieba.cut_for_search(text) if word.isalnum()]

    enter_articles()
    codes = dict(Article.objects.values_list("pk", "code"))
    filled({"pairs": lambda text: list(terms(text)), "dictionary": by_dictionary})
    methods: dict[str, Method] = {
        "pg_trgm similarity of title and usual words": by_trigrams("similarity(head, %s)"),
        "pg_trgm similarity": by_trigrams("similarity(words, %s)"),
        "pg_trgm word_similarity": by_trigrams("word_similarity(%s, words)"),
        "tsvector of rjieba, ts_rank": by_vector("dictionary", by_dictionary, "ts_rank"),
        "tsvector of rjieba, ts_rank_cd": by_vector("dictionary", by_dictionary, "ts_rank_cd"),
        "tsvector of pairs, ts_rank": by_vector("pairs", asked, "ts_rank"),
        "BM25 of rjieba": by_bm25(by_dictionary),
        "BM25 of pairs": by_bm25(asked),
        OURS: lambda question: [pk for pk, _ in ranked(question, most=MOST)],
    }
    told = {name: figures(method, codes) for name, method in methods.items()}
    for name, line in told.items():
        print(json.dumps({"method": name, **line}, ensure_ascii=False))
    assert told[OURS]["recall@3"] == max(line["recall@3"] for line in told.values())
