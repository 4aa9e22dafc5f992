"""What the screening desk keeps (远程排查): items to look at, reviewers' answers, the desk's own figures."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from datacenter.registry.models import Vehicle


class ReviewItem(models.Model):
    """One finding that somebody should look at (待排查), and who is looking at it now.

    Keeps whom the finding is about, as it was then: a county reviews what happened on its roads, and may not open the
    registry row of a vehicle from elsewhere.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待排查"
        DISPUTED = "disputed", "意见不一"
        CONFIRMED = "confirmed", "已确认"
        REJECTED = "rejected", "已排除"
        WITHDRAWN = "withdrawn", "已撤销"

    finding = models.OneToOneField(
        "datacenter.Finding", verbose_name="疑似违规", on_delete=models.PROTECT, related_name="review_item"
    )
    detector = models.CharField("规则代码", max_length=40)
    vehicle = models.ForeignKey("datacenter.Vehicle", verbose_name="车辆", on_delete=models.PROTECT, related_name="+")
    company_id = models.BigIntegerField(null=True)
    county_id = models.CharField("县区", max_length=6, null=True)
    practitioner_id = models.BigIntegerField("驾驶员编号", null=True)
    plate = models.CharField("车牌号", max_length=10, blank=True)
    plate_colour = models.PositiveSmallIntegerField("车牌颜色", choices=Vehicle.PlateColour.choices, null=True)
    industry = models.CharField("行业", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    company_name = models.CharField("企业名称", max_length=80, blank=True)
    driver_name = models.CharField("驾驶员", max_length=40, blank=True)
    county_rule = models.CharField("派发依据", max_length=80, blank=True)
    boundary_unconfirmed = models.BooleanField("边界待确认", default=False)
    awaits_case = models.BooleanField("确认后立案", default=False)
    score = models.PositiveSmallIntegerField("分值", default=0)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.WAITING)
    reviews_wanted = models.PositiveSmallIntegerField("应排查次数", default=1)
    leased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="排查人", on_delete=models.PROTECT, null=True, related_name="+"
    )
    leased_at = models.DateTimeField("取走时间", null=True)
    leased_until = models.DateTimeField("占用至", null=True)
    created_at = models.DateTimeField("进入时间", default=timezone.now)
    settled_at = models.DateTimeField("结论时间", null=True)

    class Meta:
        db_table = "review_item"
        verbose_name = verbose_name_plural = "待排查"
        indexes = [
            models.Index(
                fields=["-awaits_case", "-score", "created_at", "id"],
                condition=Q(state__in=("waiting", "disputed")),
                name="review_item_queue",
            ),
            models.Index(
                fields=["county_id", "-awaits_case", "-score", "created_at", "id"],
                condition=Q(state__in=("waiting", "disputed")),
                name="review_item_county_queue",
            ),
            models.Index(fields=["-settled_at"], name="review_item_settled", condition=Q(settled_at__isnull=False)),
            models.Index(fields=["practitioner_id", "-created_at"], name="review_item_driver"),
            models.Index(fields=["leased_by"], name="review_item_lease", condition=Q(leased_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.plate} {self.detector}"

    @property
    def is_open(self) -> bool:
        """Whether an answer is still wanted."""
        return self.state in (self.State.WAITING, self.State.DISPUTED)


class Review(models.Model):
    """One reviewer's answer on one item (排查意见). Append-only; a pair's second reviewer does not see the first's."""

    class Answer(models.TextChoices):
        CONFIRMED = "confirmed", "确认"
        REJECTED = "rejected", "排除"
        SKIPPED = "skipped", "略过"

    class Reason(models.TextChoices):
        """Why not, in the order of the keys 1 to 9."""

        DRIFT = "drift", "定位漂移、轨迹失真"
        DEVICE = "device", "终端或传感器故障"
        UNCLEAR = "unclear", "影像不清，无法认定"
        FALSE_ALARM = "false_alarm", "终端误报"
        LIMIT = "limit", "限值或围栏与实际不符"
        LAWFUL = "lawful", "有正当理由（避险、执行任务）"
        WRONG_SUBJECT = "wrong_subject", "车辆或驾驶员信息有误"
        DUPLICATE = "duplicate", "与已有记录重复"
        OTHER = "other", "其他（请在备注说明）"

    item = models.ForeignKey(ReviewItem, verbose_name="待排查", on_delete=models.PROTECT, related_name="reviews")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="排查人", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")
    answer = models.CharField("意见", max_length=12, choices=Answer.choices)
    reason = models.CharField("排除原因", max_length=16, choices=Reason.choices, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    seconds = models.PositiveIntegerField("用时 s")
    marked_at = models.DateTimeField("标记时刻", null=True)
    marked_file = models.ForeignKey(
        "datacenter.MediaFile", verbose_name="标记的影像", on_delete=models.PROTECT, null=True, related_name="+"
    )
    marked_offset_ms = models.PositiveIntegerField("片内位置 ms", null=True)
    blind = models.BooleanField("双人盲评", default=False)
    deciding = models.BooleanField("裁定", default=False)

    class Meta:
        db_table = "review"
        verbose_name = verbose_name_plural = "排查意见"
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["by", "-at"], name="review_by"),
            models.Index(fields=["-at"], name="review_blind", condition=Q(blind=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["item", "by"], condition=~Q(answer="skipped"), name="review_once_by_each"),
            models.CheckConstraint(
                condition=Q(answer="rejected") & ~Q(reason="") | ~Q(answer="rejected") & Q(reason=""),
                name="review_reason_of_rejection",
            ),
        ]

    def __str__(self) -> str:
        return self.get_answer_display()


class ScreeningSetting(models.Model):
    """One figure of the desk (排查参数): share reviewed twice, how long an item stays with who took it."""

    code = models.CharField("代码", max_length=30, primary_key=True)
    title = models.CharField("名称", max_length=60)
    value = models.PositiveIntegerField("值")
    unit = models.CharField("单位", max_length=10, blank=True)
    source = models.CharField("依据", max_length=300)
    source_verified = models.BooleanField("依据已核实", default=False)
    changed_at = models.DateTimeField("修改时间", auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="修改人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        db_table = "screening_setting"
        verbose_name = verbose_name_plural = "排查参数"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title
