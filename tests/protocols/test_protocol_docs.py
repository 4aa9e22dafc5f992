"""docs/protocols says what the codecs' tables say."""

import re
from pathlib import Path

import pytest

from scripts import protocol_docs
from scripts.protocol_docs import PAPERS, Paper

every_paper = pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)


@pytest.mark.parametrize("path", protocol_docs.written(), ids=lambda path: path.name)
def test_the_papers_are_what_the_tables_say(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == protocol_docs.written()[path], "python scripts/protocol_docs.py"


@every_paper
def test_every_message_and_field_is_in_its_paper(paper: Paper) -> None:
    text = paper.text()
    for message_id, form in paper.catalogue.forms.items():
        assert f"### 0x{message_id:04X} {form.title}" in text
        assert all(f"| `{line.name}` | {line.title} |" in text for line in form.layout.lines)
        assert paper.gateway[message_id]


@every_paper
def test_a_paper_names_what_was_not_found(paper: Paper) -> None:
    assert paper.gaps
    assert all(f"| {subject} | {lacking} |" in paper.text() for subject, lacking in paper.gaps)


@every_paper
def test_links_inside_a_paper_lead_somewhere(paper: Paper) -> None:
    text = paper.text()
    assert set(re.findall(r"\(#([^)]+)\)", text)) <= set(re.findall(r'<a id="([^"]+)">', text))


@every_paper
def test_no_cell_breaks_its_table(paper: Paper) -> None:
    width = 0
    for line in paper.text().splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        width = width or line.count("|")
        assert line.count("|") == width, line


def test_the_gateway_knows_no_message_without_a_table() -> None:
    assert set(protocol_docs.GATEWAY) <= set(protocol_docs.JT808.forms)
    assert set(protocol_docs.TAXI_GATEWAY) <= set(protocol_docs.JT905.forms)
    assert set(protocol_docs.SAFETY_GATEWAY) <= set(protocol_docs.SAFETY.forms)
