"""The hotline's day on paper (热线日报): its figures, what waits, and what came in; callers are named nowhere."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from complaints.orders import selectors, statistics
from complaints.orders.models import Order
from complaints.orders.statistics import Line, Share
from datacenter.accounts.scope import scope_of
from datacenter.papers.rendering import render

_MOST = 40
_LEVELS = {"city": "全市", "county": "本县区"}


def paper_of(user: Any, day: date) -> bytes:
    """The PDF of one day, inside the scope of ``user``. Raises what ``render`` raises."""
    figures = statistics.figures_for(user, day, day)
    start = timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
    visible = selectors.orders_visible_to(user)
    rows = list(visible.filter(accepted_at__gte=start, accepted_at__lt=start + timedelta(days=1))[:_MOST])
    late = visible.filter(state=Order.State.HANDLING, case__due_at__lt=timezone.now())
    waiting = visible.filter(state=Order.State.CALLING_BACK).count()
    data = {
        "title": f"12328 热线日报　{day:%Y 年 %m 月 %d 日}",
        "scope": _LEVELS.get(scope_of(user).level, ""),
        "reader": str(user),
        "made": f"{timezone.localtime():%Y-%m-%d %H:%M}",
        "figures": [
            ["受理", str(figures.total.orders)],
            ["即时答复率", _percent(figures.at_once)],
            ["不予受理", str(figures.refused)],
            ["办结率", _percent(figures.total.ended)],
            ["按期办结率", _percent(figures.total.on_time)],
            ["回访率", _percent(figures.total.called_back)],
            ["满意率", _percent(figures.total.satisfied)],
            ["首次答复平均用时", _hours(figures.first_answer)],
            ["逾期未办结（累计）", str(late.count())],
            ["待回访（累计）", str(waiting)],
        ],
        "kinds": [[name, str(number)] for name, number in figures.kinds],
        "counties": [_cells(line) for line in figures.counties],
        "orders": [_order(order) for order in rows],
        "more": max(0, figures.total.orders - _MOST),
    }
    return render("hotline", data, at=start)


def _order(order: Order) -> list[str]:
    about = order.cover(order.plate or order.line or order.company_name or order.place) or "—"
    return [
        order.number,
        f"{timezone.localtime(order.accepted_at):%H:%M}",
        str(order.category),
        about,
        order.county.name if order.county else "—",
        order.get_state_display(),
        order.covered[:80],
    ]


def _cells(line: Line) -> list[str]:
    return [line.name, str(line.orders), *map(_percent, (line.ended, line.on_time, line.called_back, line.satisfied))]


def _percent(share: Share) -> str:
    return "—" if share.percent is None else f"{share.percent:.1f} %（{share.part}/{share.whole}）"


def _hours(value: timedelta | None) -> str:
    return "—" if value is None else f"{value.total_seconds() / 3600:.1f} 小时"
