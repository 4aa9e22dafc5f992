"""Orders to the terminal itself and to the vehicle's doors; new firmware (控制类指令)."""

from __future__ import annotations

from typing import Any

from django import forms

from datacenter.commands.orders.base import Bare808, Only808, Order, OrderForm, chosen, words
from datacenter.facts.envelope import protocol_of
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.messages.control import CONTROLS, UPGRADE_TYPES, Control
from datacenter.protocols.jt905 import messages as jt905
from datacenter.protocols.layout import Message

GROUP = "终端与车辆控制"
MOST_FIRMWARE = 8 << 20
_DOORS = 1
_SAME_IN_905 = {3: 2, 4: 3, 5: 4, 6: 5, 7: 6}
_UPGRADE, _SERVER = 1, 2


class AttributesForm(Bare808):
    """0x8107 (查询终端属性)."""

    message = jt808.AttributesQuery


class ControlForm(OrderForm):
    """0x8105 (终端控制)."""

    command = chosen("动作", {code: CONTROLS[code] for code in _SAME_IN_905})

    def messages(self, edition: str) -> list[Message]:
        command = self.cleaned_data["command"]
        if protocol_of(edition) == "jt905":
            return [jt905.DeviceControl(_SAME_IN_905[command])]
        return [jt808.TerminalControl.of(command)]

    def summary(self) -> str:
        return CONTROLS[self.cleaned_data["command"]]


class WirelessUpgradeForm(Only808):
    """0x8105 command 1 (无线升级): the terminal fetches its firmware itself."""

    url = words("升级文件地址", 200)
    maker_id = words("制造商 ID", 11, required=False)
    hardware = words("硬件版本", 30, required=False)
    firmware = words("固件版本", 30)

    def clean(self) -> dict[str, Any]:
        """Semicolons part the arguments."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name, value in list(cleaned.items()):
            if ";" in str(value):
                self.add_error(name, "不能含分号")
        return cleaned

    def messages(self, edition: str) -> list[Message]:
        return [jt808.TerminalControl.of(_UPGRADE, **self.cleaned_data)]

    def summary(self) -> str:
        return f"固件 {self.cleaned_data['firmware']}"


class UpgradeForm(Only808):
    """0x8108 (下发终端升级包): the firmware travels in the message, in as many packets as it needs."""

    upgrade_type = chosen("升级对象", UPGRADE_TYPES)
    maker_id = words("制造商 ID", 11)
    version = words("固件版本", 60)
    file = forms.FileField(label="升级文件", help_text="不超过 8 MB")

    def clean_file(self) -> bytes:
        """Its bytes, within bounds."""
        file = self.cleaned_data["file"]
        if not 0 < file.size <= MOST_FIRMWARE:
            raise forms.ValidationError(f"文件 {file.size} 字节，应在 1 至 {MOST_FIRMWARE} 字节之间")
        return bytes(file.read())

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        return [jt808.UpgradePackage(data["upgrade_type"], data["maker_id"], data["version"], data["file"])]

    def summary(self) -> str:
        return f"{UPGRADE_TYPES[self.cleaned_data['upgrade_type']]} {self.cleaned_data['version']}"


class DoorsForm(Only808):
    """0x8500 (车门控制)."""

    locked = chosen("车门", {1: "加锁", 0: "解锁"})

    def messages(self, edition: str) -> list[Message]:
        locked = self.cleaned_data["locked"]
        if edition == "2019":  # there 0 locks and 1 unlocks
            return [jt808.VehicleControl(controls=(Control(_DOORS, 0 if locked else 1),))]
        return [jt808.VehicleControl(control=locked)]

    def summary(self) -> str:
        return "车门加锁" if self.cleaned_data["locked"] else "车门解锁"


_CAREFUL: dict[str, Any] = {"right": "command.configure", "careful": True}
ORDERS = (
    Order("attributes", "查询终端属性", "info-circle", GROUP, AttributesForm),
    Order("control", "终端控制", "power", GROUP, ControlForm, **_CAREFUL),
    Order("doors", "车门控制", "door", GROUP, DoorsForm, many=False, **_CAREFUL),
    Order("wireless_upgrade", "无线升级", "cloud-download", GROUP, WirelessUpgradeForm, **_CAREFUL),
    Order("upgrade", "下发升级包", "package", GROUP, UpgradeForm, **_CAREFUL),
)
