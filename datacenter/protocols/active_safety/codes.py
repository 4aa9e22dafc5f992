"""Numbers of T/JSATL 12-2017 with their names (代码表): events, levels, files, peripherals.

Where the text leaves numbers to the maker ("custom"), each province and each maker uses them in its own way: seat belt,
covered camera, hands off the wheel have no number of their own. Their names are rows of the office, not of this table.
"""

ITEM_TITLES = {
    0x64: "高级驾驶辅助系统报警",
    0x65: "驾驶员状态监测系统报警",
    0x66: "胎压监测系统报警",
    0x67: "盲区监测系统报警",
    0x70: "激烈驾驶报警",
}
ADAS, DSM, TPMS, BSD, AGGRESSIVE = ITEM_TITLES
FLAG_STATES = {0: "不可用", 1: "开始", 2: "结束"}
LEVELS = {0: "事件", 1: "一级", 2: "二级"}

ADAS_EVENTS = {
    0x01: "前向碰撞",
    0x02: "车道偏离",
    0x03: "车距过近",
    0x04: "行人碰撞",
    0x05: "频繁变道",
    0x06: "道路标识超限",
    0x07: "障碍物",
    0x10: "道路标志识别事件",
    0x11: "主动抓拍事件",
}
DSM_EVENTS = {
    0x01: "疲劳驾驶",
    0x02: "接打电话",
    0x03: "抽烟",
    0x04: "分神驾驶",
    0x05: "驾驶员异常",
    0x10: "自动抓拍事件",
    0x11: "驾驶员变更事件",
}
BSD_EVENTS = {1: "后方接近", 2: "左侧后方接近", 3: "右侧后方接近"}
AGGRESSIVE_EVENTS = {
    1: "急加速",
    2: "急减速",
    3: "急转弯",
    4: "怠速",
    5: "异常熄火",
    6: "空挡滑行",
    7: "发动机超转",
}
"""Not in the 2017 text; as one open platform reads them."""
EVENTS: dict[int, dict[int, str]] = {
    ADAS: ADAS_EVENTS,
    DSM: DSM_EVENTS,
    BSD: BSD_EVENTS,
    AGGRESSIVE: AGGRESSIVE_EVENTS,
}
"""Names of an item's events. Those of 0x66 are bits of each tyre (``bits.TyreEvent``)."""

DEVIATIONS = {1: "左侧", 2: "右侧"}
SIGNS = {1: "限速", 2: "限高", 3: "限重"}
FILE_TYPES = {0: "图片", 1: "音频", 2: "视频", 3: "文本", 4: "其他"}
IMAGE, AUDIO, VIDEO, TEXT, OTHER = FILE_TYPES
PERIPHERALS = {0x64: "高级驾驶辅助系统", 0x65: "驾驶员状态监控系统", 0x66: "轮胎气压监测系统", 0x67: "盲点监测系统"}
WORK_STATES = {1: "正常工作", 2: "待机", 3: "升级维护", 4: "设备异常", 16: "断开连接"}
PHOTO_STRATEGIES = {0: "不开启", 1: "定时", 2: "定距", 3: "插卡触发"}
UPGRADE_RESULTS = {0x10: "未找到目标设备", 0x11: "硬件型号不支持", 0x12: "软件版本相同", 0x13: "软件版本不支持"}
