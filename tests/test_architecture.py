"""The house plan holds: who may import whom, and what nobody writes anywhere.

Packages stand on floors; one imports only what stands below. Packages of one floor don't know one another, unless
``NEIGHBOURS`` says so and why.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {".venv", "node_modules", "var", ".git", ".hypothesis", ".mypy_cache", ".ruff_cache", "__pycache__"}
SUBSYSTEMS = ("taxi", "transit", "hazmat", "enforcement", "complaints", "roadnet")
# A subsystem that stands above others and reads their rows; nothing goes back.

# The kernel's floors, the highest first.
FLOORS: tuple[frozenset[str], ...] = (
    # Wiring, and what speaks for the whole house.
    frozenset(
        {"urls", "routing", "models", "tasks", "apps", "admin", "api", "api_urls", "health", "templatetags"}
        | {"management"}
    ),
    frozenset({"cockpit", "exchange", "diagnosis", "demo"}),
    frozenset({"screening", "assessment", "notices", "gateway", "instructions", "roadside"}),
    frozenset({"ingest", "papers"}),
    frozenset({"media", "emergencies"}),
    frozenset({"detection"}),
    frozenset({"commands", "statistics"}),
    frozenset({"cases", "tracks"}),
    frozenset({"facts"}),
    frozenset({"registry"}),
    frozenset({"accounts"}),
    frozenset({"geo", "protocols", "errors", "metrics", "simulator", "broadcast"}),
)
FLOOR = {name: number for number, floor in enumerate(FLOORS) for name in floor}
# (from, to) on one floor, and why.
NEIGHBOURS: dict[tuple[str, str], str] = {
    ("geo", "errors"): "the root of every refusal",
    ("protocols", "errors"): "the root of every refusal",
    ("simulator", "protocols"): "its terminals speak by the same tables",
    ("simulator", "geo"): "its vehicles drive by the same measures",
    ("simulator", "errors"): "the root of every refusal",
    ("metrics", "errors"): "the root of every refusal",
    ("instructions", "assessment"): "it registers with the catalogue how soon counties answer; nothing goes back",
    ("notices", "instructions"): "it hears of their steps and tells them; nothing goes back",
    ("notices", "roadside"): "it hears of their steps and tells them; nothing goes back",
    ("screening", "assessment"): "it registers with the catalogue of indicators how counties screen; nothing goes back",
}
# (from, to) among subsystems, and why: one that stands above another.
STANDS_ABOVE: dict[tuple[str, str], str] = {
    ("complaints", "taxi"): "the hotline asks what taxis recorded; taxis know nothing of it, they have no hook for it",
}
# Imports inside a function between packages of ours, by file: why each is there.
LATE_IMPORTS: dict[str, str] = {
    "datacenter/apps.py": "ready() runs once the models are loaded",
    "panjin_traffic/apps.py": "ready() runs once the models are loaded",
    "complaints/apps.py": "ready() runs once the models are loaded",
    "taxi/apps.py": "ready() runs once the models are loaded",
    "taxi/meter/tasks.py": "only the worker that runs the model loads its library",
    "panjin_traffic/celery.py": "the beat table reads the settings, which are not there yet",
    "panjin_traffic/management/commands/up.py": "only a demo city has demo accounts to show",
}
MOST_LINES = 450


@dataclass(frozen=True)
class Import:
    """One import of a module of ours."""

    path: str
    line: int
    target: str
    late: bool  # inside a function
    typing: bool  # for the type checker only

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.target}"


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, tracked or not yet; nothing that was installed or made."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED]
        found += [Path(folder, name) for name in names]
    return tuple(sorted(found))


def python_files(*folders: str) -> list[Path]:
    """Every Python file of the project, or of some of its folders, tracked or not."""
    starts = tuple(ROOT / folder for folder in folders) or (ROOT,)
    return [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(start) for start in starts)]


@cache
def text_files() -> tuple[Path, ...]:
    """Every file of the project that people read or write."""
    suffixes = {".py", ".md", ".toml", ".yml", ".yaml", ".html", ".js", ".css", ".sh", ".json", ".lock", ".txt", ".po"}
    names = {"Makefile", "Dockerfile", ".npmrc", ".env.example", ".gitignore"}
    return tuple(path for path in files() if path.suffix in suffixes or path.name in names)


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """Every module that ``path`` imports, relative ones resolved."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    where = path.relative_to(ROOT)
    package = list(where.parts[:-1])
    late: set[ast.AST] = set()
    typing: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            late |= set(ast.walk(node))
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            typing |= set(ast.walk(node))
    for node in ast.walk(tree):
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # "from datacenter import metrics" names a package of ours, not a thing in one.
            bare = module in {"datacenter", *SUBSYSTEMS}
            targets = [f"{module}.{alias.name}" for alias in node.names] if bare else [module]
        for target in targets:
            yield Import(str(where), node.lineno, target, node in late, node in typing)  # type: ignore[attr-defined]


