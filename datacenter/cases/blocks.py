"""What other packages put on a case's page (案件页板块): they know the case, the case does not know them.

Packages above register here when the project starts: a finding shows its evidence, a complaint its words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datacenter.cases.models import Case


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a case's page: a template, and what it shows; None from ``context`` leaves it out."""

    template: str
    context: Callable[[Case, Any], dict[str, Any] | None]


_BLOCKS: list[Block] = []
_KINDS: list[Callable[[], list[tuple[str, str]]]] = []


def register(block: Block) -> None:
    """Show ``block`` on every case's page that it has something to say about."""
    _BLOCKS.append(block)


def register_kinds(choices: Callable[[], list[tuple[str, str]]]) -> None:
    """Offer kinds of case (事由) in the list's filter: code and title."""
    _KINDS.append(choices)


def blocks_of(case: Case, user: Any) -> list[dict[str, Any]]:
    """The blocks of this case, each a template and its context."""
    found = ((block, block.context(case, user)) for block in _BLOCKS)
    return [{"template": block.template, "block": context} for block, context in found if context is not None]


def kinds() -> list[tuple[str, str]]:
    """Every kind of case that somebody registered."""
    return [choice for choices in _KINDS for choice in choices()]
