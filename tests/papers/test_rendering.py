"""Setting a paper: the same bytes from the same data, data never run, and bounds that hold."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from datacenter.papers import rendering
from datacenter.papers.errors import FontMissing, PaperFailed, PaperTooLarge, PressBusy
from datacenter.papers.rendering import render

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
_ELSEWHERE = """
import hashlib, django
django.setup()
from tests.papers.test_rendering import evidence_data, AT
from datacenter.papers.rendering import render
print(hashlib.sha256(render("evidence", evidence_data(), at=AT)).hexdigest())
"""


def evidence_data(**facts: Any) -> dict[str, Any]:
    """The least that the evidence template takes."""
    return {
        "number": "2026-000001",
        "title": "超速行驶",
        "as_of": "2026-11-25 16:00:00",
        "steps": 1,
        "reader": "大洼区执法员",
        "facts": [["车辆", "辽L00001"]],
        "detection": {
            "code": "road.overspeed", "title": "超速行驶", "source": "第四十二条", "verified": False,
            "superseded": False, "ongoing": False, "from": "a", "until": "b", "found_at": "c",
            "measures": [["最高速度", "100 km/h"]], "limits": [], "reasons": [], "model": "",
            "digest": "0" * 64,
        },
        "track": {"rows": [], "points": 0, "every": 1},
        "exhibits": {"files": [], "left_out": 0, "vehicle_files_hidden": False},
        "events": [], "broken": [],
        **facts,
    }  # fmt: skip


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a template of one's own."""
    monkeypatch.setattr(rendering, "_TEMPLATES", tmp_path)

    def write(text: str) -> str:
        (tmp_path / "own.typ").write_text(text, encoding="utf-8")
        return "own"

    return write


def test_two_processes_set_the_same_bytes() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "panjin_traffic.settings"}
    other = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    here = render("evidence", evidence_data(), at=AT)
    assert here.startswith(b"%PDF-")
    assert other.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_another_date_or_word_gives_other_bytes() -> None:
    first = render("evidence", evidence_data(), at=AT)
    assert render("evidence", evidence_data(title="疲劳驾驶"), at=AT) != first
    assert render("evidence", evidence_data(), at=AT.replace(hour=9)) != first


def test_what_was_typed_is_shown_and_not_run(template: Any) -> None:
    own = template('#let d = json("data.json")\n#assert(d.words.at(0).starts-with("#panic"))\n#d.words.at(0)')
    assert render(own, {"words": ['#panic("ran") #read("/etc/hostname") $x *b']}, at=AT).startswith(b"%PDF-")


@examples(max_examples=8, deadline=None)
@given(words=st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=5))
def test_any_text_can_be_set(words: list[str]) -> None:
    data = evidence_data(facts=[["说明", word] for word in words])
    assert render("evidence", data, at=AT).startswith(b"%PDF-")


def test_a_template_reads_nothing_outside_its_folder(template: Any) -> None:
    with pytest.raises(PaperFailed) as refusal:
        render(template('#read("/../../../../etc/hostname")'), {}, at=AT)
    assert refusal.value.code == "paper_failed"


def test_a_broken_template_says_why_in_its_reason(template: Any) -> None:
    with pytest.raises(PaperFailed) as refusal:
        render(template("#nonsense"), {}, at=AT)
    assert "nonsense" in refusal.value.facts["reason"]


def test_a_paper_that_takes_too_long_is_given_up(template: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "MOST_S", 2)
    with pytest.raises(PaperTooLarge):
        render(template("#for a in range(9999) { for b in range(9999) { let c = a * b } }"), {}, at=AT)


def test_a_paper_that_takes_too_much_memory_is_given_up(template: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "MOST_MEMORY_BYTES", 400 << 20)
    with pytest.raises(PaperTooLarge):
        render(template('#let s = "x"\n#for n in range(40) { s = s + s }\n#s.len()'), {}, at=AT)


def test_a_full_press_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "MOST_S", 0)
    for _ in range(rendering.MOST_AT_ONCE):
        assert rendering._PRESSES.acquire(blocking=False)
    try:
        with pytest.raises(PressBusy):
            render("evidence", evidence_data(), at=AT)
    finally:
        rendering._PRESSES.release(rendering.MOST_AT_ONCE)


def test_a_missing_font_is_named(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    with pytest.raises(FontMissing) as refusal:
        render("evidence", evidence_data(), at=AT)
    assert "noto-sans-sc" in refusal.value.facts["folder"]
