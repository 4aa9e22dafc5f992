"""What no track shows (事件类规则): what the terminal's camera saw, and crossings passed without slowing down.

A terminal's alarm enters as an event by the same door as an episode: its code in the maker's table (主动安全事件代码)
says which of these rules it is.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context
from datacenter.detection.catalogue import BoolArray, Detector, EventDetector, IntArray, Measure, largest, smallest
from datacenter.tracks.position import Flag

_CABIN = "驾驶员状态监测报警（T/JSATL 12-2017）"
_QUALIFIED = np.int16(Flag.QUALIFIED)


@catalogue.register
class Smoking(EventDetector):
    """The cabin camera saw the driver smoke."""

    code, title = "driver.smoking", "驾驶时吸烟"
    source = f"出租汽车服务规范；地方罚则未见；{_CABIN}"
    territory = "registry"


@catalogue.register
class Phone(EventDetector):
    """The cabin camera saw the driver with a phone in the hand."""

    code, title = "driver.phone", "驾驶时接打电话"
    source = f"道路交通安全法实施条例第六十二条第（三）项；{_CABIN}"
    source_verified = True


@catalogue.register
class SeatBelt(EventDetector):
    """The cabin camera saw the driver without a belt. The 2017 text has no code for it: makers' tables say which."""

    code, title = "driver.seat_belt", "未系安全带"
    source = "道路交通安全法第五十一条；厂商报警代码"
    source_verified = True


@catalogue.register
class CameraCovered(EventDetector):
    """The terminal reports that a camera's picture is covered, or a photo of it looks so."""

    code, title = "camera.covered", "遮挡摄像头"
    source = "巡游出租汽车经营服务管理规定（不按照规定使用出租汽车相关设备）；JT/T 1078 视频信号遮挡报警"
    territory = "registry"
    screened_by_default = True  # of good photos some in a hundred look covered: somebody looks before a county hears

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """Positions repeat it while it lasts: one finding, until it has been gone for ten minutes."""

        forgiven_gap_s: int = 600

    def measures(self) -> dict[str, Measure]:
        """Which channels, and how sure the scorecard is where a photo told it."""
        return super().measures() | {
            "channels": Measure("channels", np.bitwise_or, "遮挡通道"),
            "score_percent": largest("score_percent", "照片遮挡评分", unit="%"),
        }


@catalogue.register
class NotYielding(EventDetector):
    """The terminal's camera saw people on a crossing that the vehicle did not stop for.

    How fast the vehicle passed which known crossing about that moment stands beside it.
    """

    code, title = "crossing.not_yielding", "斑马线未礼让行人"
    source = "道路交通安全法第四十七条；厂商报警代码"
    source_verified = True

    def measures(self) -> dict[str, Measure]:
        """The crossing and the slower of the two speeds around it."""
        return super().measures() | {
            "crossing_id": smallest("crossing_id", "斑马线编号"),
            "through_dkmh": largest("through_dkmh", "通过速度", scale=0.1, unit="km/h"),
        }


@catalogue.register
class CrossingFast(Detector):
    """A known crossing passed without slowing down. Whether anybody was on it a track can't say: a lead, no case.

    Off unless the bureau turns it on: in town there are many every minute. The terminal's alarm of ``NotYielding``
    looks up the same step of the track by itself.
    """

    code, title = "crossing.fast", "通过斑马线未减速"
    source = "道路交通安全法第四十七条；判定速度未见规定"
    opens_case = False
    enabled_by_default = False
    limit_words = {
        "fast_kmh": ("未减速", "km/h"),
        "most_gap_s": ("最大相邻间隔", "s"),
        "kinds": ("适用（1 是，0 否）", ""),
    }

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """Both fixes around the crossing faster than ``fast_kmh`` and close in time: it was not slow between them."""

        lasting_s: int = 0
        forgiven_gap_s: int = 0
        silence_s: int = 0
        fast_kmh: int = 40
        most_gap_s: int = 15
        kinds: dict[str, int] = field(
            default_factory=lambda: {"taxi": 1, "bus": 1, "coach": 1, "hazmat": 1, "heavy_truck": 1}
        )

    def condition(self, batch: Batch, context: Context, limits: "CrossingFast.Limits") -> BoolArray | None:
        """Rows whose step from the last fix led over a crossing without slowing down, shape (len(batch),)."""
        rows, _ = self._passed(batch, context, limits)
        if not len(rows):
            return None
        holds = np.zeros(len(batch), np.bool_)
        holds[rows] = True
        return context.judged(self.code, holds, batch, limits.kinds)

    def values(self, batch: Batch, context: Context, limits: "CrossingFast.Limits") -> dict[str, IntArray]:
        """The crossing, and the slower of the two speeds."""
        crossing = np.zeros(len(batch), np.int64)
        rows, ids = self._passed(batch, context, limits)
        crossing[rows] = ids
        slower = np.minimum(batch.speed_dkmh, batch.previous.speed_dkmh).astype(np.int64)
        return {"crossing_id": crossing, "through_dkmh": slower}

    def measures(self) -> dict[str, Measure]:
        """The crossing and the slower of the two speeds around it."""
        return {
            "crossing_id": smallest("crossing_id", "斑马线编号"),
            "through_dkmh": largest("through_dkmh", "通过速度", scale=0.1, unit="km/h"),
        }

    def _passed(
        self, batch: Batch, context: Context, limits: "CrossingFast.Limits"
    ) -> tuple[npt.NDArray[np.int64], IntArray]:
        """Rows and crossings, of several crossings of one step the first."""
        if context.crossings is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        here, there = batch.positions, batch.previous
        least = np.asarray(limits.fast_kmh) * 10
        fast = (here.speed_dkmh > least) & (there.speed_dkmh > least)
        fast &= (batch.gap_s > 0) & (batch.gap_s <= limits.most_gap_s) & ((here.flags & there.flags & _QUALIFIED) != 0)
        rows = np.flatnonzero(fast)
        steps, ids = context.crossings.passed(
            here.longitude_e6[rows], here.latitude_e6[rows], there.longitude_e6[rows], there.latitude_e6[rows]
        )
        unique, first = np.unique(steps, return_index=True)
        return rows[unique], ids[first]