def kernel_package(dotted: str) -> str:
    """``datacenter.cases.models`` → ``cases``."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "datacenter" and len(parts) > 1 else ""


def test_every_kernel_package_has_a_floor() -> None:
    found = {
        path.stem if path.is_file() else path.name
        for path in (ROOT / "datacenter").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.name not in {"__init__.py", "migrations"}
    }
    assert found <= set(FLOOR), f"say in FLOORS where these stand: {sorted(found - set(FLOOR))}"


def test_kernel_packages_import_only_what_stands_below_them() -> None:
    wrong = []
    for path in python_files("datacenter"):
        if "migrations" in path.parts:
            continue
        here = path.relative_to(ROOT / "datacenter").parts[0].removesuffix(".py")
        for found in imports_of(path):
            there = kernel_package(found.target)
            if not there or there == here or here == "__init__":
                continue
            if FLOOR[there] > FLOOR[here] or (FLOOR[here] == FLOOR[there] and (here, there) in NEIGHBOURS):
                continue
            if FLOOR[here] == FLOOR[there] == 0 or found.typing:
                continue  # the wiring is one floor; what only the type checker reads is no dependency
            wrong.append(f"{found}: {here} must not know {there}")
    assert not wrong, "\n".join(wrong)


def test_the_kernel_imports_no_subsystem_and_no_wiring_of_the_project() -> None:
    above = {"panjin_traffic", *SUBSYSTEMS}
    wrong = [str(i) for path in python_files("datacenter") for i in imports_of(path) if i.target.split(".")[0] in above]
    assert not wrong, "\n".join(wrong)


def test_subsystems_never_import_one_another_nor_the_project() -> None:
    wrong = [
        str(found)
        for subsystem in SUBSYSTEMS
        for path in python_files(subsystem)
        for found in imports_of(path)
        if (there := found.target.split(".")[0]) in {"panjin_traffic", *SUBSYSTEMS} - {subsystem}
        and (subsystem, there) not in STANDS_ABOVE
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_but_tests_imports_tests() -> None:
    wrong = [
        str(found)
        for path in python_files("datacenter", "panjin_traffic", *SUBSYSTEMS)
        for found in imports_of(path)
        if found.target.split(".")[0] in {"tests", "pytest", "hypothesis"}
    ]
    assert not wrong, "\n".join(wrong)


def test_codecs_know_neither_django_nor_sockets() -> None:
    forbidden = {"django", "asyncio", "socket", "redis", "celery", "channels", "rest_framework", "psycopg2"}
    wrong = [
        str(found)
        for path in python_files("datacenter/protocols")
        for found in imports_of(path)
        if found.target.split(".")[0] in forbidden
    ]
    assert not wrong, "\n".join(wrong)


def test_detectors_know_no_rows_no_clock_and_no_redis() -> None:
    forbidden = ("django", "redis", "celery", "channels", "time", "psycopg2")
    modules = [*python_files("datacenter/detection/detectors"), ROOT / "datacenter/detection/episodes.py"]
    modules += [path for path in python_files() if path.name == "detectors.py"]
    wrong = [
        str(found)
        for path in modules
        for found in imports_of(path)
        if found.target.split(".")[0] in forbidden or found.target.endswith(".models")
    ]
    assert not wrong, "\n".join(wrong)


def test_imports_inside_functions_between_our_packages_have_a_reason() -> None:
    wrong = [
        str(found)
        for path in python_files("datacenter", "panjin_traffic", *SUBSYSTEMS)
        for found in imports_of(path)
        if found.late and found.target.split(".")[0] in {"datacenter", "panjin_traffic", *SUBSYSTEMS}
        and found.path not in LATE_IMPORTS and "migrations" not in path.parts
    ]  # fmt: skip
    assert not wrong, "on the wrong floor? " + "\n".join(wrong)


def test_only_cases_spells_case_objects() -> None:
    wrong = []
    for path in python_files("datacenter", *SUBSYSTEMS):
        if "cases" in path.relative_to(ROOT).parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}:
                name = ast.unparse(node.value).split(".")[-1]
                if name in {"Case", "CaseEvent", "CaseAttachment"}:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}.{node.attr}")
    assert not wrong, "read through cases_visible_to: " + "\n".join(wrong)


def test_only_the_table_of_rights_asks_for_a_role_by_name() -> None:
    allowed = {"datacenter/accounts", "datacenter/registry/demo"}
    wrong = []
    for path in python_files("datacenter", *SUBSYSTEMS):
        where = str(path.relative_to(ROOT))
        if any(where.startswith(folder) for folder in allowed) or "migrations" in path.parts:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"\bRole\.[A-Z_]+|\.role\s*(==|!=|in\b)", line):
                wrong.append(f"{where}:{number} {line.strip()}")
    assert not wrong, "\n".join(wrong)


def test_files_can_be_held_in_the_head() -> None:
    long = []
    for path in python_files():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > MOST_LINES and "migrations" not in path.parts:
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
    assert not long, "split by noun: " + "; ".join(long)


def test_no_module_is_called_utils() -> None:
    vague = {"utils", "helpers", "misc", "common"}
    named = [str(path.relative_to(ROOT)) for path in python_files() if path.stem in vague]
    assert not named


# Spelled in pieces, so that this file does not find itself.
MACHINE = [
    "/" + "work/", "/" + "home/", "/" + "root/", "/" + "Users/", "art" + "ifactory", "ne" + "xus.", "ver" + "daccio",
    "extra-index" + "-url", "--index" + "-url",
]  # fmt: skip
_REGISTRY = re.compile(r'"resolved":\s*"https?://(?!registry\.npmjs\.org/)')


@pytest.mark.parametrize("word", MACHINE)
def test_no_file_names_a_machine_or_a_private_registry(word: str) -> None:
    wrong = []
    for path in text_files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if word in line:
                wrong.append(f"{path.relative_to(ROOT)}:{number} {line.strip()[:120]}")
    assert not wrong, "\n".join(wrong)


def test_lock_files_name_the_public_registry_only() -> None:
    lock = ROOT / "package-lock.json"
    assert not _REGISTRY.search(lock.read_text(encoding="utf-8"))
