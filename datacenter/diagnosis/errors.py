"""What diagnosis refuses, by name."""

from datacenter.errors import DomainError


class RecordingRefused(DomainError):
    """A recording that is asked for longer than frames are kept, or for no time at all."""

    code = "recording_refused"
    status = 422
    message = "记录时长不合法"

    def __init__(self, hours: int, most_hours: int) -> None:
        super().__init__(f"记录时长应为 1 至 {most_hours} 小时，收到 {hours}", hours=hours, most_hours=most_hours)

    @property
    def fields(self) -> dict[str, list[str]]:
        return {"hours": [self.message]}


class RawFrameNotFound(DomainError):
    """No such frame in the log of this vehicle, or none that this user may see."""

    code = "raw_frame_not_found"
    status = 404
    message = "没有这条原始报文，可能已过保存期"


class VehicleNotNamed(DomainError):
    """A plate that names no vehicle, or none inside the user's scope."""

    code = "vehicle_not_named"
    status = 404

    def __init__(self, plate: str) -> None:
        super().__init__("登记中没有这个车牌的车辆，或不在您的管辖范围内", plate=plate)
