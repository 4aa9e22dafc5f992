"""Each figure as a table (统计表): the page shows it, and a sheet of the Excel file holds the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from datacenter.cases.models import Case
from datacenter.geo import hexagons
from datacenter.registry.models import Vehicle
from datacenter.statistics import figures
from datacenter.statistics.asking import Asked
from datacenter.statistics.figures import Cases, Point, Stage, Sums, Work, Worked, share

SHADES = 5
MOST_PLACES = 3000


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: a number, a share (``kind`` percent), hours, or words; and the address of the rows behind it."""

    value: Any
    href: str = ""
    kind: str = "number"
    shade: int = 0  # 0 to SHADES: how much, against the most of its table
    hint: str = ""


@dataclass(slots=True)
class Table:
    """A figure's table."""

    key: str
    title: str
    head: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    foot: list[Cell] = field(default_factory=list)
    note: str = ""
    words: int = 1  # how many columns of words stand before the figures


def words(text: Any, href: str = "", hint: str = "") -> Cell:
    """A cell of words."""
    return Cell(str(text), href, "words", hint=hint)


def percent(rate: float | None, href: str = "") -> Cell:
    """A share from 0 to 1."""
    return Cell(rate, href, "percent")


def hours(value: float | None, href: str = "") -> Cell:
    """Hours, with a tenth."""
    return Cell(value, href, "hours")


def _shade(value: int, most: int) -> int:
    return 0 if not value or not most else 1 + (value * SHADES - 1) // most


def funnel(stages: list[Stage]) -> Table:
    """漏斗."""
    table = Table(
        "funnel", _("办理漏斗"),
        [_("环节"), _("到达"), _("占立案"), _("较上一环节"), _("停在此环节"), _("其中退回")],
        note=_("按案件现在所处状态计；退回的案件回到签收环节重新办理"),
    )  # fmt: skip
    for stage in stages:
        table.rows.append(
            [
                words(stage.title), Cell(stage.reached, stage.href), percent(stage.rate), percent(stage.passed),
                Cell(stage.at_work, stage.standing_href),
                Cell(stage.returned, stage.returned_href) if stage.takes_back else words(""),
            ]
        )  # fmt: skip
    return table


def ageing(found: dict[str, list[int]], asked: Asked, names: dict[str, str], today: date) -> Table:
    """案龄."""
    classes = figures.ages(today)
    table = Table(
        "ageing", _("案龄（现在未办结）"), [_("县区"), *(age.title for age in classes), _("合计")],
        note=_("自立案起的天数，不限立案时段"),
    )  # fmt: skip
    most = max((number for numbers in found.values() for number in numbers), default=0)

    def row(title: str, county: str, numbers: list[int], shaded: bool) -> list[Cell]:
        cells = [words(title)]
        for age, number in zip(classes, numbers, strict=True):
            since = "" if age.since == classes[-1].since else age.since.isoformat()
            href = asked.rows(county=county, since=since, until=age.until.isoformat(), stage="open")
            cells.append(Cell(number, href, shade=_shade(number, most) if shaded else 0))
        return [*cells, Cell(sum(numbers), asked.rows(county=county, since="", until="", stage="open"))]

    for code, name in [*names.items(), ("", _("未派发"))]:
        if code in found:
            table.rows.append(row(name, code or "none", found.pop(code), True))
    for code, numbers in found.items():  # counties of former days
        table.rows.append(row(code, code, numbers, True))
    columns = list(zip(*([cell.value for cell in cells[1:-1]] for cells in table.rows), strict=True))
    if len(table.rows) > 1:
        table.foot = row(_("合计"), asked.county, [sum(column) for column in columns], False)
    return table


_CASE_HEAD = ("立案", "占比", "未办结", "已办结", "办结率", "曾被退回", "属实", "不属实", "属实率")


def _case_cells(sums: Sums, whole: Sums, asked: Asked, **only: Any) -> list[Cell]:
    return [
        Cell(sums["total"], asked.rows(**only)),
        percent(share(sums["total"], whole["total"])),
        Cell(sums["waiting"], asked.rows(**only, stage="open")),
        Cell(sums.ended, asked.rows(**only, stage="closed")),
        percent(share(sums.ended, sums["total"])),
        Cell(sums["sent_back"], asked.rows(**only, sent_back="yes")),
        Cell(sums["substantiated"], asked.rows(**only, outcome="substantiated")),
        Cell(sums["unfounded"], asked.rows(**only, outcome="unfounded")),
        percent(share(sums["substantiated"], sums.judged)),
    ]


def _by(key: str, title: str, first: str, column: str, found: Cases, asked: Asked, names: dict[str, str]) -> Table:
    table = Table(key, title, [first, *map(_, _CASE_HEAD)])
    groups = sorted(found.by[column].items(), key=lambda item: (-item[1]["total"], item[0]))
    for value, sums in groups:
        name = names.get(value, value) or _("无")
        cells = _case_cells(sums, found.whole, asked, **{column: value})
        if value not in names:  # the list has no filter for what has none, nor for a kind that nobody registers now
            cells = [replace(cell, href="") for cell in cells]
        table.rows.append([words(name, hint=value if column == "kind" else ""), *cells])
    if len(groups) > 1:
        table.foot = [words(_("合计")), *_case_cells(found.whole, found.whole, asked)]
    return table


def kinds(found: Cases, asked: Asked, titles: dict[str, str]) -> Table:
    """By kind of case (事由)."""
    return _by("kinds", _("按事由"), _("事由"), "kind", found, asked, titles)


