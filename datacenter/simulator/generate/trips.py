"""What each kind of vehicle does: the templates (模板), loops of some hours that start and end at the same base.

Taxis cruise, pick up, ride and wait at ranks; buses run a line there and back with stops; coaches go between towns on
fast roads; dangerous-goods trucks load at the refinery, the oil depots or the port and unload at the outskirts; heavy
trucks carry between port, parks and towns.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from datacenter.simulator.draw import draw, share
from datacenter.simulator.generate.drive import ACC_ON, MANNERS, OCCUPIED, Drive
from datacenter.simulator.generate.network import Network
from datacenter.simulator.generate.places import (
    DAWA,
    FORBIDDEN_LAT,
    FORBIDDEN_LON,
    PANSHAN,
    SHUANGTAIZI,
    XINGLONGTAI,
)

LONGEST_S = {"taxi": 9000, "bus": 6000, "coach": 5700, "hazmat": 12600, "heavy_truck": 12600}

# (county, place, how many bases there); a vehicle's base lies in its company's county.
_BASES = {
    "taxi": (
        (XINGLONGTAI, "xinglongtai", 24),
        (XINGLONGTAI, "hightech", 3),
        (SHUANGTAIZI, "shuangtaizi", 14),
        (DAWA, "dawa", 9),
        (DAWA, "liaobin", 2),
        (PANSHAN, "panshan", 7),
    ),
    "coach": (
        (XINGLONGTAI, "xinglongtai", 2),
        (SHUANGTAIZI, "shuangtaizi", 1),
        (DAWA, "dawa", 2),
        (PANSHAN, "panshan", 1),
        (PANSHAN, "gaosheng", 1),
    ),
    "hazmat": (
        (XINGLONGTAI, "oilfield", 2),
        (XINGLONGTAI, "hightech", 3),
        (SHUANGTAIZI, "refinery", 2),
        (SHUANGTAIZI, "lujia", 1),
        (SHUANGTAIZI, "tongyi", 1),
        (DAWA, "liaobin", 2),
        (DAWA, "rongxing", 1),
        (DAWA, "xinxing", 1),
        (DAWA, "wangjia", 1),
        (PANSHAN, "hujia", 1),
        (PANSHAN, "shaling", 1),
        (PANSHAN, "desheng", 1),
        (PANSHAN, "gaosheng", 1),
    ),
    "heavy_truck": (
        (XINGLONGTAI, "hightech", 2),
        (XINGLONGTAI, "oilfield", 1),
        (SHUANGTAIZI, "tongyi", 1),
        (SHUANGTAIZI, "refinery", 1),
        (DAWA, "liaobin", 2),
        (DAWA, "tianjia", 1),
        (DAWA, "tianzhuangtai", 1),
        (PANSHAN, "shixin", 1),
        (PANSHAN, "panshan", 1),
        (PANSHAN, "shaling", 1),
    ),
}
_PER_BASE = {"taxi": 4, "coach": 9, "hazmat": 8, "heavy_truck": 8}
_LOADING = ("refinery", "liaobin", "oilfield")
_UNLOADING = ("tianzhuangtai", "shaling", "guchengzi", "hujia", "shixin", "yangjuanzi", "gaosheng", "tianshui",
              "dongfeng", "xinkai", "xian", "pingan", "tangjia", "rongxing", "chenjia")  # fmt: skip
_TOWNS = ("dawa", "shuangtaizi", "panshan", "tianzhuangtai", "liaobin", "gaosheng", "hujia", "shaling", "dongfeng",
          "pingan", "xinli", "erjiegou", "xian")  # fmt: skip

_CITIES = ("dawa", "shuangtaizi", "xinglongtai", "panshan", "tianjia", "hightech")

# Bus lines: (county, number, places it calls at). Lines inside a city run between two of its corners.
_LINES = (
    (XINGLONGTAI, "1路", ("xinglongtai:0", "xinglongtai:90")),
    (XINGLONGTAI, "2路", ("xinglongtai:6", "xinglongtai:84")),
    (XINGLONGTAI, "3路", ("xinglongtai:21", "hightech:10")),
    (XINGLONGTAI, "4路", ("xinglongtai:45", "shuangtaizi:20")),
    (XINGLONGTAI, "5路", ("xinglongtai:70", "shuangtaizi:50")),
    (XINGLONGTAI, "6路", ("xinglongtai:3", "xinglongtai:87")),
    (XINGLONGTAI, "7路", ("xinglongtai:28", "tianjia:4")),
    (XINGLONGTAI, "8路", ("hightech:0", "xinglongtai:60")),
    (XINGLONGTAI, "9路", ("hightech:5", "oilfield:4")),
    (XINGLONGTAI, "10路", ("xinglongtai:52", "xinglongtai:13")),
    (SHUANGTAIZI, "11路", ("shuangtaizi:0", "shuangtaizi:53")),
    (SHUANGTAIZI, "12路", ("shuangtaizi:5", "shuangtaizi:48")),
    (SHUANGTAIZI, "13路", ("shuangtaizi:25", "refinery:6")),
    (SHUANGTAIZI, "14路", ("shuangtaizi:30", "tongyi:4")),
    (SHUANGTAIZI, "15路", ("shuangtaizi:10", "panshan:15")),
    (SHUANGTAIZI, "16路", ("lujia:4", "shuangtaizi:2")),
    (DAWA, "21路", ("dawa:0", "dawa:47")),
    (DAWA, "22路", ("dawa:20", "wangjia:4")),
    (DAWA, "23路", ("dawa:30", "tianjia:4")),
    (DAWA, "24路", ("liaobin:0", "rongxing:4")),
    (DAWA, "25路", ("liaobin:4", "liaobin:32")),
    (PANSHAN, "31路", ("panshan:0", "panshan:29")),
    (PANSHAN, "32路", ("panshan:12", "hujia:4")),
    (PANSHAN, "33路", ("panshan:20", "tianshui:4")),
)


@dataclass(frozen=True, slots=True)
class Template:
    """One loop: who may run it, from where, and the drive itself."""

    kind: str
    county: str
    base: int  # junction
    label: str  # the bus line's number; "forbidden" when it passes the forbidden area
    drive: Drive
    stops_m: tuple[float, ...] = ()  # bus stops of the first way out, metres
    out_m: float = 0.0  # length of a bus line's way out


def templates(network: Network) -> Iterator[Template]:
    """Every template of the demo city."""
    for kind, bases in _BASES.items():
        for county, place, count in bases:
            for number in range(count):
                base = _pick(network, place, draw(kind + place, number))
                for turn in range(_PER_BASE[kind]):
                    seed = draw(f"{kind}{place}{number}", turn) % 1_000_003
                    yield Template(kind, county, base, "", _in_time(kind, network, base, place, seed))
    for county, line, ends in _LINES:
        yield from _bus_line(network, county, line, *(_numbered(network, end) for end in ends))
    for county, place in ((XINGLONGTAI, "hightech"), (SHUANGTAIZI, "tongyi"), (DAWA, "xinxing"), (PANSHAN, "hujia")):
        base = network.at[place][4]
        drive = _through_forbidden(network, base, draw("forbidden" + place, 0) % 1_000_003)
        yield Template("hazmat", county, base, "forbidden", drive)


def _in_time(kind: str, network: Network, base: int, place: str, seed: int) -> Drive:
    """The first drive of this kind, from ``seed`` on, that is back in time."""
    drives = (_MAKERS[kind](network, base, place, seed + attempt * 1009) for attempt in range(50))
    return next(drive for drive in drives if drive.now_s <= LONGEST_S[kind])


def _taxi(network: Network, base: int, place: str, seed: int) -> Drive:
    drive = Drive(network, MANNERS["taxi"], seed)
    here, ride = base, 0
    drive.mark(ACC_ON)
    while drive.now_s < LONGEST_S["taxi"] - 2400:
        ride += 1
        luck = draw("ride", seed * 101 + ride)
        pickup = _near(network, here, luck, 250, 1500)
        drive.go(here, pickup)
        if luck % 10 < 3:
            drive.wait(60 + luck // 64 % 420)  # at a rank
        drive.wait(20 + luck // 128 % 50)
        drive.mark(OCCUPIED | ACC_ON)
        far = luck // 512 % 100
        if far < 8:
            end = _pick(
                network, ("dawa", "shuangtaizi", "xinglongtai", "panshan", "tianjia", "hightech")[far % 6], luck
            )
        else:
            end = _near(network, pickup, luck // 7, 900, 5200)
        drive.go(pickup, end)
        drive.wait(25 + luck // 1024 % 55)
        drive.mark(ACC_ON)
        here = end
        if luck // 4096 % 10 < 2:
            drive.wait(120 + luck // 8192 % 400)
    drive.go(here, base)
    return drive


def _coach(network: Network, base: int, place: str, seed: int) -> Drive:
    drive = Drive(network, MANNERS["coach"], seed)
    here, turn = base, 0
    drive.mark(ACC_ON)
    drive.wait(240 + seed % 300)
    while drive.now_s < 2400:
        turn += 1
        towns = [town for town in _TOWNS if town != place]
        town = towns[draw("town", seed + turn) % len(towns)]
        end = network.at[town][len(network.at[town]) // 2]
        drive.go(here, end)
        drive.wait(300 + draw("call", seed + turn) % 420)
        here = end
    drive.go(here, base)
    return drive


def _hazmat(network: Network, base: int, place: str, seed: int) -> Drive:
    drive = Drive(network, MANNERS["hazmat"], seed)
    here, turn = base, 0
    while drive.now_s < LONGEST_S["hazmat"] - 6600:
        turn += 1
        luck = draw("load", seed + turn)
        loading = _LOADING[luck % 3]
        drive.mark(ACC_ON)
        load_at = _pick(network, loading, luck // 8)
        drive.go(here, load_at)
        drive.mark(0)
        drive.wait(1500 + luck // 64 % 1200)
        drive.mark(ACC_ON | OCCUPIED)
        here = _pick(network, _UNLOADING[luck // 128 % len(_UNLOADING)], luck // 4096)
        drive.go(load_at, here)
        drive.mark(OCCUPIED)
        drive.wait(1300 + luck // 256 % 900)
        drive.mark(ACC_ON)
    drive.go(here, base)
    return drive


def _heavy_truck(network: Network, base: int, place: str, seed: int) -> Drive:
    drive = Drive(network, MANNERS["heavy_truck"], seed)
    here, turn = base, 0
    ends = ("liaobin", "refinery", "hightech", "oilfield", *_TOWNS, *_UNLOADING)
    while drive.now_s < LONGEST_S["heavy_truck"] - 5400:
        turn += 1
        luck = draw("haul", seed + turn)
        drive.mark(ACC_ON | (OCCUPIED if turn % 2 == 0 else 0))
        end = _pick(network, ends[luck % len(ends)], luck // 64)
        drive.go(here, end)
        drive.mark(0)
        drive.wait(1260 + luck // 128 % 900)
        here = end
    drive.mark(ACC_ON)
    drive.go(here, base)
    return drive


_MAKERS = {"taxi": _taxi, "coach": _coach, "hazmat": _hazmat, "heavy_truck": _heavy_truck}


def _through_forbidden(network: Network, base: int, seed: int) -> Drive:
    """A dangerous-goods truck that drives through the forbidden area as if it were an ordinary truck."""
    drive = Drive(network, MANNERS["hazmat"], seed)
    careless = Drive(network, MANNERS["heavy_truck"], seed)
    core = network.nearest(FORBIDDEN_LON, FORBIDDEN_LAT)
    drive.mark(ACC_ON | OCCUPIED)
    beyond = network.at["xinli"][4]
    for start, end in ((base, core), (core, beyond)):
        drive.follow(network.way(start, end, careless.cost))
    drive.mark(OCCUPIED)
    drive.wait(1800)
    drive.mark(ACC_ON)
    drive.go(beyond, base)
    return drive


def _bus_line(network: Network, county: str, line: str, start: int, end: int) -> Iterator[Template]:
    """Two templates of a line, so that vehicles of one line aren't copies: quiet hours and full ones."""
    ruler = Drive(network, MANNERS["bus"], 1)
    out, back = network.way(start, end, ruler.cost), network.way(end, start, ruler.cost)
    lengths = [sum(network.edges[number].length_m for number, _ in way) for way in (out, back)]
    spacing = 480 if max(lengths) < 9000 else 950
    stops = [tuple(spacing * (n + 0.6) for n in range(int(length // spacing))) for length in lengths]
    for variant, dwell_s in enumerate((14, 26)):
        drive = Drive(network, MANNERS["bus"], draw(line, variant) % 1_000_003)
        drive.mark(ACC_ON)
        drive.wait(120)
        while True:
            for way, places in zip((out, back), stops, strict=True):
                drive.follow(way, tuple((at, dwell_s + share(line, int(at + drive.now_s)) * 16) for at in places))
                drive.wait(360 + variant * 60)
            rounds = len(drive.steps) // (len(out) + len(back))
            if drive.now_s * (rounds + 1) / rounds > 0.94 * LONGEST_S["bus"]:
                break
        yield Template("bus", county, start, line, drive, stops[0], lengths[0])


def _numbered(network: Network, end: str) -> int:
    place, number = end.split(":")
    return network.at[place][int(number)]


def _pick(network: Network, place: str, luck: int) -> int:
    return network.at[place][luck % len(network.at[place])]


def _near(network: Network, here: int, luck: int, nearest_m: float, farthest_m: float) -> int:
    """A junction between two distances (as the crow flies), or the nearest beyond when there is none."""
    centre = network.junctions[here]
    far = [(math.dist(centre, point), number) for number, point in enumerate(network.junctions) if number != here]
    fit = [number for metres, number in far if nearest_m <= metres <= farthest_m]
    return fit[luck // 3 % len(fit)] if fit else min(pair for pair in far if pair[0] >= nearest_m)[1]
