"""The catalogue of indicators (考核指标目录): each package registers what it can count of counties, companies, people.

An indicator computes all subjects of its kind over one period in a constant number of queries, and shows the rows
behind one subject's figure. What a figure is worth stands in ``IndicatorRule`` rows, never here. An indicator with a
rule that nobody registers is absent: pages say so, and the others share its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from datacenter.assessment.models.subjects import Axis, Kind


@dataclass(frozen=True, slots=True)
class Period:
    """The days ``first`` to ``last`` of Asia/Shanghai; ``until`` is how far it has run, its end at most."""

    first: date
    last: date
    until: datetime
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: str, count: Callable[[], Any]) -> Any:
        """What ``count`` gives, asked once for this period: indicators share what they divide by."""
        if name not in self.memo:
            self.memo[name] = count()
        return self.memo[name]

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def over(self) -> bool:
        """Whether it has run its course."""
        return self.until >= self.end


def month_of(day: date, *, now: datetime | None = None) -> Period:
    """The month of a day, as far as it has run."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    end = _midnight(last + timedelta(days=1))
    return Period(first, last, min(now or timezone.now(), end))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


@dataclass(frozen=True, slots=True)
class Figure:
    """What was counted of one subject: ``numerator`` of ``denominator``; a count alone has no denominator."""

    numerator: float
    denominator: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the rows behind: words, and where a click leads."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows behind a figure: ``rows`` of one subject that a user may see, sorted by ``column``; a ``line`` each.

    ``counted`` of a line says whether the row stands in the numerator.
    """

    head: tuple[str, ...]
    rows: Callable[[Any, str, Period], QuerySet[Any]]
    line: Callable[[Any, Any], Sequence[Cell]]
    column: str = "pk"


Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Indicator:
    """One figure that can be counted (考核指标). ``parts`` are the words for numerator and denominator.

    ``compute`` gives figures by subject key; who is not in them has no figure, unless ``else_`` says what they have.
    The value is ``scale`` × numerator ÷ denominator.
    """

    code: str
    title: str
    axis: Axis
    kind: Kind
    unit: str
    better: Literal["high", "low"]
    compute: Callable[[Period], Figures]
    parts: tuple[str, str]
    meaning: str | Promise
    scale: float = 100
    else_: Figure | None = None
    behind: Behind | None = field(default=None, compare=False)

    def value(self, figure: Figure) -> float | None:
        """The indicator's value; None where there is nothing to divide by."""
        if figure.denominator is None:
            return round(figure.numerator, 6)
        return round(self.scale * figure.numerator / figure.denominator, 6) if figure.denominator else None


_INDICATORS: dict[str, Indicator] = {}


def register(*indicators: Indicator) -> None:
    """Enter indicators; from a package's ``ready()``. The same code again takes the earlier one's place."""
    for indicator in indicators:
        _INDICATORS[indicator.code] = indicator


def forget(code: str) -> None:
    """Take an indicator out again."""
    _INDICATORS.pop(code, None)


def indicators(kind: str = "") -> list[Indicator]:
    """All that are registered, or those of one kind of subject."""
    return [one for one in _INDICATORS.values() if not kind or one.kind == kind]


def get(code: str) -> Indicator | None:
    """One indicator; None where nobody registered it."""
    return _INDICATORS.get(code)
