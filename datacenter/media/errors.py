"""What is refused about files and alarms from terminals (多媒体、主动安全的拒绝)."""

from datacenter.errors import DomainError


class MediaNotFound(DomainError):
    """No such file, or outside the user's scope."""

    code = "media_not_found"
    status = 404
    message = "没有这个文件，或不在您的管辖范围内"


class AlarmNotFound(DomainError):
    """No such alarm, or outside the user's scope."""

    code = "safety_alarm_not_found"
    status = 404
    message = "没有这条主动安全报警，或不在您的管辖范围内"


class NoContent(DomainError):
    """A recording without a byte in it."""

    code = "media-without-content"
    message = "多媒体消息没有数据"


class UnknownAlarm(DomainError):
    """Attachments for an alarm number that the platform never gave, or gave to another terminal."""

    code = "unknown-alarm"
    status = 403

    def __init__(self, alarm_no: str) -> None:
        super().__init__("报警编号不是本平台发给这台终端的", alarm_no=alarm_no)


class UnknownTerminal(DomainError):
    """Attachments from a phone number that no terminal in use has."""

    code = "unknown-terminal"
    status = 403

    def __init__(self, phone: str) -> None:
        super().__init__("终端手机号未登记", phone=phone)


class DiskFull(DomainError):
    """No room for what a list announces."""

    code = "disk-full"
    status = 507
    retryable = True

    def __init__(self, limit: int) -> None:
        super().__init__("附件存储空间不足，暂不接收", limit=limit)


class OtherThanListed(DomainError):
    """A file whose bytes on the disk are not as many as the list says."""

    code = "other-than-listed"

    def __init__(self, name: str, listed: int, found: int) -> None:
        super().__init__(f"文件 {name!r} 应为 {listed} 字节，实存 {found} 字节", name=name, listed=listed, found=found)
