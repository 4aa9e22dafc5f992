"""Photos, recordings, and what the terminal keeps of them (多媒体类指令)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from datacenter.commands.orders.base import Only808, Order, OrderForm, chosen, in_order, moment, ticked, whole
from datacenter.facts.envelope import protocol_of
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.messages.media import MEDIA_EVENTS, MEDIA_TYPES, RECORD, RESOLUTIONS, STOP
from datacenter.protocols.jt905 import messages as jt905
from datacenter.protocols.layout import Message

GROUP = "拍照与多媒体"
_RESOLUTION_905 = {0x01: 0, 0x02: 1, 0x03: 2}  # 808's code to 905's; larger ones get 905's largest
_MIDDLE = {"brightness": 128, "contrast": 64, "saturation": 64, "chroma": 128}
_SAMPLE_RATES = {0: "8K", 1: "11K", 2: "23K", 3: "32K"}


class PhotoForm(OrderForm):
    """0x8801 (立即拍摄)."""

    channel = whole("通道", 1, 255, 1, help_text="按终端安装的摄像头编号")
    count = whole("拍摄张数", 1, 10, 1)
    interval_s = whole("间隔（秒）", 0, 600, 5)
    resolution = chosen("分辨率", {code: RESOLUTIONS[code] for code in (0x01, 0x02, 0x03, 0x04, 0x06, 0x08)}, 0x02)
    quality = whole("质量（1 最好）", 1, 10, 5)
    save = ticked("只存在终端，不立即上传")

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        taken = (data["channel"], data["count"], data["interval_s"], int(data["save"]))
        if protocol_of(edition) == "jt905":
            resolution = _RESOLUTION_905.get(data["resolution"], 2)
            return [jt905.TakePhoto(*taken, resolution, data["quality"], **_MIDDLE)]
        return [jt808.Shoot(*taken, data["resolution"], data["quality"], **_MIDDLE)]

    def summary(self) -> str:
        return f"通道 {self.cleaned_data['channel']}，{self.cleaned_data['count']} 张"


class VideoForm(Only808):
    """0x8801 as a recording (录像)."""

    channel = whole("通道", 1, 255, 1)
    lasting_s = whole("录像时长（秒）", 0, 600, 10, help_text="0 表示停止拍摄")
    save = ticked("只存在终端，不立即上传", initial=True)

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        command = RECORD if data["lasting_s"] else STOP
        return [jt808.Shoot(data["channel"], command, data["lasting_s"], int(data["save"]), 0x02, 5, **_MIDDLE)]

    def summary(self) -> str:
        lasting_s = self.cleaned_data["lasting_s"]
        return f"通道 {self.cleaned_data['channel']}，" + (f"{lasting_s} 秒" if lasting_s else "停止")


class AudioForm(Only808):
    """0x8804 (录音)."""

    command = chosen("动作", {1: "开始录音", 0: "停止录音"})
    lasting_s = whole("录音时长（秒）", 0, 3600, 30, help_text="0 表示一直录音")
    sample_rate = chosen("采样率", _SAMPLE_RATES)
    save = ticked("只存在终端，不立即上传")

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        return [jt808.Record(data["command"], data["lasting_s"], int(data["save"]), data["sample_rate"])]

    def summary(self) -> str:
        return f"{self.cleaned_data['lasting_s']} 秒" if self.cleaned_data["command"] else "停止录音"


class _StoredForm(OrderForm):
    channel = whole("通道", 0, 255, 0, help_text="0 表示全部通道")
    start = moment("起始时间")
    end = moment("结束时间")

    def clean(self) -> dict[str, Any]:
        """An end behind its beginning."""
        super().clean()
        in_order(self, "start", "end")
        return self.cleaned_data

    def summary(self) -> str:
        data = self.cleaned_data
        span = " 至 ".join(f"{one:%m-%d %H:%M}" if one else "不限" for one in (data["start"], data["end"]))
        return f"通道 {data['channel'] or '全部'}，{span}"


class SearchForm(_StoredForm):
    """0x8802 (存储多媒体检索)."""

    speaks = frozenset({"jt808"})
    media_type = chosen("类型", MEDIA_TYPES)
    event = chosen("触发事件", MEDIA_EVENTS)
    field_order = ["media_type", "event", "channel", "start", "end"]

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        where = (data["media_type"], data["channel"], data["event"], data["start"], data["end"])
        return [jt808.MediaSearch(*where)]


class UploadForm(SearchForm):
    """0x8803 (存储多媒体上传)."""

    delete = ticked("上传后从终端删除")

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        where = (data["media_type"], data["channel"], data["event"], data["start"], data["end"])
        return [jt808.MediaUpload(*where, int(data["delete"]))]


class UploadOneForm(OrderForm):
    """0x8805 (单条存储多媒体上传); JT/T 905 has 0x8803 for it."""

    media_id = whole("多媒体 ID", 0, 0xFFFFFFFF)
    delete = ticked("上传后从终端删除")

    def messages(self, edition: str) -> list[Message]:
        if protocol_of(edition) == "jt905":
            return [jt905.UploadStored(0, self.cleaned_data["media_id"], 0)]
        return [jt808.MediaUploadOne(self.cleaned_data["media_id"], int(self.cleaned_data["delete"]))]

    def summary(self) -> str:
        return f"多媒体 {self.cleaned_data['media_id']}"


_SOON: dict[str, Any] = {"expires_in": timedelta(hours=1)}
ORDERS = (
    Order("photo", "拍照", "camera", GROUP, PhotoForm, quick=True, **_SOON),
    Order("video_clip", "录像", "video", GROUP, VideoForm, **_SOON),
    Order("audio_clip", "录音", "microphone", GROUP, AudioForm, many=False, **_SOON),
    Order("media_search", "检索终端存储", "search", GROUP, SearchForm, many=False, **_SOON),
    Order("media_upload", "上传终端存储", "upload", GROUP, UploadForm, many=False, **_SOON),
    Order("media_upload_one", "上传单条多媒体", "file-upload", GROUP, UploadOneForm, many=False, **_SOON),
)
