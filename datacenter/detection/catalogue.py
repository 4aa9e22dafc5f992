"""What a detector is, and the list of those there are (检测规则目录).

A detector names a condition over a whole batch of positions, what to measure while it holds, how long a gap it
forgives and how long it must last; the engine of ``episodes.py`` finds the episodes. It has no clock, no ORM, no
Redis. What is no episode (a silence, a terminal's own alarm) comes by the same door as events. Subsystems register
theirs in ``ready()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from datacenter.detection.errors import LimitsRefused

if TYPE_CHECKING:
    from datacenter.detection.batch import Batch, Context

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Limits:
    """What every detector's limits have; a detector adds its own fields, all plain numbers or lists of numbers.

    Two positions at which the condition holds belong to one episode if they are at most ``forgiven_gap_s`` apart, or at
    most ``silence_s`` apart with no position between them. ``lasting_s`` from first to last makes it a finding.
    """

    lasting_s: int = 60
    forgiven_gap_s: int = 20
    silence_s: int = 120


# What the limits that all detectors share are called, and their unit.
_COMMON_WORDS: dict[str, tuple[str, str]] = {
    "lasting_s": ("最短持续", "s"),
    "forgiven_gap_s": ("允许间断", "s"),
    "silence_s": ("无定位间隔", "s"),
}


@dataclass(frozen=True)
class Measure:
    """One figure kept while an episode lasts: ``column`` reduced by ``ufunc`` over the positions where it holds.

    ``column`` is a column of the batch or of what the detector's ``values`` adds; integers only, so that the sum does
    not depend on how the track was cut into batches. ``scale`` and ``unit`` are for people: shown = kept × scale.
    ``reads`` says in words what is no figure: a code, bits, a moment.
    """

    column: str
    ufunc: np.ufunc
    title: str
    scale: float = 1
    unit: str = ""
    reads: Callable[[int], str] | None = None


def largest(column: str, title: str, *, scale: float = 1, unit: str = "") -> Measure:
    """The largest value of ``column`` during the episode."""
    return Measure(column, np.maximum, title, scale, unit)


def smallest(column: str, title: str, *, scale: float = 1, unit: str = "") -> Measure:
    """The smallest value of ``column`` during the episode."""
    return Measure(column, np.minimum, title, scale, unit)


def any_bit(column: str, title: str) -> Measure:
    """Every bit of ``column`` that was set during the episode."""
    return Measure(column, np.bitwise_or, title)


@dataclass(frozen=True, slots=True)
class Events:
    """Things that happened, one entry each: row of the batch, unix times from and to, and integers measured."""

    rows: npt.NDArray[np.int64]
    started: IntArray
    ended: IntArray
    measures: dict[str, IntArray]

    def take(self, which: npt.NDArray[np.intp]) -> Events:
        """Some of them, by index."""
        measured = {name: column[which] for name, column in self.measures.items()}
        return Events(self.rows[which], self.started[which], self.ended[which], measured)

    @staticmethod
    def join(parts: list[Events]) -> Events:
        """All of ``parts``, at least one, in the order of their rows."""
        order = np.argsort(np.concatenate([part.rows for part in parts]), kind="stable")
        rows, started, ended = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "started", "ended")
        )
        return Events(
            rows,
            started,
            ended,
            {name: np.concatenate([part.measures[name] for part in parts]) for name in parts[0].measures},
        ).take(order)


class Detector:
    """Base of every detector. Subclasses set the class attributes and give ``condition`` or ``events``."""

    code: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    source_verified: ClassVar[bool] = False
    # Whose case it is: the county where it happened, or the one where the vehicle is registered (属地负责).
    territory: ClassVar[Literal["place", "registry"]] = "place"
    # Whether a finding is a case at once; otherwise it is kept as a reminder, or until something else bears it out.
    opens_case: ClassVar[bool] = True
    enabled_by_default: ClassVar[bool] = True
    screened_by_default: ClassVar[bool] = False  # whether a new row of it has 先排查后立案
    # Whether it judges position by position; only then can its limits be tried on past tracks.
    by_position: ClassVar[bool] = True
    # Whether a change of known drivers begins it anew.
    by_driver: ClassVar[bool] = False
    Limits: ClassVar[type[Limits]] = Limits
    # Integers that the engine keeps for this detector by vehicle: how many under each name, 0 at first.
    own_memory: ClassVar[dict[str, int]] = {}
    # Title and unit of each limit of its own, and of a common one that means something else here; None hides one that
    # this detector does not use.
    limit_words: ClassVar[Mapping[str, tuple[str, str] | None]] = {}
    # Where limits differ from vehicle to vehicle they come as arrays of the batch's length (a table's values too). A
    # detector that can't reckon with those says False and is asked once for each set of limits.
    broadcasts: ClassVar[bool] = True

    @property
    def by_row(self) -> bool:
        """Whether its limits may differ by row: for some vehicles, places or times."""
        return True

    def condition(self, batch: Batch, context: Context, limits: Any) -> BoolArray | None:
        """Where the condition holds, shape (len(batch),); None where it holds nowhere."""
        return None

    def recall(
        self, batch: Batch, context: Context, limits: Any, own: dict[str, IntArray]
    ) -> tuple[BoolArray | None, dict[str, IntArray]]:
        """``condition`` and ``values`` of a detector with ``own_memory``.

        ``own`` has a row a vehicle, in the batch's order, shape (vehicles, n); it is changed in place. How a track was
        cut into batches must change neither what holds nor what is remembered.
        """
        raise NotImplementedError

    def values(self, batch: Batch, context: Context, limits: Any) -> dict[str, IntArray]:
        """Columns that this detector's measures need beside the batch's own."""
        return {}

    def measures(self) -> dict[str, Measure]:
        """What to keep while it lasts, by name."""
        return {}

    def events(self, batch: Batch, context: Context, limits: Any) -> Events | None:
        """What happened between a position and the one before it."""
        return None

    def silent_after_s(self, limits: Any) -> int | None:
        """For a detector that judges silence: after how long without a position; None for all others."""
        return None

    def expects_more(self, batch: Batch, limits: Any) -> BoolArray:
        """Where a position promises another soon, so that silence after it is worth a finding."""
        return np.zeros(len(batch), np.bool_)

    def words_of_limits(self) -> dict[str, tuple[str, str]]:
        """Title and unit of each limit that means something here, in the order of ``Limits``; 's' is seconds."""
        known: dict[str, tuple[str, str] | None] = {**_COMMON_WORDS, **self.limit_words}
        found = {field.name: known.get(field.name, (field.name, "")) for field in fields(self.Limits)}
        return {name: words for name, words in found.items() if words is not None}

    def parse_limits(self, given: dict[str, Any]) -> Any:
        """``Limits`` with the values of a setting row in place; raises ``LimitsRefused`` naming field and rule."""
        defaults = self.Limits()
        known = {field.name: getattr(defaults, field.name) for field in fields(defaults)}
        for name, value in given.items():
            if name not in known:
                raise LimitsRefused(name, f"规则 {self.code} 没有参数 {name}")
            kind = type(known[name])
            if kind is dict:
                if not isinstance(value, dict) or any(
                    isinstance(v, bool) or not isinstance(v, int | float) or v < 0 for v in value.values()
                ):
                    raise LimitsRefused(name, f"参数 {name} 应为名称到非负数的表，现为 {value!r}")
            elif isinstance(value, bool) is not (kind is bool) or not isinstance(value, int | float | bool):
                raise LimitsRefused(name, f"参数 {name} 应为{'是否' if kind is bool else '数字'}，现为 {value!r}")
            elif value < 0 or (kind is int and int(value) != value):
                raise LimitsRefused(name, f"参数 {name} 应为非负{'整数' if kind is int else '数'}，现为 {value!r}")
        return replace(defaults, **given)


class EventDetector(Detector):
    """A rule about something that is told, not seen in positions: a terminal's alarm, a photo, a passage elsewhere.

    The engine of positions never runs it; ``detection.events`` takes what is told.
    """

    by_position = False

    from_alarms: ClassVar[bool] = True  # whether a maker's alarm code may name it
    # Whether what is told close in time is one finding; otherwise only the same reference is.
    joins: ClassVar[bool] = True

    @dataclass(frozen=True)
    class Limits(Limits):
        """Alarms of one vehicle at most ``forgiven_gap_s`` apart are one finding; milder ones count for nothing."""

        lasting_s: int = 0
        forgiven_gap_s: int = 300
        silence_s: int = 0
        least_level: int = 0

    limit_words = {"least_level": ("最低报警级别", ""), "lasting_s": None, "silence_s": None}

    @property
    def by_row(self) -> bool:
        """A task that judges many vehicles at once has one set of limits; an alarm is one vehicle's."""
        return self.from_alarms

    def measures(self) -> dict[str, Measure]:
        """How often, how grave, how fast."""
        return {
            "alarms": Measure("alarms", np.add, "报警次数", unit="次"),
            "level": largest("level", "最高级别"),
            "peak_speed_dkmh": largest("speed_dkmh", "最高速度", scale=0.1, unit="km/h"),
        }


_DETECTORS: dict[str, Detector] = {}


def register(detector: type[Detector]) -> type[Detector]:
    """Enter a detector into the catalogue; its code must be new."""
    if detector.code in _DETECTORS:
        raise ValueError(f"two detectors claim the code {detector.code}")
    _DETECTORS[detector.code] = detector()
    return detector


def detectors() -> dict[str, Detector]:
    """All detectors by code, in order of registration."""
    return dict(_DETECTORS)


def default_limits(detector: Detector) -> dict[str, Any]:
    """A detector's limits as a setting row holds them when it is new."""
    return asdict(detector.Limits())
