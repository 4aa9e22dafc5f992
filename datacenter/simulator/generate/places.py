"""Places and trunk roads of the synthetic network (生成的演示路网).

Names are real (NBS code list). Positions marked ``known`` come from published points (district seats of DataV,
GeoNames, CC BY 4.0); all others are approximate and made up, inside the right county. Roads are made up everywhere:
no road geometry of the city was available, and nothing here may be taken for a survey.
"""

from typing import NamedTuple

SHUANGTAIZI, XINGLONGTAI, DAWA, PANSHAN = "211102", "211103", "211104", "211122"

# The demo city's forbidden area for dangerous goods (危货禁行区): a circle in the core of Xinglongtai.
FORBIDDEN_LON, FORBIDDEN_LAT, FORBIDDEN_RADIUS_M = 122.070, 41.125, 600.0


class Place(NamedTuple):
    """A grid of streets around a centre: ``columns`` × ``rows`` junctions, ``spacing_m`` apart."""

    key: str
    name: str
    county: str
    lon: float
    lat: float
    columns: int = 3
    rows: int = 3
    spacing_m: float = 300.0
    known: bool = False


class Trunk(NamedTuple):
    """A road between two places (or expressway points), through ``via`` points."""

    start: str
    end: str
    road: str
    via: tuple[tuple[float, float], ...] = ()


PLACES = (
    Place("xinglongtai", "兴隆台城区", XINGLONGTAI, 122.078, 41.121, 13, 7, 530.0, known=True),
    Place("shuangtaizi", "双台子城区", SHUANGTAIZI, 122.052, 41.190, 9, 6, 480.0, known=True),
    Place("dawa", "大洼城区", DAWA, 122.0662, 40.9925, 8, 6, 450.0, known=True),
    Place("panshan", "盘山县城", PANSHAN, 121.980, 41.240, 6, 5, 430.0, known=True),
    Place("liaobin", "辽滨港区", DAWA, 122.108, 40.738, 7, 5, 480.0),
    Place("refinery", "双台子石化园区", SHUANGTAIZI, 122.075, 41.232, 4, 3, 450.0),
    Place("oilfield", "曙光油库区", XINGLONGTAI, 121.905, 41.190, 3, 3, 400.0),
    Place("hightech", "高新技术产业开发区", XINGLONGTAI, 121.985, 41.125, 5, 4, 450.0),
    Place("tongyi", "统一镇", SHUANGTAIZI, 122.115, 41.207),
    Place("lujia", "陆家镇", SHUANGTAIZI, 122.080, 41.252),
    Place("tianjia", "田家街道", DAWA, 122.068, 41.062),
    Place("xinli", "新立镇", DAWA, 122.205, 41.085),
    Place("xinxing", "新兴镇", DAWA, 122.135, 41.035),
    Place("qingshui", "清水镇", DAWA, 122.185, 40.985),
    Place("tangjia", "唐家镇", DAWA, 121.975, 41.030),
    Place("yushu", "榆树街道", DAWA, 122.010, 41.000),
    Place("xinkai", "新开镇", DAWA, 122.255, 41.030),
    Place("dongfeng", "东风镇", DAWA, 122.2663, 40.9749, known=True),
    Place("xian", "西安镇", DAWA, 122.2348, 40.9227, known=True),
    Place("pingan", "平安镇", DAWA, 122.1586, 40.8824, known=True),
    Place("tianzhuangtai", "田庄台镇", DAWA, 122.1250, 40.8440, known=True),
    Place("wangjia", "王家街道", DAWA, 122.0622, 40.9509, known=True),
    Place("zhaoquanhe", "赵圈河镇", DAWA, 121.9941, 40.9592, known=True),
    Place("erjiegou", "二界沟街道", DAWA, 122.0797, 40.8505, known=True),
    Place("rongxing", "荣兴", DAWA, 122.0700, 40.7900, known=True),
    Place("hujia", "胡家镇", PANSHAN, 121.900, 41.275),
    Place("tianshui", "甜水镇", PANSHAN, 121.985, 41.300),
    Place("gaosheng", "高升街道", PANSHAN, 122.060, 41.335),
    Place("chenjia", "陈家镇", PANSHAN, 122.165, 41.300),
    Place("desheng", "得胜街道", PANSHAN, 122.175, 41.235),
    Place("wujia", "吴家镇", PANSHAN, 122.165, 41.172),
    Place("baqiangzi", "坝墙子镇", PANSHAN, 122.265, 41.150),
    Place("shaling", "沙岭镇", PANSHAN, 122.345, 41.125),
    Place("guchengzi", "古城子镇", PANSHAN, 122.375, 41.050),
    Place("shixin", "石新镇", PANSHAN, 121.790, 41.285),
    Place("yangjuanzi", "羊圈子镇", PANSHAN, 121.690, 41.240),
    Place("dongguo", "东郭街道", PANSHAN, 121.640, 41.150),
)

# Points of the expressway corridors; *_ic are interchanges.
EXPRESSWAY_POINTS: dict[str, tuple[float, float]] = {
    "west_gate": (121.742, 41.298),
    "hujia_ic": (121.893, 41.250),
    "panshan_ic": (122.006, 41.217),
    "north_ic": (122.135, 41.222),
    "desheng_ic": (122.190, 41.262),
    "north_gate": (122.185, 41.395),
    "east_ic": (122.178, 41.135),
    "xinxing_ic": (122.152, 41.055),
    "dawa_ic": (122.120, 40.985),
    "pingan_ic": (122.135, 40.900),
    "port_ic": (122.062, 40.812),
    "port_gate": (122.085, 40.762),
}

