"""The driver's card, the tachograph, the vehicle's own equipment (采集类指令)."""

from __future__ import annotations

from django import forms

from datacenter.commands.orders.base import Bare808, Only808, Order, chosen, whole, words
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.messages.data import PASSTHROUGH_TYPES
from datacenter.protocols.layout import Message

GROUP = "数据采集"
_MOST_PASSED = 1000


class DriverCardForm(Bare808):
    """0x8702 (上报驾驶员身份信息请求)."""

    message = jt808.DriverQuery


class RecorderForm(Only808):
    """0x8700 (行驶记录数据采集)."""

    command = whole("命令字", 0, 255, 0, help_text="GB/T 19056 的采集命令字")
    content = words("数据块（十六进制）", 2000, required=False)

    def clean_content(self) -> bytes:
        """Bytes."""
        return hexadecimal(self.cleaned_data["content"], _MOST_PASSED)

    def messages(self, edition: str) -> list[Message]:
        return [jt808.RecorderQuery(self.cleaned_data["command"], self.cleaned_data["content"])]

    def summary(self) -> str:
        return f"命令字 0x{self.cleaned_data['command']:02X}"


class PassthroughForm(Only808):
    """0x8900 (数据下行透传); the peripherals of active safety are asked by types 0xF7 and 0xF8."""

    type = chosen(
        "透传类型",
        [(code, f"0x{code:02X} {title}") for code, title in PASSTHROUGH_TYPES.items()],
    )
    content = words("内容（十六进制）", 2000, rows=3, required=False)

    def clean_content(self) -> bytes:
        """Bytes."""
        return hexadecimal(self.cleaned_data["content"], _MOST_PASSED)

    def messages(self, edition: str) -> list[Message]:
        return [jt808.PassthroughDown(self.cleaned_data["type"], self.cleaned_data["content"])]

    def summary(self) -> str:
        return f"类型 0x{self.cleaned_data['type']:02X}，{len(self.cleaned_data['content'])} 字节"


class PeripheralsForm(Only808):
    """0x8900 with 0xF7 or 0xF8 (外设状态、外设信息查询). T/JSATL 12-2017."""

    type = chosen("查询内容", {0xF7: "外设工作状态", 0xF8: "外设系统信息"})
    peripherals = forms.TypedMultipleChoiceField(
        label="外设",
        choices=[(0x64, "ADAS"), (0x65, "DSM"), (0x66, "TPMS"), (0x67, "BSD")],
        coerce=int,
        initial=[0x64, 0x65],
        widget=forms.CheckboxSelectMultiple,
    )

    def messages(self, edition: str) -> list[Message]:
        asked = self.cleaned_data["peripherals"]
        return [jt808.PassthroughDown(self.cleaned_data["type"], bytes([len(asked), *asked]))]

    def summary(self) -> str:
        return "、".join(f"0x{one:02X}" for one in self.cleaned_data["peripherals"])


def hexadecimal(text: str, most: int) -> bytes:
    """The bytes that a field spells. Raises ``ValidationError``."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise forms.ValidationError("不是合法的十六进制") from None
    if len(data) > most:
        raise forms.ValidationError(f"共 {len(data)} 字节，最多 {most} 字节")
    return data


ORDERS = (
    Order("driver_card", "读取驾驶员卡", "id", GROUP, DriverCardForm),
    Order("recorder", "行驶记录仪采集", "clipboard-data", GROUP, RecorderForm),
    Order("peripherals", "主动安全外设查询", "device-desktop", GROUP, PeripheralsForm),
    Order("passthrough", "数据透传", "arrows-transfer-down", GROUP, PassthroughForm, "command.configure"),
)
