"""Every address of the house and what stands behind it: the walk (``test_walk``) goes through this table.

An address that the URL configuration has and this table lacks fails the walk by its name: whoever adds a page says here
which of Dawa's objects it would show, or that it has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from datacenter.cases import bulk
from datacenter.cases.states import TRANSITIONS
from datacenter.cases.verb_forms import FORMS
from tests.walls import (
    addresses_assessment,
    addresses_calls,
    addresses_hotline,
    addresses_lost,
    addresses_notices,
    addresses_orders,
    addresses_statistics,
)
from tests.walls.visit import Query, Visit
from tests.walls.world import World


def searches(world: World) -> list[Query]:
    """What a curious reader could type into a list's filters to find Dawa's rows."""
    return [
        {},
        {"q": world.vehicle.plate[1:6]},
        {"q": world.company.name[2:8]},
        {"q": world.company.credit_code},
        {"q": world.practitioner.name[:2]},
        {"q": world.practitioner.identity_no},
        {"q": world.terminal.phone},
        {"q": world.unknown.phone},
        {"q": world.case.number[:-2]},
        {"county": world.vehicle.county_id, "company": world.company.pk, "vehicle": world.vehicle.pk},
        {"county": "none"},
        {"kind": world.vehicle.kind, "industry": world.vehicle.kind},
        {"permit": "expiring", "paper": "expiring", "warranty": "covered"},
        {"maker": world.terminal.maker[:4], "reason": world.frame.reason},
        {"state": "dispatched"},
        {"state": "closed"},
        {"state": "mine", "due": "soon"},
        {"after": world.neighbour.pk},
        {"before": world.vehicle.pk + 1},
        {"before": f"{int(world.case.opened_at.timestamp() * 1e6) + 1}-{world.case.pk + 1}"},
    ]


def _media_searches(world: World) -> list[Query]:
    """The filters of files and alarms, beside those of every list."""
    day = {"day": f"{world.case.opened_at:%Y-%m-%d}"}
    return [
        *searches(world),
        {"vehicle": world.vehicle.pk},
        {"kind": "image", "source": "attachment"},
        {"item": 101},
        day,
    ]


def _call_searches(world: World) -> list[Query]:
    """The filters of emergency calls, beside those of every list."""
    return [*searches(world), {"state": "ringing"}, {"outcome": "real"}, {"call": world.call.pk}]


def _passed(world: World) -> list[Query]:
    """Who was where Dawa's vehicle stood; and what is no question."""
    place = {"latitude": "40.992450", "longitude": "122.066240", "radius_m": 300, "purpose": "case"}
    return [{**place, **world.span}, {"start": "x"}]


def _quality(world: World) -> list[Query]:
    """By each level, with what a curious reader would narrow it to."""
    levels = [{"by": by, "period": "month", "format": "csv"} for by in ("vehicle", "company", "kind", "county")]
    return [*levels, {}, {"date": "x"}, {"by": "vehicle", "format": "csv", "company": world.company.pk}]


def _formats(world: World) -> list[Query]:
    return [{"format": "xlsx"}, *({"format": "csv"} | query for query in searches(world)[:10])]


def _sheets(world: World) -> list[Query]:
    """Nothing, and a table that names Dawa's vehicle to hear what is known of it."""
    content = f"车牌号,车牌颜色,类别,企业\n{world.vehicle.plate},黄,危险货物运输车,{world.company.name}\n"
    return [{}, {"kind": "vehicles", "file": SimpleUploadedFile("a.csv", content.encode()), "typed": content}]


def _span(world: World) -> list[Query]:
    return [{}, world.span]


def _vehicle(world: World) -> list[Any]:
    return [world.vehicle.pk]


def _company(world: World) -> list[Any]:
    return [world.company.pk]


def _practitioner(world: World) -> list[Any]:
    return [world.practitioner.pk]


def _case(world: World) -> list[Any]:
    return [world.case.number]


def _trip(world: World) -> list[Any]:
    return [world.trip.pk]


def _call(world: World) -> list[Any]:
    return [world.call.pk]


def _plate(world: World) -> set[str]:
    return {world.vehicle.plate}


def _name(world: World) -> set[str]:
    return {world.company.name}


def _case_words(world: World) -> set[str]:
    return {world.case.number, world.vehicle.plate}


def _phone(world: World) -> set[str]:
    return {world.terminal.phone}


