"""Settings of the peripherals (主动安全参数). T/JSATL 12-2017, parameters 0xF364 to 0xF367.

A field of nothing but ones leaves the terminal's value as it is: that is what each field is unless given. Bytes behind
the text's last field are kept: 0xF365 has 49 bytes by its offsets and 47 in use, and other provinces append fields.
"""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt808.parameters import Parameter
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.wire import U8, U16, U32, Bytes

from .codes import ADAS, BSD, DSM, PHOTO_STRATEGIES, TPMS

KEEP_8, KEEP_16, KEEP_32 = 0xFF, 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Shooting:
    """How 0xF364 and 0xF365 begin: from which speed on, how loud, and when pictures are taken (拍照策略)."""

    speed_threshold_kmh: int = wire(U8, "报警判断速度阈值", default=KEEP_8)
    volume: int = wire(U8, "报警提示音量", default=KEEP_8)  # 0 silent to 8
    photo_strategy: int = wire(Coded(U8, PHOTO_STRATEGIES), "主动拍照策略", default=KEEP_8)
    photo_interval_s: int = wire(U16, "主动定时拍照时间间隔", default=KEEP_16)
    photo_distance_m: int = wire(U16, "主动定距拍照距离间隔", default=KEEP_16)
    photos: int = wire(U8, "单次主动拍照张数", default=KEEP_8)
    photo_pause_100ms: int = wire(U8, "单次主动拍照时间间隔", default=KEEP_8)
    photo_resolution: int = wire(U8, "拍照分辨率", default=KEEP_8)
    video_resolution: int = wire(U8, "视频录制分辨率", default=KEEP_8)
    alarm_enable: int = wire(U32, "报警使能", default=KEEP_32)
    event_enable: int = wire(U32, "事件使能", default=KEEP_32)


SHOOTING = Struct(Shooting, flat=True)


@dataclass(frozen=True, slots=True)
class AdasSettings:
    """Advanced driver assistance (高级驾驶辅助系统参数). T/JSATL 12-2017, parameter 0xF364."""

    shooting: Shooting = wire(SHOOTING, "拍照策略", default=Shooting())
    reserved: int = wire(U8, "预留", default=KEEP_8)
    obstacle_distance_100ms: int = wire(U8, "障碍物报警距离阈值", default=KEEP_8)
    obstacle_speed_kmh: int = wire(U8, "障碍物报警分级速度阈值", default=KEEP_8)
    obstacle_video_s: int = wire(U8, "障碍物报警前后视频录制时间", default=KEEP_8)
    obstacle_photos: int = wire(U8, "障碍物报警拍照张数", default=KEEP_8)
    obstacle_photo_pause_100ms: int = wire(U8, "障碍物报警拍照间隔", default=KEEP_8)
    lane_changes_s: int = wire(U8, "频繁变道报警判断时间段", default=KEEP_8)
    lane_changes: int = wire(U8, "频繁变道报警判断次数", default=KEEP_8)
    lane_changes_speed_kmh: int = wire(U8, "频繁变道报警分级速度阈值", default=KEEP_8)
    lane_changes_video_s: int = wire(U8, "频繁变道报警前后视频录制时间", default=KEEP_8)
    lane_changes_photos: int = wire(U8, "频繁变道报警拍照张数", default=KEEP_8)
    lane_changes_photo_pause_100ms: int = wire(U8, "频繁变道报警拍照间隔", default=KEEP_8)
    departure_speed_kmh: int = wire(U8, "车道偏离报警分级速度阈值", default=KEEP_8)
    departure_video_s: int = wire(U8, "车道偏离报警前后视频录制时间", default=KEEP_8)
    departure_photos: int = wire(U8, "车道偏离报警拍照张数", default=KEEP_8)
    departure_photo_pause_100ms: int = wire(U8, "车道偏离报警拍照间隔", default=KEEP_8)
    collision_100ms: int = wire(U8, "前向碰撞报警时间阈值", default=KEEP_8)
    collision_speed_kmh: int = wire(U8, "前向碰撞报警分级速度阈值", default=KEEP_8)
    collision_video_s: int = wire(U8, "前向碰撞报警前后视频录制时间", default=KEEP_8)
    collision_photos: int = wire(U8, "前向碰撞报警拍照张数", default=KEEP_8)
    collision_photo_pause_100ms: int = wire(U8, "前向碰撞报警拍照间隔", default=KEEP_8)
    pedestrian_100ms: int = wire(U8, "行人碰撞报警时间阈值", default=KEEP_8)
    pedestrian_speed_kmh: int = wire(U8, "行人碰撞报警使能速度阈值", default=KEEP_8)
    pedestrian_video_s: int = wire(U8, "行人碰撞报警前后视频录制时间", default=KEEP_8)
    pedestrian_photos: int = wire(U8, "行人碰撞报警拍照张数", default=KEEP_8)
    pedestrian_photo_pause_100ms: int = wire(U8, "行人碰撞报警拍照间隔", default=KEEP_8)
    headway_100ms: int = wire(U8, "车距监控报警距离阈值", default=KEEP_8)
    headway_speed_kmh: int = wire(U8, "车距监控报警分级速度阈值", default=KEEP_8)
    headway_video_s: int = wire(U8, "车距过近报警前后视频录制时间", default=KEEP_8)
    headway_photos: int = wire(U8, "车距过近报警拍照张数", default=KEEP_8)
    headway_photo_pause_100ms: int = wire(U8, "车距过近报警拍照间隔", default=KEEP_8)
    sign_photos: int = wire(U8, "道路标志识别拍照张数", default=KEEP_8)
    sign_photo_pause_100ms: int = wire(U8, "道路标志识别拍照间隔", default=KEEP_8)
    behind: bytes | None = wire(Bytes(), "预留", optional=True, default=b"\xff" * 4)


