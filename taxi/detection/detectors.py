"""The rules about trips and sign-ins (营运规则): names, sources, limits, and what each finding shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datacenter.detection import catalogue
from datacenter.detection.catalogue import EventDetector, Measure, any_bit, largest
from taxi.detection import fares, licences, metering
from taxi.detection.words import moment_word, reasons_word

_RULES = "巡游出租汽车经营服务管理规定"

# Of the common limits these rules have no use for.
_UNUSED: dict[str, tuple[str, str] | None] = {
    "lasting_s": None,
    "forgiven_gap_s": None,
    "silence_s": None,
    "least_level": None,
}
_GAP = ("轨迹最大间断", "s")


def _moment(name: str, title: str) -> Measure:
    return Measure(name, largest(name, title).ufunc, title, reads=moment_word)


def _trip() -> dict[str, Measure]:
    """What every finding about a trip shows."""
    return {
        "boarded_s": _moment("boarded_s", "上车时间"),
        "alighted_s": _moment("alighted_s", "下车时间"),
        "metered_dkm": largest("metered_dkm", "计程里程", scale=0.1, unit="km"),
        "fare_jiao": largest("fare_jiao", "车费", scale=0.1, unit="元"),
        "tracked_m": largest("tracked_m", "轨迹里程", scale=0.001, unit="km"),
    }


def _reasons(words: Mapping[Any, str]) -> Measure:
    bits = any_bit("reasons", "判定原因")
    return Measure(bits.column, bits.ufunc, bits.title, reads=reasons_word(words))


_DRIVERS = largest("drivers", "行程中在岗驾驶员", unit="人")


class _TripRule(EventDetector):
    """A rule about trips: each finding is one trip's, the same record told again is the same finding."""

    from_alarms = False
    joins = False


