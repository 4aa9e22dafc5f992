"""The evidence of a case on paper (证据材料): what the detector saw, track, photos with their hashes, chain of events.

Its bytes depend on the case as it stands, on the files and on who reads; not on the moment of asking.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from django.contrib.staticfiles import finders

from datacenter.cases.chain import broken_links
from datacenter.cases.models import Case, CaseEvent
from datacenter.cases.selectors import events_of
from datacenter.detection.case_block import evidence_of
from datacenter.detection.models import Finding
from datacenter.geo.models import County
from datacenter.papers import exhibits, track_picture
from datacenter.papers.errors import NothingToShow
from datacenter.papers.rendering import font, render
from datacenter.registry.masking import mask_name
from datacenter.tracks.store import SHANGHAI

MOST_TRACK_ROWS = 180
_LONG_WORD = re.compile(r"([!-~]{24})(?=[!-~])")
_NOT_PRINTED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def evidence_pdf(case: Case, user: Any) -> bytes:
    """The paper of ``case`` for ``user``, who may see it. Raises ``NothingToShow`` and what ``render`` raises."""
    block = evidence_of(case, user)
    if block is None:
        raise NothingToShow(number=case.number)
    finding: Finding = block["finding"]
    events = events_of(case)
    shown, pictures = exhibits.of_case(case, finding, events, user)
    data = {
        "number": case.number,
        "title": case.title,
        "as_of": _moment(events[-1].at),
        "steps": len(events),
        "reader": str(user),
        "facts": _facts(case, user),
        "detection": _detection(block),
        "track": _track(finding, block["track"]),
        "exhibits": shown,
        "events": [_event(event) for event in events],
        "broken": [event.sequence for event in broken_links(events)],
    }
    if data["track"]["rows"]:
        pictures["track.png"] = _picture(block["track"])
    return render("evidence", _printable(data), at=events[-1].at, pictures=pictures)


def _facts(case: Case, user: Any) -> list[list[str]]:
    """The cover's lines; a name is masked as on the case's page."""
    whole_names = user.may("personal_data.unmask") or user.may("case.names")
    driver = case.driver_name if whole_names else mask_name(case.driver_name)
    place = ""
    if case.latitude_e6 is not None and case.longitude_e6 is not None:
        place = f"东经 {case.longitude_e6 / 1e6:.6f}°，北纬 {case.latitude_e6 / 1e6:.6f}°（WGS-84）"
    plate = " ".join(filter(None, (case.plate, case.get_plate_colour_display(), case.get_industry_display())))
    return [
        ["车辆", plate or "—"],
        ["企业（业户）", case.company_name or "—"],
        ["驾驶员", driver or "未知（没有当时的人车绑定）"],
        ["发生时间", _moment(case.occurred_at)],
        ["发生地点", place or "—"],
        ["承办县区", case.county.name if case.county else "—"],
        ["派发依据", case.county_rule or "—"],
        ["立案时间", _moment(case.opened_at)],
        ["案件状态", case.get_state_display()],
        ["查证结论", case.get_outcome_display() or "尚无"],
        ["办理结果", case.result or "尚无"],
    ]


def _detection(block: dict[str, Any]) -> dict[str, Any]:
    finding: Finding = block["finding"]
    return {
        "code": finding.detector,
        "title": finding.title,
        "source": finding.source,
        "verified": block["verified"],
        "superseded": block["superseded"],
        "ongoing": finding.state == Finding.State.ONGOING,
        "from": _moment(finding.started_at),
        "until": _moment(finding.ended_at),
        "found_at": _moment(finding.found_at),
        "measures": [[row["title"], f"{row['text']} {row['unit']}".strip()] for row in block["measures"]],
        "limits": [[row["title"], f"{row['text']} {row['unit']}".strip()] for row in block["limits"]],
        "reasons": [[row["title"], row["text"], f"{row['pull']:+.2f}"] for row in block["reasons"]],
        "model": (block["model"] or {}).get("sha256", ""),
        "digest": digest_of(finding),
    }


def digest_of(finding: Finding) -> str:
    """SHA-256 over rule, limits, measures and track slice in a fixed spelling: what a replay has to start from."""
    content = {
        "detector": finding.detector,
        "source": finding.source,
        "vehicle": finding.vehicle_id,
        "started_at": int(finding.started_at.timestamp()),
        "ended_at": int(finding.ended_at.timestamp()),
        "limits": finding.limits,
        "measures": finding.measures,
        "evidence": finding.evidence,
    }
    spelled = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def _track(finding: Finding, track: dict[str, Any]) -> dict[str, Any]:
    """Rows of the table: all points, or so many evenly taken with the first, the last and the fastest of the span."""
    points = track["points"]
    picked = set(range(len(points)))
    if len(points) > MOST_TRACK_ROWS:
        inside = [n for n, point in enumerate(points) if track["from"] <= point[0] <= track["until"]] or [0]
        fastest = max(inside, key=lambda n: points[n][3])
        last = len(points) - 1
        picked = {round(n * last / (MOST_TRACK_ROWS - 4)) for n in range(MOST_TRACK_ROWS - 3)}
        picked |= {inside[0], inside[-1], fastest}
    rows = [
        {
            "at": _moment(datetime.fromtimestamp(points[n][0], UTC)),
            "longitude": f"{points[n][1]:.6f}",
            "latitude": f"{points[n][2]:.6f}",
            "speed": f"{points[n][3]:.1f}",
            "inside": track["from"] <= points[n][0] <= track["until"],
        }
        for n in sorted(picked)
    ]
    return {"rows": rows, "points": len(points), "every": (finding.evidence or {}).get("every", 1)}


def _picture(track: dict[str, Any]) -> bytes:
    rows = list(County.objects.filter(valid_until=None).order_by("code").values("name", "city_code", "boundary"))
    path = finders.find(f"data/basemap/{rows[0]['city_code']}.json") if rows else None
    features: list[dict[str, Any]] = []
    if isinstance(path, str):
        with open(path, encoding="utf-8") as file:
            features = json.load(file)["features"]
    ground = track_picture.Ground(features, [(row["name"], row["boundary"]) for row in rows])
    return track_picture.draw(track["points"], track["from"], track["until"], track["limit_kmh"], ground, font())


def _event(event: CaseEvent) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "at": _moment(event.at),
        "verb": event.get_verb_display(),
        "states": f"{event.get_from_state_display()} → {event.get_to_state_display()}".removeprefix(" → "),
        "by": event.by_name,
        "note": event.note,
        "previous": event.previous_hash,
        "hash": event.hash,
    }


def _moment(value: datetime) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _printable(value: Any) -> Any:
    """Without control characters, and with places to break in words longer than a line; digests stay whole."""
    if isinstance(value, dict):
        return {name: entry if name in _WHOLE else _printable(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_printable(entry) for entry in value]
    return _LONG_WORD.sub("\\1\u200b", _NOT_PRINTED.sub("", value)) if isinstance(value, str) else value


_WHOLE = frozenset({"hash", "previous", "digest", "sha256", "picture"})