def industries(found: Cases, asked: Asked) -> Table:
    """By industry."""
    return _by("industries", _("按行业"), _("行业"), "industry", found, asked, dict(Vehicle.Kind.choices))


def origins(found: Cases, asked: Asked) -> Table:
    """By origin."""
    return _by("origins", _("按来源"), _("来源"), "origin", found, asked, dict(Case.Origin.choices))


def _work_cells(work: Work, asked: Asked, **only: Any) -> list[Cell]:
    return [
        Cell(work["accepted"], asked.rows(**only, leg="accepted")),
        Cell(work["handled"], asked.rows(**only, leg="handled")),
        Cell(work["fed_back"], asked.rows(**only, leg="fed_back")),
        Cell(work["on_time"], asked.rows(**only, leg="on_time")),
        Cell(work["late"], asked.rows(**only, leg="late")),
        percent(work.on_time_rate),
        Cell(work["returned"], asked.rows(**only, leg="returned")),
        hours(work.accept_h, asked.rows(**only, leg="accepted")),
        hours(work.feed_back_h, asked.rows(**only, leg="fed_back")),
    ]


_WORK_HEAD = ("签收", "办理", "反馈", "按时反馈", "逾期反馈", "按时率", "被退回", "签收用时 h", "反馈用时 h")


def counties(found: Cases, worked: Worked, asked: Asked, names: dict[str, str]) -> Table:
    """By county: the cases, and what its leading legs came to."""
    table = Table(
        "counties", _("按县区"), [_("县区"), _("立案"), _("未办结"), _("已办结"), _("办结率"), *map(_, _WORK_HEAD)],
        note=_("用时为中位数：派发到签收，签收到反馈；只计主办"),
    )  # fmt: skip

    def row(title: str, sums: Sums, work: Work, **only: Any) -> list[Cell]:
        cells = _case_cells(sums, found.whole, asked, **only)
        return [words(title), cells[0], cells[2], cells[3], cells[4], *_work_cells(work, asked, **only)]

    groups = found.by["county_id"]
    order = [*names, *sorted(set(groups) - set(names) - {""}), ""]
    for code in order:
        if code in groups:
            title = names.get(code, code) or _("未派发")
            table.rows.append(row(title, groups[code], worked.counties[code], county=code or "none"))
    if len(table.rows) > 1:
        table.foot = row(_("合计"), found.whole, worked.whole)
    return table


def officers(worked: Worked, asked: Asked) -> Table:
    """By officer, who accepted most first."""
    table = Table(
        "officers", _("按承办人"), [_("承办人"), _("机构"), *map(_, _WORK_HEAD)],
        note=_("改派、退件、重办后收回的派送不计"), words=2,
    )  # fmt: skip
    people = sorted(worked.officers.items(), key=lambda item: (-item[1]["accepted"], item[0]))
    for (pk, name, body), work in people:
        table.rows.append([words(name), words(body), *_work_cells(work, asked, officer=pk)])
    return table


def by_hour(found: list[list[int]], asked: Asked) -> Table:
    """When cases happened: weekday by hour."""
    table = Table("hours", _("发生时段"), [_("发生在"), *(str(hour) for hour in range(24)), _("合计")])
    most = max((number for row in found for number in row), default=0)
    for day, (name, row) in enumerate(zip(figures.weekday_names(), found, strict=True)):
        cells = [
            Cell(number, asked.rows(weekday=day, hour=hour), shade=_shade(number, most), hint=f"{name} {hour}:00")
            for hour, number in enumerate(row)
        ]
        table.rows.append([words(name), *cells, Cell(sum(row), asked.rows(weekday=day))])
    sums = [sum(column) for column in zip(*found, strict=True)]
    table.foot = [words(_("合计")), *(Cell(number, asked.rows(hour=hour)) for hour, number in enumerate(sums)),
                  Cell(sum(sums), asked.rows())]  # fmt: skip
    return table


def trend(points: Iterable[Point], asked: Asked) -> Table:
    """Step by step, beside the period before."""
    table = Table("trend", _("趋势"), [_("时段"), _("立案"), _("其中已办结"), _("上一时段立案"), _("其中已办结")])
    for point in points:
        now = {"since": point.since.isoformat(), "until": point.until.isoformat()}
        then = {"since": point.since_before.isoformat(), "until": point.until_before.isoformat()}
        title = f"{point.since:%m-%d}" if asked.grain == "day" else f"{point.since:%Y-%m-%d} – {point.until:%m-%d}"
        table.rows.append(
            [
                words(title),
                Cell(point.total, asked.rows(**now)),
                Cell(point.ended, asked.rows(**now, stage="closed")),
                Cell(point.total_before, asked.rows(**then)),
                Cell(point.ended_before, asked.rows(**then, stage="closed")),
            ]
        )  # fmt: skip
    return table


def places(packed: bytes, asked: Asked) -> Table:
    """Where cases happened: cells, the most first."""
    table = Table("places", _("发生地点"), [_("网格（H3）"), _("中心纬度"), _("中心经度"), _("立案")])
    for index, number in hexagons.most(*hexagons.counted(packed), MOST_PLACES):
        latitude, longitude = hexagons.centre(index)
        table.rows.append(
            [words(index), Cell(round(latitude, 6)), Cell(round(longitude, 6)), Cell(number, asked.rows(cell=index))]
        )
    return table