@catalogue.register
class UnmeteredSignal(_TripRule):
    """The signals say that passengers were carried and the meter did not count, or not what was driven."""

    code, title = "taxi.unmetered_signal", "不使用计价器（信号）"
    source = f"{_RULES}（不按规定使用计价器；现行条号未核实）；判定值未见规定"
    limit_words = _UNUSED | {
        "lasting_s": ("无营运记录的重车时长", "s"),
        "silence_s": _GAP,
        "least_m": ("无营运记录的重车里程", "m"),
        "record_wait_s": ("等候营运记录", "s"),
        "least_records": ("前后半日至少另有营运记录", "条"),
        "pulse_m": ("未移动时计程超过", "m"),
        "still_m": ("视为未移动的里程", "m"),
        "ratio_percent": ("计程与轨迹之比超过", "%"),
        "apart_m": ("计程与轨迹相差超过", "m"),
        "unmetered_s": ("座位有人而未打表", "s"),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """``ratio_percent`` and ``apart_m`` count both ways; a track silent for over ``silence_s`` proves nothing."""

        lasting_s: int = 180
        forgiven_gap_s: int = 0
        silence_s: int = 300
        least_m: int = 1000
        record_wait_s: int = 7200
        least_records: int = 2
        pulse_m: int = 1000
        still_m: int = 200
        ratio_percent: int = 150
        apart_m: int = 1500
        unmetered_s: int = 180

    def measures(self) -> dict[str, Measure]:
        """The reason, the trip, and how long the seat was taken."""
        return {
            "reasons": _reasons(metering.REASON_WORDS),
            **_trip(),
            "unmetered_s": largest("unmetered_s", "载客未打表", unit="s"),
            "records": largest("records", "前后半日营运记录", unit="条"),
            "drivers": _DRIVERS,
        }


@catalogue.register
class MeterTampered(_TripRule):
    """The fare does not fit the tariff, or the meter counts too much trip after trip.

    Without a tariff (运价) in force when passengers got in, fares are not judged.
    """

    code, title = "taxi.meter_tampered", "疑似计价器作弊"
    source = f"{_RULES}（违规收费、不按规定使用计价器；现行条号未核实）；运价表；判定值未见规定"
    limit_words = _UNUSED | {
        "silence_s": _GAP,
        "ratio_percent": ("当日计程与轨迹之比的中位数超过", "%"),
        "least_trips": ("当日至少营运", "次"),
        "least_m": ("计入的营运里程", "m"),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """A fare's tolerance is the tariff's; the median is of one vehicle's trips of a day of Panjin."""

        lasting_s: int = 0
        forgiven_gap_s: int = 0
        silence_s: int = 300
        ratio_percent: int = 115
        least_trips: int = 6
        least_m: int = 2000

    def measures(self) -> dict[str, Measure]:
        """The reason, the trip, what it should have cost, the median and over how many trips."""
        return {
            "reasons": _reasons(fares.REASON_WORDS),
            **_trip(),
            "least_jiao": largest("least_jiao", "按运价应不低于", scale=0.1, unit="元"),
            "most_jiao": largest("most_jiao", "按运价应不高于", scale=0.1, unit="元"),
            "waited_s": largest("waited_s", "等待计时", unit="s"),
            "median_percent": largest("median_percent", "计程与轨迹之比的中位数", unit="%"),
            "trips": largest("trips", "计入营运", unit="次"),
            "drivers": _DRIVERS,
        }


@catalogue.register
class UnlicensedDriver(EventDetector):
    """Who signed in has no certificate for taxis that holds, or is not entered as this vehicle's driver."""

    code, title = "taxi.unlicensed_driver", "无证驾驶或人车不符"
    source = f"{_RULES}；出租汽车驾驶员从业资格管理规定（条号未核实）；人车绑定为本市登记"
    territory = "registry"
    from_alarms = False
    joins = False
    limit_words = _UNUSED | {
        "grace_days": ("过期宽限", "天"),
        "company_suffices": ("本企业驾驶员可驾驶任一车辆（1 是，0 否）", ""),
        "blank": ("未上传证号也算（1 是，0 否）", ""),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """Bindings count only where the registry has any for the vehicle; a blank number may be a reader's fault."""

        lasting_s: int = 0
        forgiven_gap_s: int = 0
        silence_s: int = 0
        grace_days: int = 0
        company_suffices: int = 0
        blank: int = 0

    def measures(self) -> dict[str, Measure]:
        """The reason, when, and for how many days the certificate has been expired."""
        return {
            "reasons": _reasons(licences.REASON_WORDS),
            "signed_in_s": _moment("signed_in_s", "签到时间"),
            "expired_days": largest("expired_days", "已过期", unit="天"),
        }


@catalogue.register
class Detour(_TripRule):
    """A trip went far round, against what others drove between the same places and against the straight line."""

    code, title = "taxi.detour", "疑似绕行"
    source = f"{_RULES}（故意绕道；现行条号未核实）；判定值未见规定"
    limit_words = _UNUSED | {
        "silence_s": _GAP,
        "usual_percent": ("与常用路线之比超过", "%"),
        "straight_percent": ("与直线距离之比超过", "%"),
        "more_m": ("比常用路线多出", "m"),
        "least_straight_m": ("起讫点直线距离至少", "m"),
        "least_trips": ("同起讫网格至少营运", "次"),
        "window_days": ("参考此前", "天"),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """All three must be passed; others' trips of the last ``window_days`` between the same cells of 500 m count."""

        lasting_s: int = 0
        forgiven_gap_s: int = 0
        silence_s: int = 300
        usual_percent: int = 180
        straight_percent: int = 220
        more_m: int = 2500
        least_straight_m: int = 3000
        least_trips: int = 10
        window_days: int = 90

    def measures(self) -> dict[str, Measure]:
        """The trip, the usual way and the straight one."""
        return {
            **_trip(),
            "usual_m": largest("usual_m", "常用路线里程（中位数）", scale=0.001, unit="km"),
            "usual_trips": largest("usual_trips", "参考营运", unit="次"),
            "straight_m": largest("straight_m", "起讫点直线距离", scale=0.001, unit="km"),
            "of_usual_percent": largest("of_usual_percent", "为常用路线的", unit="%"),
            "of_straight_percent": largest("of_straight_percent", "为直线距离的", unit="%"),
            "drivers": _DRIVERS,
        }
