"""Files from terminals, alarms of active safety, what each maker's codes mean (多媒体文件、主动安全报警、代码表)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from datacenter.protocols.active_safety.codes import FLAG_STATES, ITEM_TITLES, LEVELS
from datacenter.protocols.active_safety.practices import SHAPES, Practice

VEHICLE, COUNTY, COMPANY = "datacenter.Vehicle", "datacenter.County", "datacenter.Company"
TEXT_2017 = "T/JSATL 12-2017"
"""Whose codes hold where a terminal's model has no line of its own."""
STATE_RECORD = "application/x-vehicle-state-record"
"""Content type of the vehicle state record (.bin attachment)."""
PRACTICES = [(str(name), shape.title) for name, shape in SHAPES.items()]
ITEMS = list(ITEM_TITLES.items())

SECTION = "media"
"""The section of a vehicle's drawer and page that shows its files and alarms."""


class SafetyAlarm(models.Model):
    """What a driver-assistance peripheral reported (主动安全报警), under the number that the platform gave it.

    ``tag`` is the terminal's identification of it; its own counter restarts with the terminal. ``title`` is what
    ``vendor``'s table said of the code on arrival.
    """

    class State(models.TextChoices):
        NONE = "none", "无附件"
        REQUESTED = "requested", "已要求上传"
        UPLOADING = "uploading", "上传中"
        COMPLETE = "complete", "附件齐全"
        UNREACHABLE = "unreachable", "无法要求上传"

    vehicle = models.ForeignKey(VEHICLE, models.PROTECT, related_name="+", verbose_name="车辆")
    county = models.ForeignKey(COUNTY, models.PROTECT, related_name="+", verbose_name="属地县区")
    company = models.ForeignKey(COMPANY, models.PROTECT, related_name="+", verbose_name="企业")
    alarm_no = models.CharField("报警编号", max_length=32, unique=True)
    phone = models.CharField("终端手机号", max_length=20)
    terminal_id = models.CharField("终端 ID", max_length=30, blank=True)
    practice = models.CharField("标识格式", max_length=16, choices=PRACTICES)
    tag = models.CharField("报警标识号", max_length=80)
    item = models.PositiveSmallIntegerField("报警类别", choices=ITEMS)
    event = models.PositiveIntegerField("事件代码")
    vendor = models.CharField("代码表", max_length=40)
    title = models.CharField("含义", max_length=60)
    level = models.PositiveSmallIntegerField("级别")
    flag_state = models.PositiveSmallIntegerField("标志状态")
    counter = models.PositiveBigIntegerField("终端报警序号")
    speed_kmh = models.PositiveSmallIntegerField("车速（km/h）")
    latitude_e6 = models.IntegerField("纬度", null=True)
    longitude_e6 = models.IntegerField("经度", null=True)
    vehicle_status = models.PositiveIntegerField("车辆状态")
    content = models.JSONField("内容", default=dict)
    device_time = models.DateTimeField("报警时间（终端）")
    received_at = models.DateTimeField("接收时间")
    ended_at = models.DateTimeField("结束时间（终端）", null=True)
    attachments_expected = models.PositiveSmallIntegerField("附件数")
    attachments_received = models.PositiveSmallIntegerField("已收附件", default=0)
    state = models.CharField("附件状态", max_length=12, choices=State.choices, default=State.NONE)
    command = models.ForeignKey(
        "datacenter.Command", models.PROTECT, null=True, related_name="+", verbose_name="上传指令"
    )

    class Meta:
        db_table = "safety_alarm"
        verbose_name = verbose_name_plural = "主动安全报警"
        constraints = [
            # A report that comes again is the same alarm; two alarms of one moment differ in one of these.
            models.UniqueConstraint(fields=["vehicle", "tag", "item", "event", "counter"], name="safety_alarm_once")
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="safety_alarm_newest"),
            models.Index(fields=["vehicle", "-device_time"], name="safety_alarm_of_vehicle"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.device_time:%Y-%m-%d %H:%M:%S}"

    @property
    def place_words(self) -> str:
        """Latitude and longitude in degrees; empty where it has none."""
        if self.latitude_e6 is None or self.longitude_e6 is None:
            return ""
        return f"{self.latitude_e6 / 1e6:.6f}, {self.longitude_e6 / 1e6:.6f}"

    @property
    def level_words(self) -> str:
        return LEVELS.get(self.level, str(self.level))

    @property
    def flag_words(self) -> str:
        return FLAG_STATES.get(self.flag_state, str(self.flag_state))


