"""Video of the cameras (视频类指令, JT/T 1078-2016): what there is, live, recorded.

The orders tell the terminal where to send its stream; the server that takes it is named by ``MEDIA_ADDRESS``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from datacenter.commands.orders.base import Bare808, Only808, Order, chosen, in_order, moment, whole
from datacenter.protocols.jt1078 import messages as jt1078
from datacenter.protocols.jt1078.codes import (
    LIVE_CONTROLS,
    LIVE_DATA,
    LIVE_STREAMS,
    PLAYBACK_CONTROLS,
    PLAYBACKS,
    SPEEDS,
    STORAGES,
    STORED_MEDIA,
    STORED_STREAMS,
)
from datacenter.protocols.layout import Message

GROUP = "视频"


def _server() -> tuple[str, int, int]:
    """Address, TCP port and UDP port of the media server."""
    return settings.MEDIA_ADDRESS, settings.MEDIA_PORT, 0


class AttributesForm(Bare808):
    """0x9003 (查询音视频属性)."""

    message = jt1078.MediaAttributesQuery


class LiveForm(Only808):
    """0x9101 (实时音视频传输请求)."""

    channel = whole("逻辑通道", 1, 255, 1)
    data_type = chosen("数据类型", LIVE_DATA, 1)
    stream = chosen("码流", LIVE_STREAMS, 1)

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        return [jt1078.LiveRequest(*_server(), data["channel"], data["data_type"], data["stream"])]

    def summary(self) -> str:
        return f"通道 {self.cleaned_data['channel']}，{LIVE_DATA[self.cleaned_data['data_type']]}"


class LiveControlForm(Only808):
    """0x9102 (实时音视频传输控制)."""

    channel = whole("逻辑通道", 1, 255, 1)
    control = chosen("控制", LIVE_CONTROLS)
    stream = chosen("切换为码流", LIVE_STREAMS, 0)

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        return [jt1078.LiveControl(data["channel"], data["control"], 0, data["stream"])]

    def summary(self) -> str:
        return f"通道 {self.cleaned_data['channel']}，{LIVE_CONTROLS[self.cleaned_data['control']]}"


class _SpanForm(Only808):
    channel = whole("逻辑通道", 0, 255, 1, help_text="0 表示全部（仅查询）")
    start = moment("起始时间", required=True)
    end = moment("结束时间", required=True)
    media_type = chosen("资源类型", STORED_MEDIA, 0)
    stream = chosen("码流", STORED_STREAMS, 0)
    storage = chosen("存储器", STORAGES, 0)

    def clean(self) -> dict[str, Any]:
        """An end behind its beginning."""
        super().clean()
        in_order(self, "start", "end")
        return self.cleaned_data

    def summary(self) -> str:
        data = self.cleaned_data
        return f"通道 {data['channel'] or '全部'}，{data['start']:%m-%d %H:%M} 至 {data['end']:%m-%d %H:%M}"


class RecordingsForm(_SpanForm):
    """0x9205 (查询资源列表)."""

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        query = jt1078.RecordingsQuery(
            data["channel"], data["start"], data["end"], 0, data["media_type"], data["stream"], data["storage"]
        )
        return [query]


class PlaybackForm(_SpanForm):
    """0x9201 (远程录像回放请求)."""

    playback = chosen("回放方式", PLAYBACKS, 0)
    pace = chosen("倍数", SPEEDS, 1)

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        what = (data["channel"], data["media_type"], data["stream"], data["storage"], data["playback"], data["pace"])
        return [jt1078.PlaybackRequest(*_server(), *what, data["start"], data["end"])]


class PlaybackControlForm(Only808):
    """0x9202 (远程录像回放控制)."""

    channel = whole("逻辑通道", 1, 255, 1)
    control = chosen("控制", PLAYBACK_CONTROLS)
    pace = chosen("倍数", SPEEDS, 0)

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        return [jt1078.PlaybackControl(data["channel"], data["control"], data["pace"])]

    def summary(self) -> str:
        return f"通道 {self.cleaned_data['channel']}，{PLAYBACK_CONTROLS[self.cleaned_data['control']]}"


_SOON: dict[str, Any] = {"expires_in": timedelta(minutes=10), "many": False}
ORDERS = (
    Order("video_attributes", "查询音视频属性", "device-cctv", GROUP, AttributesForm),
    Order("live", "请求实时视频", "broadcast", GROUP, LiveForm, **_SOON),
    Order("live_control", "实时视频控制", "player-stop", GROUP, LiveControlForm, **_SOON),
    Order("recordings", "查询录像列表", "movie", GROUP, RecordingsForm, **_SOON),
    Order("playback", "请求录像回放", "player-play", GROUP, PlaybackForm, **_SOON),
    Order("playback_control", "回放控制", "player-pause", GROUP, PlaybackControlForm, **_SOON),
)
