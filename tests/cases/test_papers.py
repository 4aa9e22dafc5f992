"""The paper about the loop is drawn from its table."""

from __future__ import annotations

from scripts import case_docs


def test_the_diagram_in_the_paper_is_the_table_as_it_is() -> None:
    paper = case_docs.PAPER.read_text(encoding="utf-8")
    assert case_docs.written(paper) == paper, "run scripts/case_docs.py"
