"""What other packages put on a vehicle's drawer and page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines
from django.test import Client
from django.urls import reverse

from datacenter.accounts.models import User
from datacenter.registry import sections
from datacenter.registry.models import Vehicle
from datacenter.registry.sections import VehicleSection, register_vehicle_section
from tests.factories import DAWA, PANSHAN, make_vehicle

pytestmark = pytest.mark.django_db
TEMPLATE = "registry/_test_section.html"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[None]:
    """An empty catalogue, and a template that shows what a section may use."""
    kept = dict(sections._sections)
    sections._sections.clear()
    (tmp_path / "registry").mkdir()
    (tmp_path / TEMPLATE).write_text(
        "{{ place }}:{{ section.word }}:{{ vehicle.plate }}{% if 'vehicle.view' in rights %}:may{% endif %}"
    )
    loaders = engines["django"].engine.template_loaders
    folders = [loader for outer in loaders for loader in getattr(outer, "loaders", [outer]) if hasattr(loader, "dirs")]
    folders[0].dirs = [*folders[0].get_dirs(), tmp_path]
    yield
    folders[0].dirs = None
    sections._sections.clear()
    sections._sections.update(kept)


def put(name: str, order: int, **facts: object) -> None:
    told = {"context": lambda user, vehicle: {"word": f"word-{name}"}, **facts}
    register_vehicle_section(VehicleSection(name, f"title-{name}", order, TEMPLATE, **told))  # type: ignore[arg-type]


def test_sections_stand_in_their_order_on_drawer_and_page(client: Client, dawa_officer: User, door: None) -> None:
    vehicle = make_vehicle()
    put("late", 20)
    put("early", 10)
    client.force_login(dawa_officer)
    for address, place in (("vehicle-drawer", "drawer"), ("vehicle-detail", "page")):
        page = client.get(reverse(address, args=[vehicle.pk])).content.decode()
        assert f"{place}:word-early:{vehicle.plate}:may" in page
        assert page.index("title-early") < page.index("title-late")


def test_a_section_with_nothing_to_say_or_of_another_place_is_left_out(dawa_officer: User, door: None) -> None:
    vehicle = make_vehicle()
    put("silent", 1, context=lambda user, vehicle: None)
    put("drawer", 2, places=("drawer",))
    assert sections.sections_of(dawa_officer, vehicle, "page") == []
    assert [row["name"] for row in sections.sections_of(dawa_officer, vehicle, "drawer")] == ["drawer"]


def test_a_section_asks_for_its_right_before_anything_else(dawa_officer: User, door: None) -> None:
    asked: list[Vehicle] = []
    put("secret", 1, right="audit.view", context=lambda user, vehicle: asked.append(vehicle))
    assert sections.sections_of(dawa_officer, make_vehicle(), "drawer") == []
    assert asked == []


def test_the_same_name_again_replaces_a_section(dawa_officer: User, door: None) -> None:
    put("one", 1)
    put("one", 2, context=lambda user, vehicle: {"word": "newer"})
    shown = sections.sections_of(dawa_officer, make_vehicle(), "drawer")
    assert [row["section"] for row in shown] == [{"word": "newer"}]


def test_one_section_is_drawn_afresh_for_who_may_see_the_vehicle(
    client: Client, dawa_officer: User, door: None
) -> None:
    own, other = make_vehicle(county_id=DAWA), make_vehicle(county_id=PANSHAN)
    put("one", 1)
    put("two", 2)
    client.force_login(dawa_officer)
    answer = client.get(reverse("vehicle-section", args=[own.pk, "one"])).content.decode()
    assert "word-one" in answer
    assert "word-two" not in answer
    assert client.get(reverse("vehicle-section", args=[own.pk, "none"])).content == b""
    assert client.get(reverse("vehicle-section", args=[other.pk, "one"])).status_code == 404
