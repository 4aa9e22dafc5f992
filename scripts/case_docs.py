"""Draws the loop of a case into ``docs/cases.md`` from the table of transitions (办理流程图).

``python scripts/case_docs.py``; with ``--check`` it writes nothing and fails where the paper is out of date.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")

PAPER = ROOT / "docs/cases.md"
BEGIN, END = "<!-- table: begin, written by scripts/case_docs.py -->", "<!-- table: end -->"


def drawn() -> str:
    """The diagram, in Mermaid's words, and the table beside it."""
    from datacenter.accounts.rights import RIGHTS
    from datacenter.cases.models import Case
    from datacenter.cases.states import LEADS, LED, TRANSITIONS, State

    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'  state "{state.label} {state.value}" as {state.value}' for state in State]
    lines.append(f"  [*] --> {State.COLLECTED.value}: 采集")
    for row in TRANSITIONS.values():
        if row.target is not None:
            lines += [f"  {state.value} --> {row.target.value}: {row.verb.label}"
                      for state in State if state in row.sources]  # fmt: skip
    lines.append(f"  {State.FILED.value} --> [*]")
    lines += ["```", "", "| verb | from | to | right | whose | asks for | tells |",
              "| --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for row in TRANSITIONS.values():
        said_by = [_right(row.right, RIGHTS)]
        said_by += [f"{Case.Origin(origin).label}: {_right(right, RIGHTS)}" for origin, right in LEADS.items()
                    if row.verb in LED]  # fmt: skip
        lines.append(
            f"| `{row.verb.value}` {row.verb.label} | {', '.join(s.value for s in State if s in row.sources)} "
            f"| {row.target.value if row.target else 'stays'} | {'; '.join(said_by)} "
            f"| {'own leg' if row.by_leg else 'the case'} | {', '.join(row.fields) or '—'} "
            f"| {', '.join(row.tells) or '—'} |"
        )
    return "\n".join(lines)


def _right(right: str, roles: Mapping[Any, frozenset[str]]) -> str:
    """A right and the roles that have it."""
    return f"`{right}` " + ", ".join(role.label for role, rights in roles.items() if right in rights)


def written(paper: str) -> str:
    """``paper`` with the table as it is now."""
    head, rest = paper.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{drawn()}\n{END}{tail}"


def main() -> int:
    """Write, or compare."""
    import django

    django.setup()
    paper = PAPER.read_text(encoding="utf-8")
    new = written(paper)
    if "--check" in sys.argv[1:]:
        return int(new != paper)
    PAPER.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
