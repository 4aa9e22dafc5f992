"""Pages of the detectors (检测规则目录、判定参数): what there is and finds; limits changed, tried and back-tested."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe
from kombu.exceptions import OperationalError

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.accounts.scope import CITY, entered
from datacenter.detection import backtest, overview, tasks
from datacenter.detection.backtest_words import report
from datacenter.detection.catalogue import Detector, detectors
from datacenter.detection.errors import DetectorNotFound, LimitsRefused
from datacenter.detection.forms import LimitForm, ModeForm, initial_of
from datacenter.detection.limit_words import in_words, whom
from datacenter.detection.models import Backtest, DetectorLimit, DetectorSetting, DetectorSettingChange, Mode
from datacenter.detection.selectors import (
    backtests_visible_to,
    get_backtest_for,
    get_limit_for,
    limits_visible_to,
)
from datacenter.detection.settings import change_setting, require_city
from datacenter.detection.workflow import add_limit, end_limit
from datacenter.errors import DomainError

_HISTORY = 30


@require_safe
@needs("finding.view")
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """检测规则目录: every detector with its clause, limits, recent findings and cost."""
    return render(request, "detection/catalogue.html", {"lines": overview.lines(request.user)})


@needs("detector.change")
def limits_page(request: HttpRequest, code: str) -> HttpResponse:
    """判定参数: a detector's limits by row, with their history; a row is filled in, tried and saved here."""
    detector, setting = _named(code)
    replaces, test = _asked(request, code)
    start = backtest.proposed_row(test) if test else replaces
    facts: dict[str, Any] = {"setting": setting, "detector": detector, "user": request.user}
    if request.method != "POST":
        return _page(request, detector, setting, LimitForm(initial=_initial(start, test), **facts), test, replaces)
    form = LimitForm(request.POST, **facts)
    if not form.is_valid():
        return _page(request, detector, setting, form, test, replaces, 422)
    try:
        with transaction.atomic():
            if "test" in request.POST:
                since, until = form.span()
                test = backtest.begin_backtest(
                    form.row(), since=since, until=until, by=request.user, replaces=replaces, request=request
                )
                _send(test)
                return redirect(f"{reverse('detection-limits', args=[code])}?backtest={test.pk}#backtest")
            add_limit(form.row(), by=request.user, replaces=replaces, request=request)
    except LimitsRefused as refusal:
        form.refuse(refusal)
        return _page(request, detector, setting, form, test, replaces, 422)
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return _page(request, detector, setting, form, test, replaces, refusal.status)
    messages.success(request, _("已保存，约半分钟后生效"))
    return redirect("detection-limits", code=code)


@require_POST
@needs("detector.change")
def end_row(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """终止: the row judges no more from soon on."""
    row = get_limit_for(request.user, code, pk)
    try:
        end_limit(row, by=request.user, note=request.POST.get("note", ""), request=request)
    except LimitsRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已终止，约半分钟后不再适用"))
    return redirect("detection-limits", code=code)


@require_POST
@needs("detector.change")
def change_mode(request: HttpRequest, code: str) -> HttpResponse:
    """The whole detector: in force, on trial, off."""
    require_city(request.user)
    _detector, setting = _named(code)
    form = ModeForm(request.POST)
    if form.is_valid():
        state = form.cleaned_data["state"]
        mode = setting.mode if state == "off" else state
        change_setting(setting, limits=setting.limits, enabled=state != "off", mode=mode, by=request.user)
        audit.record(request, "detector.change", code, state=state)
        messages.success(request, _("已保存，十秒内生效"))
    else:
        messages.error(request, _("请选择生效、试运行或停用"))
    return redirect("detection-limits", code=code)


@require_GET
@needs("detector.change")
def backtest_page(request: HttpRequest, pk: int) -> HttpResponse:
    """回测: how far it is and what it found so far, as a part of the page that asked for it."""
    test = get_backtest_for(request.user, pk)
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('detection-limits', args=[test.detector])}?backtest={pk}")
    return render(request, "detection/_backtest.html", _test_context(request, test))


