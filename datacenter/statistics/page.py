"""All figures of the page for one question (统计页): a constant number of queries, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from datacenter.cases import counts
from datacenter.statistics import figures, tables
from datacenter.statistics.folding import waiting_since
from datacenter.statistics.forms import StatisticsForm
from datacenter.statistics.tables import Table, share


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure at the head of the page: what it is, its rows, and what it was in the period before."""

    title: str
    shown: str
    href: str
    note: str = ""
    kind: str = ""


class Page:
    """The answer to one question; each figure is counted when it is first asked for."""

    def __init__(self, user: Any, parameters: Any) -> None:
        self.user = user
        self.form = StatisticsForm(parameters, user)
        self.asked = self.form.asked()
        self.today = self.form.today

    @cached_property
    def cases(self) -> figures.Cases:
        """The cases of the period."""
        return figures.cases(self.user, self.asked)

    @cached_property
    def work(self) -> figures.Worked:
        """The work on them."""
        return figures.work(self.user, self.asked)

    @cached_property
    def points(self) -> list[figures.Point]:
        """The trend."""
        return figures.trend(self.user, self.asked)

    @cached_property
    def ageing(self) -> Table:
        """案龄."""
        found = figures.ageing(self.user, self.asked, self.today)
        return tables.ageing(found, self.asked, self.form.county_names, self.today)

    @cached_property
    def stages(self) -> list[figures.Stage]:
        """The funnel."""
        return figures.funnel(self.cases.whole, self.asked)

    @property
    def makers(self) -> dict[str, Callable[[], Table]]:
        """Each figure by its name; all in the order of the page."""
        return {
            "funnel": lambda: tables.funnel(self.stages),
            "trend": lambda: tables.trend(self.points, self.asked),
            "ageing": lambda: self.ageing,
            "places": lambda: tables.places(figures.places(self.user, self.asked), self.asked),
            "hours": lambda: tables.by_hour(figures.hours(self.user, self.asked), self.asked),
            "counties": lambda: tables.counties(self.cases, self.work, self.asked, self.form.county_names),
            "officers": lambda: tables.officers(self.work, self.asked),
            "kinds": lambda: tables.kinds(self.cases, self.asked, self.form.kind_titles),
            "industries": lambda: tables.industries(self.cases, self.asked),
            "origins": lambda: tables.origins(self.cases, self.asked),
        }

    def headlines(self) -> list[Headline]:
        """What the period comes to, and what is open at this moment."""
        whole, work, asked = self.cases.whole, self.work.whole, self.asked
        before = sum(point.total_before for point in self.points)
        ended_before = sum(point.ended_before for point in self.points)
        now = {"since": "", "until": ""}
        open_now = sum(row[-1].value for row in self.ageing.rows)
        late = figures.overdue(self.user, asked)
        return [
            Headline(_("立案"), f"{whole['total']:,}", asked.rows(), _change(whole["total"], before)),
            Headline(
                _("已办结"), f"{whole.ended:,}", asked.rows(stage="closed"),
                _("%(now)s，上期 %(then)s")
                % {"now": _percent(share(whole.ended, whole["total"])), "then": _percent(share(ended_before, before))},
            ),
            Headline(_("按时反馈率"), _percent(work.on_time_rate), asked.rows(leg="on_time"),
                     _of(_("%(part)s / %(whole)s 件反馈"), work["on_time"], work["fed_back"])),
            Headline(_("曾被退回"), f"{whole['sent_back']:,}", asked.rows(sent_back="yes"),
                     _percent(share(whole["sent_back"], whole["total"]))),
            Headline(_("属实率"), _percent(share(whole["substantiated"], whole.judged)),
                     asked.rows(outcome="substantiated"),
                     _of(_("%(part)s / %(whole)s 件有结论"), whole["substantiated"], whole.judged)),
            Headline(_("现在未办结"), f"{open_now:,}", asked.rows(**now, stage="open"), _("不限立案时段"), "now"),
            Headline(_("现在已逾期"), counts.shown(late), asked.rows(**now, due="overdue"), _("实时"), "late"),
        ]  # fmt: skip

    def about(self) -> list[tuple[str, str]]:
        """What was asked for, in words."""
        chosen = [(_("立案时段"), f"{self.asked.since:%Y-%m-%d} – {self.asked.until:%Y-%m-%d}")]
        for name in ("county", "industry", "kind", "origin"):
            if name in self.form.fields and (value := getattr(self.asked, name)):
                choices = dict(self.form.fields[name].choices)  # type: ignore[attr-defined]
                chosen.append((str(self.form.fields[name].label), str(choices.get(value, value))))
        return [*chosen, (_("数字截至"), f"{timezone.localtime(self.as_of):%Y-%m-%d %H:%M:%S}")]

    @cached_property
    def waiting(self) -> Any:
        """When the oldest change was made that is not counted yet; None: everything is."""
        return waiting_since()

    @property
    def as_of(self) -> Any:
        """Up to when the figures hold."""
        return self.waiting or timezone.now()


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate * 100:.1f}%"


def _of(words: str, part: int, whole: int) -> str:
    return words % {"part": f"{part:,}", "whole": f"{whole:,}"}


def _change(now: int, before: int) -> str:
    if not before:
        return _("上期 %d") % before
    return _("上期 %(before)s，%(change)+.1f%%") % {"before": f"{before:,}", "change": (now - before) / before * 100}
