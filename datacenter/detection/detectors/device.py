"""Devices that do not work (设备故障): what the terminal says of itself, and silence where words are due."""

from dataclasses import dataclass

import numpy as np

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context
from datacenter.detection.catalogue import BoolArray, Detector, Events, Measure, any_bit

# JT/T 808-2019, 0x0200, alarm flag bits: what each says of the device.
FAULT_BITS = {
    4: "GNSS 模块故障",
    5: "GNSS 天线未接或被剪断",
    6: "GNSS 天线短路",
    7: "终端主电源欠压",
    8: "终端主电源掉电",
    9: "显示器故障",
    11: "摄像头故障",
    12: "道路运输证 IC 卡模块故障",
}
_FAULTS = np.uint32(sum(1 << bit for bit in FAULT_BITS))
_ACC_ON = np.uint32(1)
_SOURCE = "道路运输车辆动态监督管理办法第二十六条；JT/T 808-2019 位置信息汇报报警标志位"


@catalogue.register
class DeviceFault(Detector):
    """The terminal reports a fault of antenna, power, camera or card reader, and goes on reporting it."""

    code, title = "device.fault", "设备故障"
    source = _SOURCE
    source_verified = True
    territory = "registry"

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """A bit that goes away within some minutes was a loose moment, not a fault."""

        lasting_s: int = 180
        forgiven_gap_s: int = 120
        silence_s: int = 600

    def condition(self, batch: Batch, context: Context, limits: "DeviceFault.Limits") -> BoolArray | None:
        """Positions with any fault bit set, shape (len(batch),)."""
        return (batch.alarm & _FAULTS) != 0

    def values(self, batch: Batch, context: Context, limits: "DeviceFault.Limits") -> dict[str, np.ndarray]:
        """The fault bits of each position."""
        return {"fault_bits": (batch.alarm & _FAULTS).astype(np.int64)}

    def measures(self) -> dict[str, Measure]:
        """Which faults there were."""
        return {"fault_bits": any_bit("fault_bits", "故障位")}


@catalogue.register
class DeviceSilence(Detector):
    """No position from a vehicle that was moving with its ignition on: offline while it should be seen."""

    code, title = "device.silence", "行驶中离线"
    source = _SOURCE
    source_verified = False
    territory = "registry"
    limit_words = {
        "lasting_s": None,
        "forgiven_gap_s": None,
        "silence_s": ("无定位时长", "s"),
        "moving_kmh": ("视为行驶", "km/h"),
    }

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """``silence_s`` without a position after one faster than ``moving_kmh`` is a finding."""

        silence_s: int = 600
        moving_kmh: int = 20

    def silent_after_s(self, limits: "DeviceSilence.Limits") -> int:
        """After how long a silence counts."""
        return limits.silence_s

    def expects_more(self, batch: Batch, limits: "DeviceSilence.Limits") -> BoolArray:
        """Positions in motion with the ignition on."""
        return (batch.speed_dkmh > limits.moving_kmh * 10) & ((batch.status & _ACC_ON) != 0)

    def events(self, batch: Batch, context: Context, limits: "DeviceSilence.Limits") -> Events | None:
        """Silences that a position has just ended."""
        before = batch.previous
        due = (batch.gap_s > limits.silence_s) & (before.speed_dkmh > limits.moving_kmh * 10)
        rows = np.flatnonzero(due & ((before.status & _ACC_ON) != 0))
        if not len(rows):
            return None
        return Events(
            rows=rows,
            started=before.device_time[rows],
            ended=batch.device_time[rows],
            measures={"silent_s": batch.gap_s[rows]},
        )
