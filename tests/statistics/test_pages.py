"""The page of statistics: every figure leads to as many rows as it says, in a constant number of queries."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from datacenter.accounts.models import AuditRecord, User
from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks, counts, listing, workflow
from datacenter.cases.forms import CaseFilterForm
from datacenter.cases.models import Case
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.statistics.folding import fold
from datacenter.statistics.page import Page
from tests import factories
from tests.statistics.test_folding import KINDS, open_one

pytestmark = pytest.mark.django_db
CELL = "8830262983fffff"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def history(city_officer: User, dawa_officer: User, panshan_officer: User) -> None:
    """Cases of two counties and three kinds in every state of the loop, over the last weeks."""
    officers = {factories.DAWA: dawa_officer, factories.PANSHAN: panshan_officer}
    for number in range(24):
        county = (factories.DAWA, factories.PANSHAN, None)[number % 3 if number % 7 else 2]
        case = open_one(number * 2, county, KINDS[number % 3], ("finding", "screening")[number % 2])
        if county is None:
            continue
        officer, far = officers[county], number % 8
        if far > 0:
            case = workflow.accept_case(case, by=officer)
        if far > 1:
            case = workflow.handle_case(case, by=officer, note="办")
        if far > 2:
            outcome = ("substantiated", "unfounded")[number % 2]
            case = workflow.feed_back_case(case, by=officer, result="果", outcome=outcome)
        if far == 4:
            workflow.return_case(case, by=city_officer, reason="退")
        if far > 4:
            case = workflow.verify_case(case, by=city_officer)
        if far > 5:
            case = workflow.close_case(case, by=city_officer)
        if far > 6:
            workflow.file_case(case, by=city_officer)
    while fold():
        pass


PERIODS = ({}, {"since": "2020-01-01"}, {"until": f"{timezone.localdate() - timedelta(days=20)}"})


def rows_behind(href: str, user: User) -> int:
    """How many rows the case list has at an address, by the list's own form and filters."""
    query = QueryDict(href.partition("?")[2])
    counties = list(factories.DISTRICTS.items()) if scope_of(user).level == "city" else []
    form = CaseFilterForm(query, counties=counties, kinds=blocks.kinds())
    assert form.is_valid(), (href, form.errors)
    assert set(query) <= {*form.fields, "state"}, href
    rows = listing.filtered(counts.bare(user), form.cleaned_data, vehicles_visible_to(user))
    return listing.in_tab(rows, query.get("state", ""), user).count()


@pytest.mark.parametrize("who", ["city_officer", "dawa_officer"])
def test_every_number_leads_to_as_many_rows(history: None, who: str, request: pytest.FixtureRequest) -> None:
    user = request.getfixturevalue(who)
    checked: dict[str, int] = {}
    for period in PERIODS:
        page = Page(user, _query(period))
        for name, make in page.makers.items():
            for row in [*(table := make()).rows, table.foot]:
                for cell in row:
                    if cell.kind == "number" and cell.href and (name != "trend" or cell.value):
                        if cell.href in checked:
                            assert checked[cell.href] == cell.value, (name, cell)
                        elif name != "hours" or cell.value or cell.hint.endswith(" 3:00"):
                            checked[cell.href] = cell.value
    assert len(checked) > 80
    wrong = {href: (number, behind) for href, number in checked.items()
             if (behind := rows_behind(href, user)) != number}  # fmt: skip
    assert not wrong


@pytest.mark.parametrize("more", [{"leg": "late"}, {"stage": "open", "cell": CELL}, {"hour": "3", "weekday": "2"}])
def test_the_list_shows_what_narrows_it_and_lets_it_be_taken_away(
    history: None, city_officer: User, dawa_officer: User, more: dict[str, str]
) -> None:
    query = {"officer": str(dawa_officer.pk), "origin": "finding", "sent_back": "yes", **more}
    content = signed_in(city_officer).get("/cases/", query).content.decode()
    for name in query:
        assert f'name="{name}"' in content
    assert 'name="leg"' not in signed_in(city_officer).get("/cases/").content.decode()
    for wrong in ({"officer": "x"}, {"officer": "0"}, {"cell": "8830262983ffff0"}, {"hour": "24"}, {"stage": "x"}):
        assert 'class="errors"' in signed_in(city_officer).get("/cases/", wrong).content.decode(), wrong


def _query(parameters: dict[str, str]) -> Any:
    query = QueryDict(mutable=True)
    query.update(parameters)
    return query


