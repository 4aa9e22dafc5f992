"""What the model's features are called on screen and paper (判定依据用语)."""

from collections.abc import Callable


def _percent(value: float) -> str:
    return f"{100 * value:.0f}%"


def _minutes(value: float) -> str:
    return f"{value:.0f} 分钟"


def _kilometres(value: float) -> str:
    return f"{value:.1f} km"


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _yes(value: float) -> str:
    return "是" if value else "否"


def _dwell(value: float) -> str:
    return f"停车 {value:.0f} 分钟" if value > 0 else f"未停车（已行驶 {-value:.0f} 分钟）"


def _hour(value: float) -> str:
    return f"{int(value):02d}:{int(value % 1 * 60):02d}（UTC）"


WORDS: dict[str, tuple[str, Callable[[float], str]]] = {
    "start": ("该分钟为上车点的概率", _percent),
    "start_before": ("前一分钟为上车点的概率", _percent),
    "start_after": ("后一分钟为上车点的概率", _percent),
    "end": ("该分钟为下车点的概率", _percent),
    "end_before": ("前一分钟为下车点的概率", _percent),
    "end_after": ("后一分钟为下车点的概率", _percent),
    "inside": ("途中载客概率（平均）", _percent),
    "inside_first": ("前三分之一载客概率", _percent),
    "inside_last": ("后三分之一载客概率", _percent),
    "inside_before_2": ("上车前 2 分钟载客概率", _percent),
    "inside_before_5": ("上车前 5 分钟载客概率", _percent),
    "inside_after_2": ("下车后 2 分钟载客概率", _percent),
    "inside_after_5": ("下车后 5 分钟载客概率", _percent),
    "starts_within": ("途中其他上车点（概率和）", _plain),
    "ends_within": ("途中其他下车点（概率和）", _plain),
    "sum": ("起讫与途中合计", _plain),
    "sum_below_best": ("与本空驶段最佳候选之差", _plain),
    "sum_below_best_of_start": ("与同一上车点最佳候选之差", _plain),
    "minutes": ("历时", _minutes),
    "way": ("行驶里程", _kilometres),
    "far": ("起讫直线距离", _kilometres),
    "direct": ("直线度", _percent),
    "speed": ("平均每分钟行驶", _kilometres),
    "still_share": ("途中停车占比", _percent),
    "dwell_before": ("上车前", _dwell),
    "dwell_after": ("下车后", _dwell),
    "stretch_minutes": ("所在空驶段历时", _minutes),
    "since_metered": ("距上一打表行程", _minutes),
    "to_metered": ("距下一打表行程", _minutes),
    "after_metered": ("此前是打表行程", _yes),
    "before_metered": ("此后是打表行程", _yes),
    "way_since_metered": ("距上一打表行程里程", _kilometres),
    "way_to_metered": ("距下一打表行程里程", _kilometres),
    "picked": ("起点上客频度（对数）", _plain),
    "dropped": ("终点下客频度（对数）", _plain),
    "share": ("沿途同向打表比", _percent),
    "share_before": ("上车前沿途打表比", _percent),
    "share_after": ("下车后沿途打表比", _percent),
    "popular": ("同起讫打表行程数（对数）", _plain),
    "hour": ("时刻", _hour),
    "x_start": ("起点东向坐标", _kilometres),
    "y_start": ("起点北向坐标", _kilometres),
    "x_end": ("终点东向坐标", _kilometres),
    "y_end": ("终点北向坐标", _kilometres),
    "inside_rest": ("前后半小时其余载客概率（和）", _plain),
    "inside_log": ("途中载客概率（几何平均的对数）", _plain),
}
_PARTS = {"inside": "载客", "start": "上车点", "end": "下车点"}
_WHATS = {
    "most": "途中最高",
    "least": "途中最低",
    "most_later": "起点 2 分钟后最高",
    "most_earlier": "终点 2 分钟前最高",
}
WORDS |= {
    f"{part}_{what}": (f"{title}概率，{words}", _percent)
    for part, title in _PARTS.items()
    for what, words in _WHATS.items()
}
WORDS |= {
    f"{part}_{end}_{k}": (f"{title}概率，{place}{'前' if k < 0 else '后'} {abs(k)} 分钟", _percent)
    for part, title in _PARTS.items()
    for end, place in (("first", "起点"), ("last", "终点"))
    for k in (-3, -2, 2, 3)
}


def worded(name: str, value: float) -> tuple[str, str]:
    """What a feature of a candidate is called, and its value as text."""
    title, text = WORDS[name]
    return title, text(value)
