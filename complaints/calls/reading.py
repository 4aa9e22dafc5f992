"""Reads one event of the call platform (读事件): every field is checked here, at the border, and nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from complaints.calls.errors import EventRefused
from complaints.calls.models import CallEvent

Kind = CallEvent.Kind
EARLIEST, LATEST = timedelta(days=30), timedelta(minutes=5)
"""How long after its moment an event may come, and how far ahead the platform's clock may be."""
MOST_RECORDING_S = 24 * 3600
MOST_QUESTIONS = 200
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,19}")
_EXTENSION = re.compile(r"[A-Za-z0-9*#-]{1,20}")


@dataclass(frozen=True, slots=True)
class Event:
    """One event, checked. ``body`` is what came."""

    event_id: str
    call_id: str
    kind: Kind
    at: datetime
    body: dict[str, Any]


def _text(name: str, value: Any, pattern: re.Pattern[str], rule: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise EventRefused(name, value, rule)
    return value


def _id(name: str, value: Any) -> str:
    return _text(name, value, _ID, "1 至 64 位字母、数字和 . _ : -")


def _number(name: str, value: Any) -> str:
    return (
        ""
        if value == ""
        else _text(name, value, _NUMBER, "电话号码为至多 19 位数字、* 或 #，可以 + 开头；隐藏号码为空")
    )


def _extension(name: str, value: Any) -> str:
    return "" if value == "" else _text(name, value, _EXTENSION, "至多 20 位字母、数字、* # -")


def _name(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 40 or not all(sign.isprintable() for sign in value):
        raise EventRefused(name, value, "至多 40 个可见字符")
    return value


def _url(name: str, value: Any) -> str:
    rule = "至多 500 字符的 http 或 https 地址，不含用户名和口令"
    if not isinstance(value, str) or not value or len(value) > 500 or not value.isascii() or not value.isprintable():
        raise EventRefused(name, value, rule)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        valid = False
    if not valid:
        raise EventRefused(name, value, rule)
    return value


def _seconds(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_RECORDING_S:
        raise EventRefused(name, value, f"0 至 {MOST_RECORDING_S} 的整数秒")
    return value


# What each field may be; and which fields each kind of event must have besides.
_FIELDS: dict[str, Callable[[str, Any], Any]] = {
    "event_id": _id,
    "call_id": _id,
    "caller": _number,
    "called": _number,
    "extension": _extension,
    "agent_name": _name,
    "recording_url": _url,
    "recording_s": _seconds,
}
_ALWAYS = ("event_id", "call_id", "kind", "at")
_NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.RINGING: ("caller", "called"),
    Kind.ANSWERED: (),
    Kind.HUNG_UP: (),
    Kind.RECORDING: ("recording_url",),
}


def read_json(raw: bytes) -> dict[str, Any]:
    """The object that ``raw`` spells. Raises ``EventRefused``."""
    try:
        body = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise EventRefused("body", raw[:40], "应为 UTF-8 编码的 JSON 对象") from None
    if not isinstance(body, dict):
        raise EventRefused("body", body, "应为 JSON 对象")
    return body


def read_event(body: dict[str, Any], *, now: datetime) -> Event:
    """The event that ``body`` tells. Raises ``EventRefused`` by the first field that is wrong."""
    for name in body:
        if name not in _FIELDS and name not in ("kind", "at"):
            # JSON may spell half a character, which no answer can carry.
            raise EventRefused(name.encode("utf-8", "backslashreplace").decode()[:40], body[name], "未知字段")
    for name in _ALWAYS:
        if name not in body:
            raise EventRefused(name, "", "必填")
    kind = body["kind"]
    if not isinstance(kind, str) or kind not in Kind.values:
        raise EventRefused("kind", kind, "应为 " + "、".join(Kind.values) + " 之一")
    for name in _NEEDED[Kind(kind)]:
        if name not in body:
            raise EventRefused(name, "", f"{kind} 事件必填")
    checked = {name: check(name, body[name]) for name, check in _FIELDS.items() if name in body}
    return Event(checked["event_id"], checked["call_id"], Kind(kind), _moment(body["at"], now), body)


def _moment(value: Any, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None:
        raise EventRefused("at", value, "应为带时区的 ISO 8601 时间，如 2026-11-29T09:30:00+08:00")
    if not now - EARLIEST <= at <= now + LATEST:
        raise EventRefused("at", value, f"应在最近 {EARLIEST.days} 天之内，且不晚于服务器时间 5 分钟")
    return at


def read_question(body: dict[str, Any]) -> list[str]:
    """The calls that the platform asks about. Raises ``EventRefused``."""
    asked = body.get("call_ids")
    if set(body) != {"call_ids"} or not isinstance(asked, list) or not 1 <= len(asked) <= MOST_QUESTIONS:
        raise EventRefused("call_ids", asked, f"只含 call_ids：1 至 {MOST_QUESTIONS} 个通话编号的数组")
    return [_id("call_ids", value) for value in asked]
