"""Citizens' questions find their article: the measurement that the way of searching was chosen by, held as a floor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from complaints.knowledge.defaults import enter_articles
from complaints.knowledge.models import Article
from complaints.knowledge.search import ranked, search
from complaints.knowledge.terms import asked, terms

QUESTIONS = json.loads((Path(__file__).parents[2] / "data/knowledge/questions.json").read_text(encoding="utf-8"))


def test_terms_are_pairs_of_characters_single_ones_and_words() -> None:
    assert list(terms("打车 12328")) == ["打", "车", "打车", "12328"]
    assert list(terms("ＥＴＣ扣费")) == ["etc", "扣", "费", "扣费"]
    assert list(terms("我的")) == ["我的"]  # signs of grammar say nothing alone
    assert list(terms("😀！？ ' | & \\ \0")) == []
    assert len(asked("车" * 10_000)) == 2


@pytest.fixture
def articles(db: None) -> dict[int, str]:
    """The initial articles: their codes by id."""
    enter_articles()
    return dict(Article.objects.values_list("pk", "code"))


def test_questions_find_their_article(articles: dict[int, str]) -> None:
    assert len(articles) >= 25
    assert len(QUESTIONS["questions"]) >= 40
    assert {wanted for _, wanted in QUESTIONS["questions"]} <= set(articles.values())
    first = third = 0
    for question, wanted in QUESTIONS["questions"]:
        found = [articles[pk] for pk, _ in ranked(question, most=3)]
        first, third = first + (found[:1] == [wanted]), third + (wanted in found)
    number = len(QUESTIONS["questions"])
    assert first / number >= 0.70, "recall@1, docs/knowledge.md"
    assert third / number >= 0.87, "recall@3, docs/knowledge.md"


def test_a_search_is_narrowed_and_shows_the_line_that_answers(articles: dict[int, str]) -> None:
    (hit, *_) = search("油罐车泄漏打什么电话")
    assert hit.article.code == "hazmat-report"
    assert "119" in hit.extract
    assert {hit.article.category for hit in search("车", category="lost")} == {"lost"}
    assert {hit.article.industry for hit in search("投诉", industry="bus")} <= {"", "bus"}
    for nothing in ("", "  ", "😀😀", "' | & ! ( \\ : *", "\0"):
        assert search(nothing) == []


def test_the_initial_articles_name_a_source_and_confirm_none(articles: dict[int, str]) -> None:
    for article in Article.objects.select_related("published"):
        assert article.published is not None
        assert article.published.source, article.code
        assert not article.published.source_verified, article.code
    fare = Article.objects.select_related("published").get(code="taxi-fare").published
    assert fare is not None
    assert "没有查到" in fare.body
    assert enter_articles() == 0
