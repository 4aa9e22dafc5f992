"""Articles are written, published, changed and withdrawn; readers see what is published, and every version stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.knowledge import workflow
from complaints.knowledge.models import Article, ArticleVersion
from complaints.knowledge.search import search
from complaints.knowledge.workflow import Text
from datacenter.accounts.models import AuditRecord, User

pytestmark = pytest.mark.django_db
FORM = {
    "title": "夜间打车加价",
    "category": "fare",
    "industry": "taxi",
    "keywords": "半夜",
    "body": "甲\n乙",
    "seen": "0",
}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def article(hotline_operator: User) -> Article:
    text = Text("夜间打车加价", "夜间附加费没有查到文件。\n- 以计价器为准", "半夜 加钱", "待核实")
    return workflow.write(None, text, category="fare", industry="taxi", publish=True, by=hotline_operator)


def test_an_operator_writes_an_article_and_readers_find_it(hotline_operator: User, dawa_officer: User) -> None:
    editor, reader = signed_in(hotline_operator), signed_in(dawa_officer)
    editor.post(reverse("knowledge-new"), {**FORM, "act": "draft"})
    row = Article.objects.get()
    assert (row.state, search("半夜打车")) == ("draft", [])
    assert reader.get(reverse("knowledge-article", args=[row.pk])).status_code == 404
    editor.post(reverse("knowledge-edit", args=[row.pk]), {**FORM, "seen": "1", "act": "publish"})
    assert [hit.article.pk for hit in search("半夜打车")] == [row.pk]
    assert "甲" in reader.get(reverse("knowledge-article", args=[row.pk])).content.decode()
    assert reader.get(reverse("knowledge-edit", args=[row.pk])).status_code == 403


def test_a_draft_changes_nothing_for_readers(article: Article, hotline_operator: User, dawa_officer: User) -> None:
    text = Text("夜间打车加价", "新的说法", "凌晨")
    workflow.write(article, text, category="fare", industry="taxi", publish=False, by=hotline_operator, seen=1)
    page = signed_in(dawa_officer).get(reverse("knowledge-article", args=[article.pk])).content.decode()
    assert "没有查到文件" in page
    assert "新的说法" not in page
    assert search("凌晨") == []
    asked = signed_in(dawa_officer).get(reverse("knowledge-article", args=[article.pk]), {"version": "2"})
    assert "新的说法" not in asked.content.decode()


def test_a_list_shows_readers_what_is_published_and_editors_the_draft(
    article: Article, hotline_operator: User, dawa_officer: User
) -> None:
    text = Text("未定的标题", "新的说法", "凌晨", "未定的依据")
    workflow.write(article, text, category="fare", industry="taxi", publish=False, by=hotline_operator, seen=1)
    page = signed_in(dawa_officer).get(reverse("knowledge")).content.decode()
    assert "夜间打车加价" in page
    assert not [word for word in ("未定的标题", "未定的依据", "有新草稿") if word in page]
    assert (
        "有新草稿" not in signed_in(dawa_officer).get(reverse("knowledge-article", args=[article.pk])).content.decode()
    )
    editors = signed_in(hotline_operator).get(reverse("knowledge")).content.decode()
    assert "未定的标题" in editors
    assert "有新草稿" in editors


def test_two_editors_do_not_write_over_one_another(article: Article, hotline_operator: User) -> None:
    client = signed_in(hotline_operator)
    address = reverse("knowledge-edit", args=[article.pk])
    assert client.post(address, {**FORM, "seen": "1", "act": "publish"}).status_code == 302
    late = client.post(address, {**FORM, "seen": "1", "body": "我写的", "act": "publish"})
    assert late.status_code == 409
    assert "我写的" in late.content.decode()
    assert ArticleVersion.objects.count() == 2


def test_versions_show_what_changed_and_are_never_rewritten(article: Article, hotline_operator: User) -> None:
    text = Text("夜间打车加价", "以计价器为准\n新的一行", "半夜", "待核实", note="补充")
    workflow.write(article, text, category="fare", industry="taxi", publish=True, by=hotline_operator, seen=1)
    page = signed_in(hotline_operator).get(reverse("knowledge-article", args=[article.pk]), {"version": "2"})
    signs = {line.text: line.sign for line in page.context["diff"]}
    assert signs["新的一行"] == "+"
    assert signs["夜间附加费没有查到文件。"] == "-"
    assert signs["标题：夜间打车加价"] == " "
    for change in ("UPDATE knowledge_version SET title = 'x'", "DELETE FROM knowledge_version"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_a_withdrawn_article_is_found_no_more_and_its_versions_stay(
    article: Article, hotline_operator: User, dawa_officer: User
) -> None:
    client = signed_in(hotline_operator)
    client.post(reverse("knowledge-withdraw", args=[article.pk]), {"note": "过时"})
    assert search("半夜打车") == []
    assert signed_in(dawa_officer).get(reverse("knowledge-article", args=[article.pk])).status_code == 404
    assert "过时" in client.get(reverse("knowledge-article", args=[article.pk])).content.decode()
    assert client.post(reverse("knowledge-withdraw", args=[article.pk])).status_code == 409
    assert AuditRecord.objects.filter(action__startswith="knowledge.withdraw").count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [({"title": ""}, "title"), ({"body": ""}, "body"), ({"body": "长" * 9000}, "body"), ({"category": "x"}, "category"),
     ({"source_verified": "on", "source": ""}, "source")],
)  # fmt: skip
def test_a_wrong_field_is_named_beside_it(hotline_operator: User, change: dict[str, Any], field: str) -> None:
    answer = signed_in(hotline_operator).post(reverse("knowledge-new"), {**FORM, **change, "act": "publish"})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Article.objects.exists()


def test_the_preview_escapes_what_was_typed(hotline_operator: User) -> None:
    body = {"body": "<script>x</script>\n\n- 甲\n- 乙"}
    page = signed_in(hotline_operator).post(reverse("knowledge-preview"), body).content.decode()
    assert "<script>" not in page
    assert "<li>甲</li><li>乙</li>" in page


def test_the_console_gets_a_fragment(article: Article, hotline_operator: User) -> None:
    client = signed_in(hotline_operator)
    page = client.get(reverse("knowledge-search"), {"q": "半夜打车加钱吗"}).content.decode()
    assert "夜间打车加价" in page
    assert "<html" not in page
    assert "没有相符的条目" in client.get(reverse("knowledge-search"), {"q": "zzz"}).content.decode()
    for query in ({"q": "\0"}, {"q": "打车", "industry": "\0"}):
        assert client.get(reverse("knowledge-search"), query).status_code == 200


def test_a_search_as_typed_draws_the_results_alone_with_few_queries(article: Article, hotline_operator: User) -> None:
    client, htmx = signed_in(hotline_operator), {"HX-Request": "true", "HX-Target": "knowledge-results"}
    for number in range(3):
        text = Text(f"打车问题 {number}", "内容", "打车")
        workflow.write(None, text, category="fare", industry="", publish=True, by=hotline_operator, code=f"t{number}")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("knowledge"), {"q": "打车"}, headers=htmx)
    few = len(queries)
    assert "<html" not in page.content.decode()
    for number in range(3, 15):
        text = Text(f"打车问题 {number}", "内容", "打车")
        workflow.write(None, text, category="fare", industry="", publish=True, by=hotline_operator, code=f"t{number}")
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("knowledge"), {"q": "打车"}, headers=htmx)
    assert len(queries) == few