@dataclass(frozen=True, slots=True)
class DsmSettings:
    """State of the driver (驾驶员状态监测系统参数). T/JSATL 12-2017, parameter 0xF365."""

    shooting: Shooting = wire(SHOOTING, "拍照策略", default=Shooting())
    smoking_pause_s: int = wire(U16, "吸烟报警判断时间间隔", default=KEEP_16)
    call_pause_s: int = wire(U16, "接打电话报警判断时间间隔", default=KEEP_16)
    reserved: bytes = wire(Bytes(3), "预留", default=b"\xff" * 3)
    fatigue_speed_kmh: int = wire(U8, "疲劳驾驶报警分级速度阈值", default=KEEP_8)
    fatigue_video_s: int = wire(U8, "疲劳驾驶报警前后视频录制时间", default=KEEP_8)
    fatigue_photos: int = wire(U8, "疲劳驾驶报警拍照张数", default=KEEP_8)
    fatigue_photo_pause_100ms: int = wire(U8, "疲劳驾驶报警拍照间隔时间", default=KEEP_8)
    call_speed_kmh: int = wire(U8, "接打电话报警分级速度阈值", default=KEEP_8)
    call_video_s: int = wire(U8, "接打电话报警前后视频录制时间", default=KEEP_8)
    call_photos: int = wire(U8, "接打电话报警拍驾驶员面部特征照片张数", default=KEEP_8)
    call_photo_pause_100ms: int = wire(U8, "接打电话报警拍驾驶员面部特征照片间隔时间", default=KEEP_8)
    smoking_speed_kmh: int = wire(U8, "抽烟报警分级车速阈值", default=KEEP_8)
    smoking_video_s: int = wire(U8, "抽烟报警前后视频录制时间", default=KEEP_8)
    smoking_photos: int = wire(U8, "抽烟报警拍驾驶员面部特征照片张数", default=KEEP_8)
    smoking_photo_pause_100ms: int = wire(U8, "抽烟报警拍驾驶员面部特征照片间隔时间", default=KEEP_8)
    distraction_speed_kmh: int = wire(U8, "分神驾驶报警分级车速阈值", default=KEEP_8)
    distraction_video_s: int = wire(U8, "分神驾驶报警前后视频录制时间", default=KEEP_8)
    distraction_photos: int = wire(U8, "分神驾驶报警拍照张数", default=KEEP_8)
    distraction_photo_pause_100ms: int = wire(U8, "分神驾驶报警拍照间隔时间", default=KEEP_8)
    abnormal_speed_kmh: int = wire(U8, "驾驶行为异常分级速度阈值", default=KEEP_8)
    abnormal_video_s: int = wire(U8, "驾驶行为异常视频录制时间", default=KEEP_8)
    abnormal_photos: int = wire(U8, "驾驶行为异常抓拍照片张数", default=KEEP_8)
    abnormal_photo_pause_100ms: int = wire(U8, "驾驶行为异常拍照间隔", default=KEEP_8)
    identification: int = wire(U8, "驾驶员身份识别触发", default=KEEP_8)
    behind: bytes | None = wire(Bytes(), "保留", optional=True, default=b"\xff" * 2)


@dataclass(frozen=True, slots=True)
class TyreSettings:
    """Tyre pressures (胎压监测系统参数). T/JSATL 12-2017, parameter 0xF366. Unit: 0 kg/cm², 1 bar, 2 kPa, 3 PSI."""

    tyre_type: str = wire(KeptText(12), "轮胎规格型号")
    pressure_unit: int = wire(U16, "胎压单位", default=KEEP_16)
    normal_pressure: int = wire(U16, "正常胎压值", default=KEEP_16)
    imbalance_pct: int = wire(U16, "胎压不平衡报警阈值", default=KEEP_16)
    slow_leak_pct: int = wire(U16, "慢漏气报警阈值", default=KEEP_16)
    low_pressure: int = wire(U16, "低压报警阈值", default=KEEP_16)
    high_pressure: int = wire(U16, "高压报警阈值", default=KEEP_16)
    high_temperature_c: int = wire(U16, "高温报警阈值", default=KEEP_16)
    battery_pct: int = wire(U16, "电压报警阈值", default=KEEP_16)
    report_interval_s: int = wire(U16, "定时上报时间间隔", default=KEEP_16)
    reserved: bytes = wire(Bytes(6), "保留", default=b"\xff" * 6)


@dataclass(frozen=True, slots=True)
class BlindSpotSettings:
    """Somebody close behind (盲区监测系统参数): how many seconds away. T/JSATL 12-2017, parameter 0xF367."""

    rear_s: int = wire(U8, "后方接近报警时间阈值", default=KEEP_8)
    side_rear_s: int = wire(U8, "侧后方接近报警时间阈值", default=KEEP_8)


PARAMETERS: dict[int, Parameter] = {
    0xF300 | ADAS: Parameter(Struct(AdasSettings), "高级驾驶辅助系统参数"),
    0xF300 | DSM: Parameter(Struct(DsmSettings), "驾驶员状态监测系统参数"),
    0xF300 | TPMS: Parameter(Struct(TyreSettings), "胎压监测系统参数"),
    0xF300 | BSD: Parameter(Struct(BlindSpotSettings), "盲区监测系统参数"),
}
