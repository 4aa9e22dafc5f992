"""Codes and what they mean (代码). JT/T 905.2-2014; numbers that no public table has are kept."""

from datacenter.protocols.composed import Coded
from datacenter.protocols.wire import U8, U16

RESULT = Coded(U8, {0: "成功/确认", 1: "失败", 2: "消息有误"})
DEVICE = Coded(
    U8,
    {
        0x00: "ISU",
        0x01: "通信模块",
        0x02: "计价器",
        0x03: "出租汽车安全模块",
        0x04: "LED 显示屏",
        0x05: "智能顶灯",
        0x06: "服务评价器（后排）",
        0x07: "摄像装置",
        0x08: "卫星定位设备",
        0x09: "液晶多媒体屏",
        0x10: "ISU 人机交互设备",
        0x11: "服务评价器（前排）",
    },
)
"""Device types; ``bits.Device`` has them by name."""
CONTROL = Coded(U8, {1: "升级", 2: "关机", 3: "复位", 4: "恢复出厂设置", 5: "关闭数据通信", 6: "关闭所有无线通信"})
UPGRADED = Coded(
    U8,
    {
        0: "版本号一致",
        1: "升级成功",
        2: "升级失败",
        3: "厂商标识不一致",
        4: "硬件版本不一致",
        5: "下载失败",
        6: "服务器取消",
        7: "设备放弃",
    },
)
"""Results of an upgrade; from one public codec alone."""
TRACKING = Coded(
    U8,
    {
        0x00: "按时间间隔、持续时间",
        0x01: "按时间间隔、持续距离",
        0x10: "按距离间隔、持续时间",
        0x11: "按距离间隔、持续距离",
        0xFF: "停止跟踪",
    },
)
LOCK = Coded(U8, {0: "油路", 1: "电路", 2: "车门", 3: "车辆锁定"})
LOCKED = Coded(U8, {0: "恢复/解锁", 1: "断开/加锁"})
CALL = Coded(U8, {0: "通话", 1: "监听"})
_REASONS = {0: "进入重车", 1: "服务评价", 2: "报警", 3: "中心主动拍摄"}
REASON, REASON_WORD = Coded(U8, _REASONS), Coded(U16, _REASONS)
SHOOT = Coded(U16, {0: "停止拍摄", 0xFFFF: "录像"})
"""Other numbers are how many photos to take."""
SAVE = Coded(U8, {0: "实时上传", 1: "保存"})
RESOLUTION = Coded(U8, {0: "320×240", 1: "640×480", 2: "800×600"})
BUSINESS = Coded(U8, {0: "即时召车", 1: "预约召车", 2: "车辆指派"})
CANCELLED = Coded(U8, {0: "事故", 1: "路堵", 2: "其他"})
EVALUATION = Coded(U8, {0: "未评价", 1: "满意", 2: "一般", 3: "不满意", 4: "投诉"})
"""``messages.Evaluation`` has them by name."""
PAYMENT = Coded(U8, {0x00: "现金", 0x01: "M1 卡", 0x03: "CPU 卡", 0x09: "其他"})
"""``messages.PayType`` has them by name."""
SIGN_OUT = Coded(U8, {0: "正常签退", 1: "强制签退"})
