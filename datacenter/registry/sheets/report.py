"""What is wrong with a table, row by row (导入报告)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: the row in the file, the column's head, what stands there, and the rule it breaks.

    A ``warning`` is shown and does not hold the table back.
    """

    row: int
    title: str
    value: str
    rule: str
    warning: bool = False


@dataclass(slots=True)
class Report:
    """Everything that is wrong with a table; it may be taken when nothing but warnings stands here."""

    rows: int
    faults: list[Fault] = field(default_factory=list)

    @property
    def errors(self) -> list[Fault]:
        """Faults that hold the table back, by row."""
        return sorted((fault for fault in self.faults if not fault.warning), key=lambda fault: fault.row)

    @property
    def warnings(self) -> list[Fault]:
        """Faults that do not, by row."""
        return sorted((fault for fault in self.faults if fault.warning), key=lambda fault: fault.row)

    @property
    def bad_rows(self) -> int:
        """How many rows have an error."""
        return len({fault.row for fault in self.faults if not fault.warning})

    @property
    def clean(self) -> bool:
        """Whether nothing holds the table back."""
        return not any(not fault.warning for fault in self.faults)