def test_the_page_shows_all_figures_and_each_links_to_its_sheet(history: None, city_officer: User) -> None:
    content = signed_in(city_officer).get("/statistics/", {"since": "2020-01-01"}).content.decode()
    for title in (
        "办理漏斗",
        "趋势",
        "案龄",
        "按县区",
        "发生地点",
        "发生时段",
        "按承办人",
        "按事由",
        "按行业",
        "按来源",
    ):
        assert title in content
    assert "大洼区" in content
    assert content.count("/statistics/export/?since=2020-01-01&amp;figure=") >= 9


def test_the_number_of_queries_is_constant(history: None, city_officer: User) -> None:
    client = signed_in(city_officer)
    counts = []
    client.get("/statistics/")
    for query in (
        {"since": f"{timezone.localdate()}"},
        {"since": "2020-01-01"},
        {"since": "2020-01-01", "grain": "month"},
    ):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/statistics/", query).status_code == 200
        counts.append(len(queries))
    assert len(set(counts)) == 1
    assert counts[0] <= 20


def test_every_figure_is_a_sheet_and_says_what_the_page_says(history: None, city_officer: User) -> None:
    client = signed_in(city_officer)
    page = Page(city_officer, _query({"since": "2020-01-01"}))
    whole = client.get("/statistics/export/", {"since": "2020-01-01"})
    book = load_workbook(io.BytesIO(whole.content))
    assert len(book.sheetnames) == len(page.makers) + 1
    for name, make in page.makers.items():
        table = make()
        single = client.get("/statistics/export/", {"since": "2020-01-01", "figure": name})
        sheet = load_workbook(io.BytesIO(single.content))[table.title]
        lines = list(sheet.iter_rows(values_only=True))
        assert list(lines[0]) == table.head
        shown = [*table.rows, *([table.foot] if table.foot else [])]
        assert len(lines) == len(shown) + 1
        for line, row in zip(lines[1:], shown, strict=True):
            for value, cell in zip(line, row, strict=True):
                wanted = cell.value or 0
                assert (value or 0) == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
    assert AuditRecord.objects.filter(action="statistics.export").count() == len(page.makers) + 1
    assert client.get("/statistics/export/", {"figure": "nothing"}).status_code == 404


def test_cells_are_sent_with_their_corners(history: None, city_officer: User, dawa_officer: User) -> None:
    answer = signed_in(city_officer).get("/statistics/places/", {"since": "2020-01-01"}).json()
    assert sum(cell[1] for cell in answer["cells"]) == Case.objects.count()
    assert all(len(cell[4]) in (10, 12) for cell in answer["cells"])
    mine = signed_in(dawa_officer).get("/statistics/places/", {"since": "2020-01-01"}).json()
    assert sum(cell[1] for cell in mine["cells"]) == Case.objects.filter(county_id=factories.DAWA).count()
    counties = signed_in(dawa_officer).get("/statistics/counties/").json()
    assert len(counties["features"]) == 4


def test_who_may_not_gets_no_figures(safety_officer: User, enforcement_officer: User, approver: User) -> None:
    for user, status in ((safety_officer, 403), (enforcement_officer, 403), (approver, 200)):
        assert signed_in(user).get("/statistics/").status_code == status


@pytest.mark.parametrize(
    "query",
    [{"since": "x"}, {"since": "2026-02-02", "until": "2026-01-01"}, {"since": "1900-01-01"}, {"county": "999999"},
     {"kind": "nothing"}, {"grain": "hour"}, {"since": "2001-01-01", "until": "2030-01-01"}, {"until": "9999-12-31"}],
)  # fmt: skip
def test_what_cannot_be_read_is_told_and_the_default_taken(city_officer: User, query: dict[str, str]) -> None:
    answer = signed_in(city_officer).get("/statistics/", query)
    assert answer.status_code == 200
    assert 'class="errors' in answer.content.decode() or query.get("until") == "9999-12-31"


def test_a_county_cannot_ask_for_another(history: None, dawa_officer: User) -> None:
    content = signed_in(dawa_officer).get("/statistics/", {"since": "2020-01-01", "county": factories.PANSHAN})
    page = Page(dawa_officer, _query({"since": "2020-01-01", "county": factories.PANSHAN}))
    assert page.cases.whole["total"] == Case.objects.filter(county_id=factories.DAWA).count()
    assert "盘山" not in content.content.decode()