_NO_TOKEN = "0" * 32
_VERBS = [verb.value for verb in FORMS]
_SAID = {
    "to": "211122",
    "note": "试",
    "reason": "试",
    "result": "试",
    "outcome": "substantiated",
    "level": "1",
    "reply": "试",
    "decision": "accept",
    "until": "2099-01-01T00:00",
}
# kind of sheet: (right to see its rows, what the responsible officer finds in it)
_EXPORTS: dict[str, tuple[str, Callable[[World], set[str]]]] = {
    "vehicles": ("vehicle.view", _plate),
    "companies": ("company.view", _name),
    "practitioners": ("practitioner.view", _name),
    "terminals": ("vehicle.view", _phone),
    "permits": ("company.view", _name),
}


ADDRESSES: dict[str, Visit] = {
    # --- open to the street ---
    "login": Visit("public", methods=("get",)),
    "healthz": Visit("public"),
    "readyz": Visit("public"),
    "metrics": Visit("public"),
    # --- one's own, and what is the same for everybody ---
    "logout": Visit("everyone", methods=("get",)),
    "password-change": Visit("everyone"),
    "api-schema": Visit("everyone", methods=("get",)),
    "api-docs": Visit("everyone", methods=("get",)),
    "api-map-counties": Visit("everyone"),
    "registry-import-template": Visit("everyone", ("registry.import",), lambda w: ["vehicles"]),
    # --- lists ---
    "home": Visit("list", queries=searches, shows=_case_words),
    "live-map": Visit("list", ("map.view",)),
    "api-map-vehicles": Visit("list", ("map.view",), shows=lambda w: _plate(w) | _name(w)),
    "vehicle-list": Visit("list", ("vehicle.view",), queries=searches, shows=_plate),
    "company-list": Visit("list", ("company.view",), queries=searches, shows=_name),
    "practitioner-list": Visit("list", ("practitioner.view",), queries=searches, shows=_name),
    "terminal-list": Visit("list", ("vehicle.view",), queries=searches, shows=lambda w: _phone(w) | _plate(w)),
    "case-list": Visit("list", ("case.view",), queries=searches, shows=_case_words),
    "case-export": Visit("list", ("case.view",), queries=_formats, shows=_case_words),
    "quarantine": Visit("list", ("quarantine.view",), queries=searches, shows=_phone, reader="city"),
    "raw-log-find": Visit("list", ("raw_log.use",), queries=lambda w: [{}, {"plate": w.vehicle.plate}], reader="city"),
    "raw-log": Visit("detail", ("raw_log.use",), _vehicle, shows=_plate, reader="city"),
    "raw-log-newer": Visit(
        "detail", ("raw_log.use",), _vehicle, lambda w: [{}, {"after": 0}],
        shows=lambda w: {w.raw_frame.raw.hex().upper()}, reader="city",
    ),
    "raw-log-export": Visit(
        "detail", ("raw_log.use",), _vehicle, shows=lambda w: {w.raw_frame.raw.hex()}, reader="city"
    ),
    "raw-frame": Visit(
        "detail", ("raw_log.use",), lambda w: [w.vehicle.pk, w.raw_frame.pk], shows=lambda w: {"D4"}, reader="city"
    ),
    "raw-log-switch": Visit(
        "verb", ("raw_log.use",), _vehicle, bodies=lambda w: [{"hours": 1}, {"end": 1}, {}], reader="city"
    ),
    "protocol": Visit(
        "list", ("protocol.view",), queries=lambda w: [{}, {"frame": w.frame.pk}], shows=_phone, reader="city"
    ),
    "unknown-terminals": Visit("list", ("terminal.adopt",), shows=lambda w: {w.unknown.phone}, reader="city"),
    "media-gallery": Visit("list", ("media.view",), queries=_media_searches, shows=lambda w: _plate(w) | {"D4W4抽烟"}),
    "passed": Visit("list", ("track.view",), queries=_passed, shows=_plate),
    "passed-export": Visit(
        "list", ("track.view",), queries=lambda w: [q | {"format": "csv"} for q in _passed(w)], shows=_plate
    ),
    "api-passed": Visit("list", ("track.view",), queries=_passed, shows=_plate),
    "quality": Visit("list", ("track.view",), queries=_quality, shows=lambda w: _plate(w) | _name(w)),
    "quality-export": Visit("list", ("track.view",), queries=_quality, shows=lambda w: _plate(w) | _name(w)),
    "detection-catalogue": Visit("list", ("finding.view",), shows=_name),
    "detection-limits": Visit(
        "list", ("detector.change",), lambda w: ["road.overspeed"],
        lambda w: [{}, {"replaces": w.limit.pk}, {"backtest": w.backtest.pk}],
        bodies=lambda w: [{}, {"save": 1, "company": w.company.pk}], shows=lambda w: _name(w) | {"D4W4公告"},
        reader="city",
    ),
    "detection-backtest": Visit("detail", ("detector.change",), lambda w: [w.backtest.pk], reader="city"),
    "elsewhere-list": Visit("list", ("finding.view",), queries=searches, shows=lambda w: {w.lead.plate}),
    "elsewhere-export": Visit("list", ("finding.view",), queries=_formats, shows=lambda w: {w.lead.plate}),
    "safety-alarms": Visit("list", ("media.view",), queries=_media_searches, shows=lambda w: _plate(w) | {"D4W4抽烟"}),
    "screening": Visit(
        "list", ("screening.review",), queries=lambda w: [{}, {"item": w.item.pk}],
        shows=lambda w: _plate(w) | {"D4W4疑似超速"},
    ),
    "screening-next": Visit(
        "list", ("screening.review",), shows=lambda w: _plate(w) | {"D4W4疑似超速"}, methods=("post",),
        bodies=lambda w: [{}, {"shown": 1}, {"shown": "x"}],
    ),
    "screening-report": Visit("list", ("screening.report",)),
    "screening-live": Visit(
        "list", ("screening.review",), queries=lambda w: [{"q": w.vehicle.plate}, {"vehicle": w.vehicle.pk}, {}],
        shows=_plate,
    ),
    "emergency-desk": Visit("list", ("emergency.view",), queries=_call_searches, shows=_plate),
    "emergency-open": Visit("list", ("emergency.view",), queries=_call_searches, shows=_plate),
    "emergency-ringing": Visit("list", ("emergency.view",), shows=_plate),
    "emergency-history": Visit("list", ("emergency.view",), queries=_call_searches, shows=_plate),
    "emergency-export": Visit("list", ("emergency.view",), queries=_formats, shows=_plate),
    "registry-import": Visit("list", ("registry.import",), bodies=_sheets, reader="city"),
    "command-list": Visit("list", ("command.view",), queries=searches, shows=_plate),
    "command-batches": Visit("list", ("command.view",), shows=_plate),
    **{
        f"command-bulk {code}": Visit(
            "list", ("command.view", "command.send", right), lambda w, code=code: [code],
            bodies=lambda w: [{"to-plates": w.vehicle.plate}, {"text": "试", "to-plates": w.vehicle.plate}, {}],
        )
        for code, right in (("text", "command.send"), ("parameters_set", "command.configure"))
    },
    "trip-list": Visit("list", ("trip.view",), queries=searches, shows=_plate),
    "trip-export": Visit("list", ("trip.export",), queries=_formats, shows=_plate),
    "shift-list": Visit("list", ("trip.view",), queries=searches, shows=_plate),
    "on-duty": Visit("list", ("trip.view",), queries=searches, shows=_plate),
    "api-trip-list": Visit("list", ("trip.view",), queries=searches, shows=_plate),
    "api-case-list": Visit("list", ("case.view",), queries=searches, shows=_case_words),
    "api-vehicle-list": Visit("list", ("vehicle.view",), queries=searches, shows=_plate),
    "api-company-list": Visit("list", ("company.view",), queries=searches, shows=_name),
    **{
        f"registry-export {kind}": Visit(
            "list", ("registry.export", right), lambda w, kind=kind: [kind], queries=_formats, shows=shows
        )
        for kind, (right, shows) in _EXPORTS.items()
    },
    # --- one row of Dawa's ---
    "vehicle-detail": Visit("detail", ("vehicle.view",), _vehicle, shows=_plate),
    "vehicle-drawer": Visit("detail", ("vehicle.view",), _vehicle, shows=_plate),
    "vehicle-section": Visit("detail", ("vehicle.view",), lambda w: [w.vehicle.pk, "taxi"]),
    "vehicle-track": Visit("detail", ("track.view",), _vehicle, shows=_plate),
    "vehicle-track-export": Visit(
        "detail", ("track.view",), _vehicle, _span, shows=lambda w: _plate(w) | {"122.066243"}
    ),
    "api-vehicle-detail": Visit("detail", ("vehicle.view",), _vehicle, shows=_plate),
    "api-vehicle-track": Visit("detail", ("track.view",), _vehicle, _span, shows=lambda w: _plate(w) | {"122066243"}),
    "company-detail": Visit("detail", ("company.view",), _company, shows=_name),
    "api-company-detail": Visit("detail", ("company.view",), _company, shows=_name),
    "practitioner-detail": Visit("detail", ("practitioner.view",), _practitioner, shows=_name),
    "practitioner-unmask": Visit(
        "verb", ("personal_data.unmask",), _practitioner,
        shows=lambda w: {w.practitioner.name, w.practitioner.phone}, reader="city",
    ),
    "command-detail": Visit("detail", ("command.view",), lambda w: [w.command.pk], shows=_plate),
    "command-batch": Visit("detail", ("command.view",), lambda w: [w.batch.pk], shows=_plate),
    "vehicle-reports": Visit("detail", ("vehicle.view",), _vehicle, shows=lambda w: {"D4W4运单"}),
    "terminal-report": Visit("detail", ("vehicle.view",), lambda w: [w.report.pk], shows=lambda w: {"D4W4运单"}),
    "vehicle-commands": Visit("detail", ("command.view",), _vehicle, shows=lambda w: {"D4W4请靠边"}),
    "trip-detail": Visit("detail", ("trip.view",), _trip, shows=_plate),
    "api-trip-detail": Visit("detail", ("trip.view",), _trip, shows=_plate),
    "case-detail": Visit("detail", ("case.view",), _case, shows=_plate),
    "api-case-detail": Visit("detail", ("case.view",), _case, shows=_plate),
    "case-attachment": Visit(
        "detail", ("case.view",), lambda w: [w.closed.number, w.attachment.pk], lambda w: [{}, {"size": "thumb"}]
    ),
    "case-evidence": Visit("detail", ("case.view",), lambda w: [w.closed.number]),
    "quarantined-frame": Visit("detail", ("quarantine.view",), lambda w: [w.frame.pk], shows=_phone, reader="city"),
    "registry-import-report": Visit("detail", ("registry.import",), lambda w: [_NO_TOKEN]),
    "media-file": Visit("detail", ("media.view",), lambda w: [w.photo.pk], lambda w: [{}, {"size": "thumb"}]),
    "safety-alarm": Visit(
        "detail", ("media.view",), lambda w: [w.safety_alarm.pk], shows=lambda w: _plate(w) | {w.safety_alarm.alarm_no}
    ),
    "emergency-call": Visit("detail", ("emergency.view",), _call, shows=_plate),
    "emergency-place": Visit("detail", ("emergency.view",), _call, shows=_plate),
    "emergency-progress": Visit("detail", ("emergency.view",), _call),
    "emergency-note": Visit("detail", ("emergency.view",), _call, shows=lambda w: _plate(w) | {w.practitioner.name}),
    "elsewhere-lead": Visit("detail", ("finding.view",), lambda w: [w.lead.pk], shows=lambda w: {w.lead.plate}),
    # --- verbs ---
    **{
        f"elsewhere-act {verb}": Visit("verb", ("screening.review",), lambda w, verb=verb: [w.lead.pk, verb])
        for verb in ("reject", "confirm", "nonsense")
    },
    "detection-mode": Visit(
        "verb", ("detector.change",), lambda w: ["road.overspeed"], bodies=lambda w: [{"state": "in_force"}, {}],
        reader="city",
    ),
    "detection-limit-end": Visit(
        "verb", ("detector.change",), lambda w: ["road.overspeed", w.limit.pk], bodies=lambda w: [{"note": "试"}, {}],
        reader="city",
    ),
    "detection-backtest-cancel": Visit("verb", ("detector.change",), lambda w: [w.backtest.pk], reader="city"),
    **{
        f"screening-act {verb}": Visit(
            "verb", ("screening.review",), lambda w, verb=verb: [w.item.pk, verb],
            bodies=lambda w: [{"reason": "drift"}],
        )
        for verb in ("confirm", "reject", "skip", "nonsense")
    },
    "screening-photo": Visit("verb", ("screening.review", "command.send"), _vehicle),
    "screening-mark": Visit(
        "verb", ("screening.review",), _vehicle, bodies=lambda w: [{"note": "试", "kind": "road.overspeed"}, {}]
    ),
    "screening-first": Visit(
        "verb", ("detector.change",), lambda w: ["road.overspeed"], bodies=lambda w: [{"wanted": "0"}], reader="city"
    ),
    "emergency-unmask": Visit(
        "verb", ("emergency.handle",), _call, shows=lambda w: {w.practitioner.name, w.practitioner.phone}
    ),
    **{
        f"emergency-act {verb}": Visit("verb", ("emergency.handle",), lambda w, verb=verb: [w.call.pk, verb])
        for verb in ("acknowledge", "note", "hand_over", "close", "nonsense")
    },
    **{
        f"emergency-order {name}": Visit(
            "verb", ("emergency.order",), lambda w, name=name: [w.call.pk, name],
            bodies=lambda w: [{"channel": 1, "phone": "04271234567"}],
        )
        for name in ("photo", "listen", "talk", "confirm", "end", "nonsense")
    },
    "registry-import-confirm": Visit("verb", ("registry.import",), lambda w: [_NO_TOKEN]),
    "adopt-terminal": Visit(
        "verb", ("terminal.adopt",), lambda w: [w.unknown.pk], reader="city",
        bodies=lambda w: [{"vehicle": w.vehicle.pk}, {"plate": w.vehicle.plate}, {}],
    ),
    "command-cancel": Visit("verb", ("command.send",), lambda w: [w.command.pk]),
    "command-batch-cancel": Visit("verb", ("command.send",), lambda w: [w.batch.pk]),
    "vehicle-order text": Visit(
        "verb", ("command.send",), lambda w: [w.vehicle.pk, "text"], bodies=lambda w: [{"text": "试", "kind": "notice"}]
    ),
    "vehicle-order parameters_set": Visit(
        "verb", ("command.send", "command.configure"), lambda w: [w.vehicle.pk, "parameters_set"]
    ),
    **{
        f"case-bulk {verb}": Visit(
            "verb", ("case.view", TRANSITIONS[verb].right), reader="city",
            bodies=lambda w, verb=verb: [{"number": [w.closed.number, w.case.number], "verb": verb, "confirmed": "1",
                                          **_SAID}, {"number": w.case.number, "verb": verb}],
        )
        for verb in bulk.VERBS
    },
    "territory": Visit("list", ("territory.change",), reader="city"),
    "territory-rule": Visit(
        "verb", ("territory.change",), lambda w: [0], reader="city",
        bodies=lambda w: [{"position": 1, "basis": "place", "try": "1"}, {}],
    ),
    **{
        f"case-act {verb}": Visit(
            "verb", ("case.view",), lambda w, verb=verb: [w.case.number, verb], bodies=lambda w: [_SAID]
        )
        for verb in (*_VERBS, "collect", "nonsense")
    },
    **{f"api-case.{verb}": Visit("verb", ("case.view",), _case, bodies=lambda w: [_SAID]) for verb in _VERBS},
    **addresses_lost.ADDRESSES,
    **addresses_hotline.ADDRESSES,
    **addresses_notices.ADDRESSES,
    **addresses_orders.ADDRESSES,
    **addresses_statistics.VISITS,
    **addresses_assessment.ADDRESSES,
    **addresses_calls.ADDRESSES,
}  # fmt: skip
# What the responsible reader is not asked to open: nothing lies there, or it would be done.
NOT_READ = (
    *addresses_lost.NOT_READ,
    *addresses_hotline.NOT_READ,
    *addresses_notices.NOT_READ,
    *addresses_orders.NOT_READ,
    *addresses_assessment.NOT_READ,
    *addresses_calls.NOT_READ,
    "detection-backtest",
    "detection-limit-end",
    "detection-mode",
    "screening-next",
    "screening-act",
    "screening-photo",
    "screening-mark",
    "screening-first",
    "raw-log-find",
    "raw-log-switch",
    "command-cancel",
    "command-batch-cancel",
    "vehicle-order",
    "command-bulk",
    "registry-import-report",
    "registry-import-confirm",
    "adopt-terminal",
    "case-act",
    "case-bulk",
    "territory-rule",
    "api-case.",
    "emergency-act",
    "emergency-order",
    "elsewhere-act",
)


def entries(name: str) -> dict[str, Visit]:
    """The table's lines for one name: a verb of many forms has a line for each."""
    return {key: visit for key, visit in ADDRESSES.items() if key == name or key.split(" ")[0] == name}