EXPRESSWAYS = (
    Trunk("west_gate", "hujia_ic", "演示高速1线", ((121.820, 41.272),)),
    Trunk("hujia_ic", "panshan_ic", "演示高速1线"),
    Trunk("panshan_ic", "north_ic", "演示高速1线", ((122.045, 41.214), (122.090, 41.220))),
    Trunk("north_ic", "desheng_ic", "演示高速1线", ((122.165, 41.242),)),
    Trunk("desheng_ic", "north_gate", "演示高速1线", ((122.196, 41.330),)),
    Trunk("north_ic", "east_ic", "演示高速2线", ((122.142, 41.200), (122.152, 41.165))),
    Trunk("east_ic", "xinxing_ic", "演示高速2线", ((122.182, 41.100),)),
    Trunk("xinxing_ic", "dawa_ic", "演示高速2线"),
    Trunk("dawa_ic", "pingan_ic", "演示高速2线", ((122.122, 40.945),)),
    Trunk("pingan_ic", "port_ic", "演示高速2线", ((122.105, 40.855),)),
    Trunk("port_ic", "port_gate", "演示高速2线"),
)

RAMPS = (
    Trunk("hujia_ic", "hujia", "匝道"),
    Trunk("panshan_ic", "panshan", "匝道"),
    Trunk("panshan_ic", "shuangtaizi", "匝道"),
    Trunk("north_ic", "tongyi", "匝道"),
    Trunk("desheng_ic", "desheng", "匝道"),
    Trunk("east_ic", "xinglongtai", "匝道"),
    Trunk("east_ic", "wujia", "匝道"),
    Trunk("xinxing_ic", "xinxing", "匝道"),
    Trunk("dawa_ic", "dawa", "匝道"),
    Trunk("pingan_ic", "pingan", "匝道"),
    Trunk("port_ic", "rongxing", "匝道"),
    Trunk("port_gate", "liaobin", "匝道"),
    Trunk("west_gate", "shixin", "匝道"),
)

PRIMARY = (
    Trunk("shuangtaizi", "xinglongtai", "演示干线1 辽河一桥", ((122.056, 41.160),)),
    Trunk("shuangtaizi", "xinglongtai", "演示干线2 辽河二桥", ((122.088, 41.172), (122.092, 41.150))),
    Trunk("shuangtaizi", "hightech", "演示干线3 辽河三桥", ((122.016, 41.172), (122.000, 41.150))),
    Trunk("shuangtaizi", "panshan", "演示干线4"),
    Trunk("shuangtaizi", "refinery", "演示疏港路北段"),
    Trunk("xinglongtai", "hightech", "演示干线5"),
    Trunk("xinglongtai", "tianjia", "演示干线1"),
    Trunk("tianjia", "dawa", "演示干线1"),
    Trunk("dawa", "wangjia", "演示干线1"),
    Trunk("wangjia", "erjiegou", "演示疏港路", ((122.070, 40.900),)),
    Trunk("erjiegou", "rongxing", "演示疏港路"),
    Trunk("rongxing", "liaobin", "演示疏港路"),
    Trunk("erjiegou", "tianzhuangtai", "演示干线6"),
    Trunk("pingan", "tianzhuangtai", "演示干线6"),
    Trunk("xinglongtai", "xinli", "演示干线7", ((122.150, 41.112),)),
    Trunk("panshan", "hujia", "演示干线4"),
    Trunk("hujia", "shixin", "演示干线4"),
    Trunk("shixin", "yangjuanzi", "演示干线4"),
    Trunk("refinery", "lujia", "演示干线8"),
    Trunk("tongyi", "wujia", "演示干线9"),
    Trunk("shuangtaizi", "tongyi", "演示干线9"),
    Trunk("wujia", "baqiangzi", "演示干线9", ((122.215, 41.178),)),
    Trunk("baqiangzi", "shaling", "演示干线9"),
    Trunk("hightech", "oilfield", "演示干线5", ((121.955, 41.190), (121.935, 41.203))),
)

SECONDARY = (
    Trunk("lujia", "gaosheng", "演示县道1"),
    Trunk("panshan", "tianshui", "演示县道2"),
    Trunk("tianshui", "gaosheng", "演示县道2"),
    Trunk("gaosheng", "chenjia", "演示县道3"),
    Trunk("chenjia", "desheng", "演示县道3"),
    Trunk("desheng", "tongyi", "演示县道3"),
    Trunk("tianshui", "hujia", "演示县道4"),
    Trunk("shaling", "guchengzi", "演示县道5"),
    Trunk("yangjuanzi", "dongguo", "演示县道6"),
    Trunk("tianjia", "xinxing", "演示县道7"),
    Trunk("xinxing", "dawa", "演示县道7"),
    Trunk("xinxing", "xinli", "演示县道8"),
    Trunk("xinxing", "qingshui", "演示县道9"),
    Trunk("xinli", "xinkai", "演示县道8"),
    Trunk("xinkai", "dongfeng", "演示县道10"),
    Trunk("qingshui", "dongfeng", "演示县道9"),
    Trunk("dongfeng", "xian", "演示县道10"),
    Trunk("xian", "pingan", "演示县道10"),
    Trunk("qingshui", "dawa", "演示县道11"),
    Trunk("dawa", "yushu", "演示县道12"),
    Trunk("yushu", "tangjia", "演示县道12"),
    Trunk("tangjia", "tianjia", "演示县道13"),
    Trunk("yushu", "zhaoquanhe", "演示县道14"),
    Trunk("zhaoquanhe", "wangjia", "演示县道14"),
    Trunk("wangjia", "pingan", "演示县道15"),
    Trunk("oilfield", "hujia", "演示县道16"),
)
