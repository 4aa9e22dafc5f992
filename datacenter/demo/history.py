"""Half a year of the demo city (演示历史): found, looked at, opened, handled, closed; day by day, from a seed.

The same seed and day ``on`` give the same past on every machine: it ends as ``on`` begins, and knows no other clock.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from datacenter.cases import territory
from datacenter.cases.models import Case, KeyCaseRule, SupervisionRule, WorkflowRule
from datacenter.cases.selectors import any_opened_before, rule_for
from datacenter.cases.states import State
from datacenter.cases.territory import Answer, Matter, kind_fits
from datacenter.cases.workflow.loop import team_for
from datacenter.demo import leads, words
from datacenter.demo.city import City, Place, Rule, Subject, rules
from datacenter.demo.kinds import KINDS, Kind
from datacenter.demo.life import Setting
from datacenter.demo.looks import Looked, look_at
from datacenter.demo.office import Office
from datacenter.demo.story import Story
from datacenter.demo.write import Stretch, analyse, write
from datacenter.detection.detectors.elsewhere import Elsewhere
from datacenter.detection.models import Finding
from datacenter.geo.counties import counties
from datacenter.registry.demo.after import AFTER_HISTORY
from datacenter.registry.demo.officers import add_officers, cast
from datacenter.registry.models import Vehicle
from datacenter.screening.models import Review, ReviewItem
from datacenter.screening.score import score_of
from datacenter.screening.workflow import setting as desk_setting

DAYS, SEED = 183, 2026
_AT_ONCE = 14  # days that are in memory together
_OLD = timedelta(days=7)
_USUAL = 43  # cases a day
# How long an item waits at the desk, in office hours: before there is a case, and beside one.
_SCREENED_FIRST, _SCREENED_BESIDE = 2.5, 7.0
# One case is left standing in each of these, so that every state has one whatever the draw.
_HALTS = (State.DISPATCHED, State.ACCEPTED, State.HANDLED, State.FED_BACK, State.RETURNED, State.VERIFIED,
          State.CLOSED, State.COLLECTED)  # fmt: skip
_HALT_HOURS = 20.0  # office hours that such a case has had
_STRAGGLERS, _SLOW = 0.1, 4.0  # of the last three weeks' cases


@dataclass(slots=True)
class Found:
    """One find before it is a row: what, whose, when and where, and whether it is so."""

    kind: Kind
    subject: Subject
    started_at: datetime
    lasting_s: int
    measures: dict[str, int]
    place: Place
    substance: bool

    @property
    def ended_at(self) -> datetime:
        """When it was over."""
        return self.started_at + timedelta(seconds=self.lasting_s)

    def matter(self) -> Matter:
        """What the territory's rules look at."""
        return Matter(
            kind=self.kind.code, industry=self.subject.kind, origin=Case.Origin.FINDING, latitude_e6=self.place[0],
            longitude_e6=self.place[1], vehicle_county=self.subject.county, company_county=self.subject.company_county,
        )  # fmt: skip