@require_POST
@needs("detector.change")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """取消回测."""
    test = get_backtest_for(request.user, pk)
    backtest.cancel_backtest(test, by=request.user)
    return redirect(f"{reverse('detection-limits', args=[test.detector])}?backtest={pk}")


def _named(code: str) -> tuple[Detector, DetectorSetting]:
    detector, setting = detectors().get(code), DetectorSetting.objects.filter(pk=code).first()
    if detector is None or setting is None:
        raise DetectorNotFound(detector=code)
    return detector, setting


def _asked(request: HttpRequest, code: str) -> tuple[DetectorLimit | None, Backtest | None]:
    """The row to be replaced and the test to be shown, as the address names them."""
    given = request.GET.get("backtest", "")
    test = get_backtest_for(request.user, int(given)) if given.isdecimal() and len(given) < 18 else None
    if test is not None and test.detector != code:
        test = None
    if test is None and "replaces" not in request.GET:
        under_way = backtests_visible_to(request.user).filter(detector=code, created_by_id=request.user.pk)
        test = under_way.filter(state__in=Backtest.UNDER_WAY).first()
    number = request.GET.get("replaces", "")
    replaces = get_limit_for(request.user, code, int(number)) if number.isdecimal() and len(number) < 18 else None
    return (test.replaces if test else replaces), test


def _initial(start: DetectorLimit | None, test: Backtest | None) -> dict[str, Any]:
    initial = initial_of(start)
    if test is not None:
        initial |= {"note": test.proposal["note"], "since": timezone.localdate(test.since)}
        initial["until"] = timezone.localdate(test.until - timedelta(seconds=1))
    return initial


def _send(test: Backtest) -> None:
    """To the default worker, once the test is committed."""

    def send() -> None:
        try:
            tasks.run_backtest.delay(test.pk)
        except OperationalError:
            with entered(CITY):  # the request's scope has gone with its transaction
                backtest.fail(test, "后台任务队列暂不可用，请稍后再试")

    transaction.on_commit(send)


def _page(
    request: HttpRequest,
    detector: Detector,
    setting: DetectorSetting,
    form: LimitForm,
    test: Backtest | None,
    replaces: DetectorLimit | None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    (line,) = overview.lines(request.user, setting.pk)
    past = limits_visible_to(request.user).filter(detector=setting.pk, valid_until__lte=now)[:_HISTORY]
    context = {
        "line": line, "setting": setting, "detector": detector, "form": form, "replaces": replaces,
        "rows": [_shown(detector, row) for row in line.rows], "past": [_shown(detector, row) for row in past],
        "changes": [_change(detector, change) for change in setting.changes.select_related("by")[:_HISTORY]],
        "others": DetectorSetting.objects.filter(pk__in=detectors()).order_by("title"),
        "mode_form": ModeForm(initial={"state": setting.mode if setting.enabled else "off"}),
        **_test_context(request, test),
    }  # fmt: skip
    return render(request, "detection/limits.html", context, status=status)


def _shown(detector: Detector, row: DetectorLimit) -> dict[str, Any]:
    now = timezone.now()
    return {
        "row": row, "whom": whom(row), "limits": in_words(detector, row.overrides), "ahead": row.valid_from > now,
        "shadow": row.mode == Mode.SHADOW,
    }  # fmt: skip


def _change(detector: Detector, change: DetectorSettingChange) -> dict[str, Any]:
    """What a change of the base made of it: the limits that differ, and whether it judges."""
    before, after = change.before, change.after
    limits = {n: v for n, v in after["limits"].items() if before["limits"].get(n) != v}
    said = in_words(detector, limits)
    if any(before.get(name) != after.get(name) for name in ("enabled", "mode")):
        said.append(str(Mode(after.get("mode", Mode.IN_FORCE)).label) if after["enabled"] else _("停用"))
    if before.get("source_verified") != after.get("source_verified"):
        said.append(_("依据已核实") if after["source_verified"] else _("依据未核实"))
    return {"by": change.by, "at": change.at, "said": said}


def _test_context(request: HttpRequest, test: Backtest | None) -> dict[str, Any]:
    return {"test": test, "report": report(test, request.user) if test else None}
