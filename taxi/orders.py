"""Orders to a taxi's devices (出租汽车设备指令), as far as the documents go. JT/T 905.2-2014, 0x8105, 0x8B10, 0x8B11.

A device's own commands travel inside 0x8B10 as bytes: of the taximeter's serial commands only that of a trip's record
(0x00E8) was found, so there is no form for a price table, for drivers' data or for a list of barred cards.
"""

from __future__ import annotations

from typing import Any

from django import forms

from datacenter.commands.orders import Order, OrderForm, clean_gbk, enter
from datacenter.commands.orders.base import SELECT, chosen, whole, words
from datacenter.commands.orders.driver import hexadecimal
from datacenter.protocols.jt905.codes import DEVICE
from datacenter.protocols.jt905.messages import DeviceCommand, DeviceControl, DevicePoll
from datacenter.protocols.layout import Message

GROUP = "出租汽车设备"
_DEVICES: list[tuple[int, str]] = list(DEVICE.names.items())
_UPGRADE = 1
_MOST_DATA = 1000


class TaxiForm(OrderForm):
    """An order that only JT/T 905 has."""

    speaks = frozenset({"jt905"})


class PollForm(TaxiForm):
    """0x8B11 (中心巡检设备); none chosen means all."""

    devices = forms.TypedMultipleChoiceField(
        label="设备",
        choices=_DEVICES,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="不选为全部设备；应答内容的含义在公开资料中没有找到，按字节显示",
    )

    def messages(self, edition: str) -> list[Message]:
        return [DevicePoll(tuple(self.cleaned_data["devices"]))]

    def summary(self) -> str:
        titles = dict(_DEVICES)
        return "、".join(titles[device] for device in self.cleaned_data["devices"]) or "全部设备"


class DeviceCommandForm(TaxiForm):
    """0x8B10 (外围设备指令下行透传): bytes for a device, by whoever has its maker's papers."""

    device = chosen("设备", _DEVICES)
    data_type = words("数据类型（十六进制）", 4, help_text="设备串口命令，如 00E8")
    content = words("数据（十六进制）", 2000, rows=3, required=False)

    def clean_data_type(self) -> int:
        """Two bytes."""
        data = hexadecimal(self.cleaned_data["data_type"].zfill(4), 2)
        return int.from_bytes(data, "big")

    def clean_content(self) -> bytes:
        """Bytes."""
        return hexadecimal(self.cleaned_data["content"], _MOST_DATA)

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        return [DeviceCommand(data["device"], data["data_type"], data["content"])]

    def summary(self) -> str:
        data = self.cleaned_data
        return f"{dict(_DEVICES)[data['device']]} 0x{data['data_type']:04X}，{len(data['content'])} 字节"


class UpgradeForm(TaxiForm):
    """0x8105 command 1 (升级): a device fetches its firmware itself; 0x0105 tells what became of it."""

    device_type = chosen("升级设备", _DEVICES)
    vendor = whole("厂商标识", 0, 255)
    hardware_version = forms.RegexField(r"^\d{2}$", label="硬件版本号", help_text="2 位数字")
    software_version = forms.RegexField(r"^\d{4}$", label="软件版本号", help_text="4 位数字")
    apn = words("APN", 40, required=False)
    user = words("拨号用户名", 40, required=False)
    password = words("拨号密码", 40, required=False)
    server = words("升级服务器地址", 100)
    port = whole("升级服务器端口", 1, 65535)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "form-control")
        self.fields["device_type"].widget.attrs |= SELECT

    def clean(self) -> dict[str, Any]:
        """Texts end at a zero byte, and travel as GBK."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("apn", "user", "password", "server"):
            if name in cleaned:
                try:
                    clean_gbk(cleaned[name], 100, "每项")
                except forms.ValidationError as refusal:
                    self.add_error(name, refusal)
        return cleaned

    def messages(self, edition: str) -> list[Message]:
        return [DeviceControl(_UPGRADE, **self.cleaned_data)]

    def summary(self) -> str:
        data = self.cleaned_data
        return f"{dict(_DEVICES)[data['device_type']]} 软件版本 {data['software_version']}"


enter(
    Order("taxi_poll", "设备巡检", "stethoscope", GROUP, PollForm),
    Order("taxi_device", "外围设备指令", "arrows-transfer-down", GROUP, DeviceCommandForm, "command.configure",
          careful=True),
    Order("taxi_upgrade", "设备升级", "cloud-download", GROUP, UpgradeForm, "command.configure", careful=True),
)  # fmt: skip
