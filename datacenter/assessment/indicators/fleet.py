"""How well fleets are connected (上线率、轨迹完整率) and answer (指令应答率), of companies and of counties.

Online and complete after 交运发〔2016〕160号: vehicles online at least once in the period ÷ vehicles connected;
kilometres of complete track ÷ all kilometres.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import BigIntegerField, Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.commands.models import Command
from datacenter.registry.models import Terminal, Vehicle
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.tracks.models import TrackQuality

# Vehicle's column for each kind of subject.
OWNER = {Kind.COMPANY: "company_id", Kind.COUNTY: "county_id"}
_NEVER_SENT = (Command.State.QUEUED, Command.State.SENT, Command.State.EXPIRED, Command.State.CANCELLED)
_HEARD = (Command.State.ACKNOWLEDGED, Command.State.ANSWERED, Command.State.REFUSED)


def fleets(kind: Kind, period: Period) -> dict[str, dict[str, int]]:
    """Of each subject ``connected``, ``online``, ``distance_mm``, ``complete_mm``; two queries for all kinds."""
    return period.once("fleets", lambda: _fleets(period))[kind]


def _days(period: Period) -> QuerySet[TrackQuality]:
    """What each vehicle's track of each day of a period is worth."""
    return TrackQuality.objects.filter(day__range=(period.first, period.last)).order_by()


def _fleets(period: Period) -> dict[Kind, dict[str, dict[str, int]]]:
    """Connected (入网) is what is not struck off and has a terminal in use."""
    found: dict[Kind, dict[str, dict[str, int]]] = {kind: {} for kind in OWNER}
    sums = {"way": Sum("distance_mm"), "whole": Sum("complete_mm")}
    ways = {pk: (way, whole) for pk, way, whole in _days(period).values_list("vehicle_id").annotate(**sums)}
    in_use = Terminal.objects.filter(vehicle=OuterRef("pk"), state=Terminal.State.IN_USE)
    in_net = Case(When(Exists(in_use) & ~Q(state=Vehicle.State.RETIRED), then=1), default=0)
    for pk, company, county, net in (
        Vehicle.objects.order_by().annotate(net=in_net).values_list("pk", "company_id", "county_id", "net")
    ):
        way = ways.get(pk)
        if not net and way is None:
            continue
        for kind, key in ((Kind.COMPANY, str(company)), (Kind.COUNTY, county)):
            line = found[kind].setdefault(key, {"connected": 0, "online": 0, "distance_mm": 0, "complete_mm": 0})
            line["connected"] += net
            if way is not None:
                line["online"] += 1
                line["distance_mm"] += int(way[0])
                line["complete_mm"] += int(way[1])
    return found


def _online(kind: Kind) -> Callable[[Period], Figures]:
    def compute(period: Period) -> Figures:
        return {key: Figure(line["online"], max(line["connected"], line["online"]))
                for key, line in fleets(kind, period).items()}  # fmt: skip

    return compute


def _complete(kind: Kind) -> Callable[[Period], Figures]:
    def compute(period: Period) -> Figures:
        return {key: Figure(round(line["complete_mm"] / 1e6, 2), round(line["distance_mm"] / 1e6, 2))
                for key, line in fleets(kind, period).items()}  # fmt: skip

    return compute


def _answered(kind: Kind) -> Callable[[Period], Figures]:
    def compute(period: Period) -> Figures:
        sent = _sent(period).order_by().values(OWNER[kind])
        rows = sent.annotate(n=Count("pk"), heard=Count("pk", filter=Q(state__in=_HEARD)))
        return {str(row[OWNER[kind]]): Figure(row["heard"], row["n"]) for row in rows}

    return compute


def _sent(period: Period) -> QuerySet[Command]:
    """Orders that went out in the period, and are not waited for any more."""
    return Command.objects.filter(created_at__gte=period.start, created_at__lt=period.until).exclude(
        state__in=_NEVER_SENT
    )


def _vehicles(kind: Kind) -> Callable[[Any, str, Period], QuerySet[Vehicle]]:
    def rows(user: Any, key: str, period: Period) -> QuerySet[Vehicle]:
        quality = _days(period).filter(vehicle=OuterRef("pk"))

        def summed(what: Any) -> Any:
            found = quality.values("vehicle").annotate(x=what).values("x")
            return Coalesce(Subquery(found, output_field=BigIntegerField()), 0)

        seen = Exists(quality)
        fleet = vehicles_visible_to(user).filter(**{OWNER[kind]: key})
        in_use = Terminal.objects.filter(vehicle=OuterRef("pk"), state=Terminal.State.IN_USE)
        return fleet.filter(Exists(in_use) & ~Q(state=Vehicle.State.RETIRED) | seen).annotate(
            days=summed(Count("pk")), way=summed(Sum("distance_mm")), whole=summed(Sum("complete_mm"))
        )

    return rows


def vehicle_cell(vehicle: Vehicle, user: Any) -> Cell:
    """A plate that opens its vehicle, where the user may."""
    return Cell(vehicle.plate, reverse("vehicle-detail", args=[vehicle.pk]) if user.may("vehicle.view") else "")


def _vehicle_line(vehicle: Any, user: Any) -> Sequence[Cell]:
    share = f"{100 * vehicle.whole / vehicle.way:.2f}" if vehicle.way else "—"
    return (
        vehicle_cell(vehicle, user), Cell(vehicle.company.name), Cell(str(vehicle.days) if vehicle.days else "未上线"),
        Cell(f"{vehicle.whole / 1e6:,.1f}"), Cell(f"{vehicle.way / 1e6:,.1f}"), Cell(share),
    )  # fmt: skip


_FLEET_HEAD = ("车牌号", "企业", "在线天数", "完整里程 km", "里程 km", "轨迹完整率 %")


def _commands(user: Any, key: str, period: Period) -> QuerySet[Command]:
    return scope_of(user).limit(_sent(period)).filter(company_id=key).select_related("vehicle")


def _command_line(command: Any, user: Any) -> Sequence[Cell]:
    where = reverse("command-detail", args=[command.pk]) if user.may("command.view") else ""
    return (
        Cell(f"{command.created_at:%Y-%m-%d}", where), vehicle_cell(command.vehicle, user), Cell(command.summary),
        Cell(command.get_state_display()),
    )  # fmt: skip


def _pair(kind: Kind) -> tuple[Indicator, Indicator]:
    behind = Behind(_FLEET_HEAD, _vehicles(kind), _vehicle_line, "plate")
    return (
        Indicator(
            f"{kind}.online", "上线率", Axis.SAFETY, kind, "%", "high", _online(kind), ("上线车辆", "入网车辆"),
            _("当月至少上线一次的车辆 ÷ 入网车辆（在用终端、未注销）"), behind=behind,
        ),
        Indicator(
            f"{kind}.complete", "轨迹完整率", Axis.SAFETY, kind, "%", "high", _complete(kind),
            ("完整里程 km", "里程 km"), _("完整轨迹里程 ÷ 轨迹总里程"), behind=behind,
        ),
    )  # fmt: skip


INDICATORS = (
    *_pair(Kind.COUNTY),
    *_pair(Kind.COMPANY),
    Indicator(
        "company.commands", "平台指令应答率", Axis.COMMAND, Kind.COMPANY, "%", "high", _answered(Kind.COMPANY),
        ("已应答", "已下发"), _("终端已应答的下发指令 ÷ 已下发并等到结果的指令"),
        behind=Behind(("日期", "车牌号", "内容", "状态"), _commands, _command_line),
    ),
)  # fmt: skip
