"""How long a paper still holds (证照有效期)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# Renewal is to be asked for 30 days before a certificate ends: 道路运输从业人员管理规定 Art. 29.
EXPIRING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Validity:
    """Where a paper stands: ``state`` is valid, expiring or expired; ``days`` until its end, negative past it."""

    state: str
    days: int

    @property
    def label(self) -> str:
        """有效, 剩 12 天, 已过期 3 天."""
        if self.state == "expired":
            return f"已过期 {-self.days} 天"
        return f"剩 {self.days} 天" if self.state == "expiring" else "有效"


def validity(until: date, today: date) -> Validity:
    """Where a paper that holds until the end of the day ``until`` stands."""
    left = until - today
    state = "expired" if left < timedelta(0) else "expiring" if left <= EXPIRING else "valid"
    return Validity(state, left.days)
