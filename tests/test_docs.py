"""The papers say what is there: terms, commands, links, decisions."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
README, GLOSSARY, ADRS = ROOT / "README.md", ROOT / "docs" / "glossary.md", ROOT / "docs" / "adr"

# The terms that the house style fixes, English and Chinese.
TERMS = {
    "Company": "企业", "Practitioner": "从业人员", "Terminal": "车载终端", "Permit": "经营许可", "Area": "电子围栏",
    "LocationReport": "位置信息汇报", "GeneralReply": "通用应答", "Finding": "疑似违规", "Violation": "违规行为",
    "Case": "案件", "CaseEvent": "办理记录", "dispatch": "派发", "Waybill": "电子运单", "return_case": "退回",
    "Supervision": "督办", "close_case": "办结", "Alarm": "报警", "superior platform": "上级平台",
    "subordinate platform": "下级平台",
}  # fmt: skip
HEADS = ("Context", "Decision", "Consequences")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)\)")
_ROW = re.compile(r"^\| `?([^`|]+?)`? \| ([^|]+?) \|", re.MULTILINE)


def papers() -> list[Path]:
    """Every paper of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@cache
def text(path: Path) -> str:
    assert path.exists(), f"{path.relative_to(ROOT)} is missing: write it"
    return path.read_text(encoding="utf-8")


def glossary() -> list[tuple[str, str]]:
    """(English, Chinese) of every line of the glossary's tables."""
    rows = [(english.strip(), chinese.strip()) for english, chinese in _ROW.findall(text(GLOSSARY))]
    return [row for row in rows if row[0] not in {"English", "---"} and not set(row[0]) <= {"-", " "}]


def test_readme_and_changelog_are_there() -> None:
    assert "# " in text(README)
    assert "Unreleased" in text(ROOT / "CHANGELOG.md")


@pytest.mark.parametrize("english", sorted(TERMS))
def test_a_fixed_term_is_in_the_glossary(english: str) -> None:
    assert TERMS[english] in dict(glossary()).get(english, ""), f"{english} – {TERMS[english]}"


def test_a_term_stands_in_the_glossary_once() -> None:
    english = [row[0] for row in glossary()]
    assert sorted(english) == sorted(set(english))


def test_every_model_is_in_the_glossary_under_its_chinese_name() -> None:
    entries = dict(glossary())
    missing = [
        f"| {model.__name__} | {model._meta.verbose_name} |"
        for app in ("datacenter", "taxi", "complaints")
        for model in apps.get_app_config(app).get_models()
        if str(model._meta.verbose_name) not in entries.get(model.__name__, "")
    ]
    assert not missing, "add to docs/glossary.md:\n" + "\n".join(missing)


def test_every_command_that_the_papers_name_exists() -> None:
    known = set(get_commands())
    named = {
        (path.name, command) for path in papers() for command in re.findall(r"manage\.py ([a-z][a-z0-9_]*)", text(path))
    }
    assert text(README)
    assert not [f"{paper}: {command}" for paper, command in sorted(named) if command not in known]


def test_every_make_target_that_the_papers_name_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", text(ROOT / "Makefile"), re.MULTILINE))
    named = {target for path in papers() for target in re.findall(r"`make ([a-z][a-z0-9-]*)", text(path))}
    assert text(README)
    assert named <= targets, sorted(named - targets)


def test_every_link_leads_to_a_file() -> None:
    broken = []
    for path in papers():
        for plain, picture in _LINK.findall(text(path)):
            target = (plain or picture).split("#")[0]
            if target and not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} → {target}")
    assert text(README)
    assert not broken, "\n".join(broken)


def decisions() -> list[Path]:
    return sorted(ADRS.glob("*.md"))


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [path.name[:4] for path in decisions()]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    assert numbers


@pytest.mark.parametrize("path", decisions(), ids=lambda path: path.stem)
def test_a_decision_gives_context_decision_and_consequences_on_a_page(path: Path) -> None:
    assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", path.name)
    assert text(path).startswith(f"# {path.name[:4]} ")
    heads = re.findall(r"^## (.+)$", text(path), re.MULTILINE)
    assert [head for head in heads if head in HEADS] == list(HEADS)
    assert len(text(path).split()) < 900, "a page, not a book"
