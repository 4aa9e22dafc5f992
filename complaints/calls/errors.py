"""Refusals of telephony, each named for what went wrong."""

from __future__ import annotations

from typing import Any

from datacenter.errors import DomainError


class TelephonyOff(DomainError):
    """No shared secret is set: nobody can be told from the call platform."""

    code = "telephony_off"
    status = 503
    message = "电话平台未接入：CALL_PLATFORM_SECRET 没有设置"


class BadSignature(DomainError):
    """The signature is missing or wrong."""

    code = "bad_signature"
    status = 401
    message = "签名缺失或不正确"


class StaleSignature(DomainError):
    """Signed too long ago, or in the future."""

    code = "stale_signature"
    status = 401

    def __init__(self, window_s: int) -> None:
        super().__init__(f"签名时间与服务器相差超过 {window_s} 秒，请校准时钟", window_s=window_s)


class BodyTooLarge(DomainError):
    """More bytes than any event has."""

    code = "body_too_large"
    status = 413

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"请求超过 {most_bytes} 字节", most_bytes=most_bytes)


class EventRefused(DomainError):
    """One field of an event: which, what it was, and the rule."""

    code = "event_refused"
    status = 422

    def __init__(self, field: str, value: Any, rule: str) -> None:
        self.field, self.rule = field, rule
        shown = str(value)[:80]
        super().__init__(f"{field}：{rule}（收到 {shown!r}）", value=shown)

    @property
    def fields(self) -> dict[str, list[str]]:
        """The one field."""
        return {self.field: [self.rule]}


class EventConflict(DomainError):
    """An event's number that came before, with something else in it."""

    code = "event_conflict"
    status = 409

    def __init__(self, event_id: str) -> None:
        super().__init__(f"事件编号 {event_id} 已用于内容不同的事件", event_id=event_id)


class CallNotFound(DomainError):
    """No such call, or not for this reader."""

    code = "call_not_found"
    status = 404
    message = "没有这通电话"


class CallTaken(DomainError):
    """Another operator is in charge."""

    code = "call_taken"
    status = 409
    message = "这通电话已由其他话务员负责"


class NeverAnswered(DomainError):
    """Nobody spoke with the caller: there is nothing to log."""

    code = "never_answered"
    status = 409
    message = "这通电话没有接听，不生成工单"


class RecordingMissing(DomainError):
    """The recording is not there to be heard."""

    code = "recording_missing"
    status = 404
    message = "这通电话没有可播放的录音"


class RangeRefused(DomainError):
    """A range that the recording has no byte of."""

    code = "range_refused"
    status = 416
    message = "请求的范围超出录音"


class TooManyCalls(DomainError):
    """More rows than one file takes."""

    code = "too_many_calls"
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(f"超过 {most:,} 行，请缩小筛选范围后再导出", most=most)
