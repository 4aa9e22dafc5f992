"""Two people, one item, neither knowing of the other (双人盲评): which items, and how far the answers agree. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

_PARTS = 10_000


def is_paired(finding_id: int, share_percent: int, seed: int) -> bool:
    """Whether a finding belongs to the share that two people look at: the same answer for the same three, always."""
    digest = hashlib.sha256(f"{seed}:{finding_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _PARTS < share_percent * _PARTS // 100


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far pairs agree (一致率): ``kappa`` is None where chance alone explains all (every answer the same)."""

    pairs: int
    agreed: int
    kappa: float | None

    @property
    def percent(self) -> float | None:
        """Share of pairs of one opinion; None without pairs."""
        return 100 * self.agreed / self.pairs if self.pairs else None


def agreement_of(pairs: Iterable[tuple[bool, bool]]) -> Agreement:
    """Percent and Cohen's kappa of pairs of answers, each (first confirmed, second confirmed).

    Kappa is (observed − expected) / (1 − expected), with the expected share from how often each of the two confirms.
    """
    rows = list(pairs)
    count, agreed = len(rows), sum(first == second for first, second in rows)
    if not count:
        return Agreement(0, 0, None)
    first_yes, second_yes = sum(first for first, _ in rows) / count, sum(second for _, second in rows) / count
    expected = first_yes * second_yes + (1 - first_yes) * (1 - second_yes)
    kappa = None if expected >= 1 else (agreed / count - expected) / (1 - expected)
    return Agreement(count, agreed, kappa)