@dataclass(slots=True)
class Past:
    """A past being made: everything that one day's cases need of the days before."""

    setting: Setting
    city: City
    rules: dict[str, Rule]
    key_rules: list[KeyCaseRule]
    pairs: float
    first: date
    days: int
    seed: int
    size: float
    foreigners: leads.Foreigners
    law: territory.Law
    standing: list[State] = field(default_factory=lambda: list(_HALTS))
    before: dict[tuple[Any, str], list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def day(self, day: date, stretch: Stretch) -> None:
        """All that was found on ``day``, with what became of it."""
        random = Random(f"{self.seed}:{day}")
        gone = (day - self.first).days / max(1, self.days)
        kinds = [one for one in KINDS if one.code in self.rules and set(one.industries) & self.city.kinds()]
        weights = [kind.weight(day, gone) for kind in kinds]
        finds = [
            self._find(random, kind, day) for kind in random.choices(kinds, weights, k=self._how_many(random, day))
        ]
        finds.sort(key=lambda find: find.started_at)
        own = [find for find in finds if find.kind.code != Elsewhere.code]
        for find, whose in zip(own, territory.decide_all([find.matter() for find in own], self.law), strict=True):
            self._follow(random, find, whose, stretch)
        for find in finds:
            if find.kind.code == Elsewhere.code:
                self._elsewhere(random, find, stretch)

    def _how_many(self, random: Random, day: date) -> int:
        weekend = 0.86 if day.weekday() >= 5 else 1.03 if day.weekday() in (0, 4) else 1.0
        season = 1 + 0.06 * math.sin(math.tau * day.timetuple().tm_yday / 120)
        wanted = min(50.0, max(35.0, _USUAL * weekend * season * random.gauss(1, 0.05)))
        # More is found than becomes a case: some is set aside at the desk.
        return max(1, round(wanted * 1.05 * self.size))

    def _find(self, random: Random, kind: Kind, day: date) -> Found:
        industries = [one for one in kind.industries if one in self.city.kinds()]
        industry = random.choices(industries, [kind.industries[one] for one in industries])[0]
        subject = self.city.vehicle(random, industry)
        hour = random.choices(range(24), kind.hours)[0]
        place, known = self.city.place(random, kind.code, kind.on_roads, subject.county)
        lasting, measures = kind.measured(random, self.rules[kind.code].limits, industry, known)
        return Found(
            kind=kind,
            subject=subject,
            started_at=_local(day, time(hour, random.randrange(60), random.randrange(60))),
            lasting_s=lasting,
            measures={**measures, "lasting_s": lasting},
            place=place,
            substance=random.random() < kind.held,
        )

    # --- a find of a registered vehicle -------------------------------------------------------------------------------
    def _follow(self, random: Random, find: Found, whose: Answer, stretch: Stretch) -> None:
        rule, subject = self.rules[find.kind.code], find.subject
        standard = self.setting.standard(subject.kind, rule.code, "")
        found_at = find.ended_at + timedelta(seconds=random.randrange(15, 90))
        if found_at > self.setting.end or (standard is not None and not standard.applies):
            return
        finding = Finding(
            detector=rule.code, title=rule.title, vehicle_id=subject.pk, company_id=subject.company_id,
            county_id=whose.county_id, state=Finding.State.ENDED, started_at=find.started_at, ended_at=find.ended_at,
            latitude_e6=find.place[0], longitude_e6=find.place[1], measures=find.measures, limits=rule.limits,
            source=rule.source, evidence={"generated": True, "track": [], "note": words.GENERATED},
        )  # fmt: skip
        looked = self._looked(random, find, finding, whose, found_at)
        stretch.looks.append(looked)
        story = None
        if not rule.screened:
            story = self._story(random, find, whose, found_at, finding, None)
        elif looked.last is not None and looked.last.answer == Review.Answer.CONFIRMED:
            story = self._story(random, find, whose, looked.last.at, finding, looked.last)
        stretch.findings.append((finding, story))
        if story is None:
            return
        last = looked.last
        if last is not None and not rule.screened:
            story.plan(last.at, lambda: story.note(last.by, *_said(finding, last)))
        story.live_through()
        stretch.stories.append(story)

    def _looked(self, random: Random, find: Found, finding: Finding, whose: Answer, found_at: datetime) -> Looked:
        rule, subject = self.rules[find.kind.code], find.subject
        driver, name = self.city.driver(subject.pk, find.started_at)
        item = ReviewItem(
            finding=finding, detector=rule.code, vehicle_id=subject.pk, company_id=subject.company_id,
            county_id=whose.county_id, practitioner_id=driver, plate=subject.plate,
            plate_colour=subject.plate_colour, industry=subject.kind, company_name=subject.company_name,
            driver_name=name, county_rule=whose.rule, boundary_unconfirmed=whose.unconfirmed,
            awaits_case=rule.screened, score=score_of(find.measures, rule.limits, subject.kind), created_at=found_at,
        )  # fmt: skip
        return look_at(
            item, self.setting, random, substance=find.substance, pairs=self.pairs,
            usual_hours=_SCREENED_FIRST if rule.screened else _SCREENED_BESIDE,
        )  # fmt: skip

    def _story(
        self, random: Random, find: Found, whose: Answer, at: datetime, finding: Finding, review: Review | None
    ) -> Story:
        rule, subject = self.rules[find.kind.code], find.subject
        driver, name = self.city.driver(subject.pk, find.started_at)
        case = Case(
            origin=Case.Origin.FINDING, kind=rule.code, industry=subject.kind, title=rule.title,
            state=State.COLLECTED, county_id=whose.county_id, county_rule=whose.rule,
            boundary_unconfirmed=whose.unconfirmed, vehicle_id=subject.pk, company_id=subject.company_id,
            plate=subject.plate, plate_colour=subject.plate_colour, company_name=subject.company_name,
            driver_name=name, practitioner_id=driver, occurred_at=find.started_at, latitude_e6=find.place[0],
            longitude_e6=find.place[1],
        )  # fmt: skip
        story = self._told(random, case, at, find.substance)
        facts: dict[str, Any] = {"detector": rule.code, "measures": find.measures, "limits": rule.limits,
                                 "source": rule.source, "generated": True}  # fmt: skip
        if review is not None:
            facts |= {"finding": finding, "review": review, "marked_at": None}
        story.open(at, facts, review.by if review else None, self._grade(case, subject.pk, at))
        return story

    def _told(self, random: Random, case: Case, at: datetime, substance: bool) -> Story:
        """A story about to begin; some of the last weeks' go slowly, and one in each state stays there."""
        setting, halt, haste = self.setting, None, 1.0
        left = setting.office.hours(at, setting.end)
        if self.standing and case.county_id and _HALT_HOURS <= left <= 2 * _HALT_HOURS:
            halt, haste = self.standing.pop(0), 0.1
        elif setting.end - at < timedelta(days=21) and random.random() < _STRAGGLERS:
            haste = _SLOW
        return Story(setting, case, Random(random.random()), substance, halt, haste)

    def _grade(self, case: Case, subject: Any, at: datetime) -> str:
        """Level and key by the rules in force; the rule that said so."""
        same = self.before[subject, case.kind]
        same.append(at)
        for rule in self.key_rules:
            if rule.industry not in ("", case.industry) or not kind_fits(rule.kind, case.kind):
                continue
            since = at - timedelta(days=rule.within_days)
            if sum(since <= one <= at for one in same) >= rule.repeats:
                case.level, case.is_key = rule.level, rule.is_key
                return str(rule)
        return ""

    # --- a vehicle from elsewhere -------------------------------------------------------------------------------------
    def _elsewhere(self, random: Random, find: Found, stretch: Stretch) -> None:
        rule = self.rules[Elsewhere.code]
        matter = Matter(kind=rule.code, latitude_e6=find.place[0], longitude_e6=find.place[1])
        whose = territory.decide(matter, self.law) if random.random() < 0.8 else Answer(None, "")
        lead = self.foreigners.lead(random, find.started_at, find.place, whose, rule)
        if lead is None or lead.found_at > self.setting.end:
            return
        leads.decide(lead, self.setting, random, find.substance)
        story = None
        if lead.decided_at is not None and lead.state == lead.State.CONFIRMED:
            case = Case(
                origin=Case.Origin.FINDING, kind=rule.code, industry=Vehicle.Kind.TAXI, title=rule.title,
                state=State.COLLECTED, county_id=whose.county_id, county_rule="按主要营运地" if whose.county_id else "",
                boundary_unconfirmed=whose.unconfirmed, plate=lead.plate, plate_colour=lead.plate_colour,
                occurred_at=find.started_at, latitude_e6=lead.latitude_e6, longitude_e6=lead.longitude_e6,
            )  # fmt: skip
            story = self._told(random, case, lead.decided_at, True)
            facts = {"lead": lead, "days": lead.evidence["days"], "measures": lead.measures, "limits": lead.limits,
                     "source": lead.source, "note": lead.note, "generated": True}  # fmt: skip
            story.open(lead.decided_at, facts, lead.decided_by, self._grade(case, lead.plate, lead.decided_at))
            story.live_through()
            stretch.stories.append(story)
        stretch.leads.append((lead, story))


def has_past(on: date) -> bool:
    """Whether the installation has cases older than a week, real ones or of an earlier run."""
    return any_opened_before(_local(on, time()) - _OLD)


@transaction.atomic
def fill(on: date, *, days: int = DAYS, size: float = 1.0, seed: int = SEED) -> Counter[str]:
    """Fills ``days`` before ``on`` where there is no past yet; says how many rows of each kind.

    ``size`` is the share of the usual number of cases. Nothing is added where cases are older than a week, or where
    less than the demo's vehicles are registered.
    """
    added: Counter[str] = Counter()
    city = City(Random(seed))
    if has_past(on) or not city.size:
        return added
    added["user"] = add_officers()
    first = on - timedelta(days=days)
    past = _past(city, on, first, days, size, seed)
    for start in range(0, days, _AT_ONCE):
        stretch = Stretch()
        for number in range(start, min(days, start + _AT_ONCE)):
            past.day(first + timedelta(days=number), stretch)
        added += write(stretch)
    analyse()
    for build in AFTER_HISTORY:
        build(first, on - timedelta(days=1))
    return added


def _past(city: City, on: date, first: date, days: int, size: float, seed: int) -> Past:
    end = _local(on, time())

    @cache
    def standard(industry: str, kind: str, level: str) -> WorkflowRule | None:
        return rule_for(industry, kind, level)

    people = cast()
    setting = Setting(
        end=end,
        office=Office(_local(first, time()), end),
        cast=people,
        standard=standard,
        supervision={row.level: row for row in SupervisionRule.objects.filter(in_force=True)},
        team=cache(team_for),
        counties=tuple(county.pk for county in counties() if county.pk in people.counties),
    )
    return Past(
        setting=setting,
        city=city,
        rules=rules(),
        key_rules=list(KeyCaseRule.objects.filter(in_force=True)),
        pairs=desk_setting("blind_share_percent") / 100,
        first=first,
        days=days,
        seed=seed,
        size=size,
        foreigners=leads.Foreigners(),
        law=territory.in_force(),
    )


def _said(finding: Finding, review: Review) -> tuple[str, dict[str, Any]]:
    """What the desk's answer adds to a case that is open, as the desk itself words it."""
    facts: dict[str, Any] = {"finding": finding, "review": review, "marked_at": None}
    if review.answer == Review.Answer.CONFIRMED:
        return "；".join(filter(None, ("远程排查确认属实", review.note))) + words.DEMO, facts
    facts |= {"reason": review.reason, "proposed_outcome": str(Case.Outcome.UNFOUNDED)}
    return f"远程排查不成立（{review.get_reason_display()}），建议查证后以“不属实”办结" + words.DEMO, facts


def _local(day: date, at: time) -> datetime:
    zone = ZoneInfo(settings.TIME_ZONE)
    return datetime.combine(day, at, zone).astimezone(UTC)
