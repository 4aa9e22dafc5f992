"""Where are you, tell me more often, your alarm was seen (位置类指令)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms

from datacenter.commands.orders.base import Order, OrderForm, whole
from datacenter.facts.envelope import protocol_of
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.bits import Alarm
from datacenter.protocols.jt905 import messages as jt905
from datacenter.protocols.layout import Message

GROUP = "位置与报警"
CONFIRMABLE = (0, 3, 20, 21, 22, 27, 28)
"""Bits of the alarm word that a person confirms. JT/T 808-2019, message 0x8203."""
_BY_TIME = 0x00


class PositionForm(OrderForm):
    """0x8201 (位置信息查询，点名)."""

    def messages(self, edition: str) -> list[Message]:
        return [jt905.LocationQuery() if protocol_of(edition) == "jt905" else jt808.LocationQuery()]


class TrackingForm(OrderForm):
    """0x8202 (临时位置跟踪)."""

    interval_s = whole("上报间隔（秒）", 0, 65535, 5, help_text="0 表示结束跟踪")
    valid_s = whole("持续时间（秒）", 1, 86400, 600)

    def messages(self, edition: str) -> list[Message]:
        interval, valid = self.cleaned_data["interval_s"], self.cleaned_data["valid_s"]
        if protocol_of(edition) == "jt905":
            return [jt905.Tracking(_BY_TIME, interval, valid) if interval else jt905.Tracking(0xFF, 0, 0)]
        return [jt808.Tracking(interval, valid if interval else None)]

    def summary(self) -> str:
        interval = self.cleaned_data["interval_s"]
        return f"每 {interval} 秒，持续 {self.cleaned_data['valid_s']} 秒" if interval else "结束跟踪"


class ConfirmForm(OrderForm):
    """0x8203 (人工确认报警); JT/T 905 has one confirmation for whatever the alarm is (0x8B0A)."""

    bits = forms.TypedMultipleChoiceField(
        label="确认的报警",
        choices=[(bit, Alarm(1 << bit).title) for bit in CONFIRMABLE],
        coerce=int,
        initial=[0],
        widget=forms.CheckboxSelectMultiple,
        help_text="JT/T 905 终端不分类型",
    )
    alarm_serial = whole("报警消息流水号", 0, 65535, 0, help_text="0 表示该类型的全部报警")

    def messages(self, edition: str) -> list[Message]:
        if protocol_of(edition) == "jt905":
            return [jt905.AlarmConfirmed()]
        confirmed = sum(1 << bit for bit in self.cleaned_data["bits"])
        return [jt808.AlarmConfirmation(self.cleaned_data["alarm_serial"], confirmed)]

    def summary(self) -> str:
        return "、".join(Alarm(1 << bit).title for bit in self.cleaned_data["bits"])


class EndAlarmForm(OrderForm):
    """0x8B0B (中心解除报警): JT/T 905 alone."""

    speaks = frozenset({"jt905"})

    def messages(self, edition: str) -> list[Message]:
        return [jt905.AlarmEnded()]


_SOON: dict[str, Any] = {"expires_in": timedelta(minutes=10)}
ORDERS = (
    Order("position", "点名（查询位置）", "current-location", GROUP, PositionForm, quick=True, **_SOON),
    Order("tracking", "临时跟踪", "radar", GROUP, TrackingForm, **_SOON),
    Order("confirm_alarm", "确认报警", "bell-check", GROUP, ConfirmForm, many=False, **_SOON),
    Order("end_alarm", "解除报警", "bell-off", GROUP, EndAlarmForm, many=False, **_SOON),
)