class MediaFile(models.Model):
    """A picture, recording or record from a terminal (多媒体文件), kept byte for byte under its SHA-256.

    ``kind`` and ``content_type`` are found from the content; name and what the terminal said count for nothing.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", "图片"
        AUDIO = "audio", "音频"
        VIDEO = "video", "视频"
        TEXT = "text", "文本"
        OTHER = "other", "其他"

    class Source(models.TextChoices):
        PHOTO = "photo", "终端拍摄上传"
        ATTACHMENT = "attachment", "报警附件"
        TAXI_PHOTO = "taxi_photo", "出租车图像"
        TAXI_RECORDING = "taxi_recording", "出租车录音"

    JUDGED = (Source.PHOTO, Source.TAXI_PHOTO)
    """Photos that a camera took by itself or on request: each is judged for being covered."""

    vehicle = models.ForeignKey(VEHICLE, models.PROTECT, related_name="+", verbose_name="车辆")
    county = models.ForeignKey(COUNTY, models.PROTECT, related_name="+", verbose_name="属地县区")
    company = models.ForeignKey(COMPANY, models.PROTECT, related_name="+", verbose_name="企业")
    kind = models.CharField("类型", max_length=8, choices=Kind.choices)
    source = models.CharField("来源", max_length=16, choices=Source.choices)
    channel = models.PositiveIntegerField("通道", null=True)
    event = models.PositiveIntegerField("触发事件", null=True)
    reason = models.CharField("事由", max_length=60, blank=True)
    media_id = models.PositiveBigIntegerField("终端多媒体 ID", null=True)
    name = models.CharField("终端文件名", max_length=120, blank=True)
    device_time = models.DateTimeField("拍摄时间（终端）", null=True)
    received_at = models.DateTimeField("接收时间")
    latitude_e6 = models.IntegerField("纬度", null=True)
    longitude_e6 = models.IntegerField("经度", null=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveBigIntegerField("大小")
    content_type = models.CharField("内容类型", max_length=60)
    path = models.CharField("存放位置", max_length=160)
    alarm = models.ForeignKey(SafetyAlarm, models.PROTECT, null=True, related_name="files", verbose_name="主动安全报警")
    command = models.ForeignKey(
        "datacenter.Command", models.PROTECT, null=True, related_name="+", verbose_name="拍摄指令"
    )
    # Whether the camera was covered, for photos by themselves (JUDGED); see judging.py.
    judged_at = models.DateTimeField("遮挡判断时间", null=True)
    judge_tries = models.PositiveSmallIntegerField("遮挡判断次数", default=0, db_default=0)
    verdict = models.JSONField("遮挡判断", null=True)

    class Meta:
        db_table = "media_file"
        verbose_name = verbose_name_plural = "多媒体文件"
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "sha256", "media_id", "device_time", "name", "alarm"],
                name="media_file_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="media_file_newest"),
            models.Index(fields=["vehicle", "-received_at"], name="media_file_of_vehicle"),
            models.Index(
                fields=["vehicle", "media_id"], name="media_file_by_media_id", condition=Q(media_id__isnull=False)
            ),
            models.Index(
                fields=["judge_tries", "id"],
                name="media_file_to_judge",
                condition=Q(judged_at=None, kind="image", source__in=("photo", "taxi_photo")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.received_at:%Y-%m-%d %H:%M:%S}"

    @property
    def kind_words(self) -> str:
        """Its kind, or what record it is."""
        return "车辆状态数据" if self.content_type == STATE_RECORD else self.get_kind_display()

    @property
    def is_image(self) -> bool:
        return self.kind == self.Kind.IMAGE


class SafetyEventCode(models.Model):
    """What one maker's, or one province's, code means (主动安全事件代码)."""

    vendor = models.CharField("代码表", max_length=40, help_text="厂商或标准的名称，终端型号按它选用")
    item = models.PositiveSmallIntegerField("报警类别", choices=ITEMS)
    code = models.PositiveSmallIntegerField("代码", help_text="胎压（0x66）为事件位的值")
    title = models.CharField("含义", max_length=60)
    detector = models.CharField(
        "对应规则", max_length=40, blank=True, default="", help_text="报警按此规则成为疑似违规；不填则只记录报警"
    )
    source = models.CharField("依据", max_length=200)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "safety_event_code"
        verbose_name = verbose_name_plural = "主动安全事件代码"
        ordering = ["vendor", "item", "code"]
        constraints = [models.UniqueConstraint(fields=["vendor", "item", "code"], name="safety_event_code_once")]

    def __str__(self) -> str:
        return f"{self.vendor} 0x{self.item:02X}/0x{self.code:02X} {self.title}"


class TerminalProfile(models.Model):
    """How the terminals of one model speak (终端型号协议): whose codes, whose layout of the identification.

    An empty model stands for all of a maker's that have no line of their own.
    """

    maker = models.CharField("制造商", max_length=40)
    model = models.CharField("型号", max_length=30, blank=True, help_text="不填则适用于该制造商的其他型号")
    vendor = models.CharField("代码表", max_length=40, default=TEXT_2017)
    practice = models.CharField(
        "标识格式", max_length=16, choices=PRACTICES, default=str(Practice.JIANGSU), help_text="与长度不符时按长度判断"
    )
    source = models.CharField("依据", max_length=200)
    source_verified = models.BooleanField("依据已核实", default=False)

    class Meta:
        db_table = "terminal_profile"
        verbose_name = verbose_name_plural = "终端型号协议"
        ordering = ["maker", "model"]
        constraints = [models.UniqueConstraint(fields=["maker", "model"], name="terminal_profile_once")]

    def __str__(self) -> str:
        return f"{self.maker} {self.model or '（其他型号）'}"


class SafetyTableChange(models.Model):
    """Who changed a code or a profile, from what to what (主动安全设置变更); append-only."""

    code = models.ForeignKey(SafetyEventCode, models.PROTECT, null=True, related_name="changes", verbose_name="代码")
    profile = models.ForeignKey(TerminalProfile, models.PROTECT, null=True, related_name="changes", verbose_name="型号")
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="修改人")
    before = models.JSONField("修改前", default=dict)
    after = models.JSONField("修改后", default=dict)

    class Meta:
        db_table = "safety_table_change"
        verbose_name = verbose_name_plural = "主动安全设置变更"
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__isnull=False, profile=None) | Q(code=None, profile__isnull=False),
                name="safety_table_change_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
