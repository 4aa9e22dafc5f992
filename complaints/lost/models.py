"""Things that were lost and found in taxis (失物登记), and how they came back to their owners."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class LostItem(models.Model):
    """A thing that somebody misses, or that somebody found (失物登记).

    ``county`` and ``company`` are the vehicle's where one is named: the walls stand on them, and what belongs to no
    vehicle yet is the city's. Names and numbers of people are shown masked. A lost thing and a found one point at each
    other by ``match``, kept at the lost one.
    """

    class Side(models.TextChoices):
        LOST = "lost", "报失"
        FOUND = "found", "拾到"

    class Finder(models.TextChoices):
        DRIVER = "driver", "驾驶员"
        PASSENGER = "passenger", "乘客"
        OTHER = "other", "其他"

    class Kind(models.TextChoices):
        PHONE = "phone", "手机"
        WALLET = "wallet", "钱包、现金"
        DOCUMENT = "document", "证件、银行卡"
        BAG = "bag", "背包、手提包"
        LUGGAGE = "luggage", "行李箱"
        ELECTRONICS = "electronics", "电脑、数码"
        KEYS = "keys", "钥匙"
        CLOTHES = "clothes", "衣物、眼镜"
        OTHER = "other", "其他"

    class Colour(models.TextChoices):
        BLACK = "black", "黑"
        WHITE = "white", "白"
        GREY = "grey", "灰、银"
        RED = "red", "红、粉"
        BLUE = "blue", "蓝"
        GREEN = "green", "绿"
        YELLOW = "yellow", "黄、金"
        BROWN = "brown", "棕"
        MIXED = "mixed", "多色"

    class State(models.TextChoices):
        OPEN = "open", "查找中"
        LOCATED = "located", "已找到"
        RETURNED = "returned", "已交还"
        CLOSED = "closed", "未找到结案"

    side = models.CharField("登记类型", max_length=6, choices=Side.choices)
    found_by = models.CharField("拾到人", max_length=10, choices=Finder.choices, blank=True)
    kind = models.CharField("物品类别", max_length=12, choices=Kind.choices)
    colour = models.CharField("颜色", max_length=8, choices=Colour.choices, blank=True)
    description = models.CharField("特征描述", max_length=300)
    happened_at = models.DateTimeField("遗失或拾到时间")
    place = models.CharField("地点", max_length=120, blank=True)
    person_name = models.CharField("联系人", max_length=40, blank=True)
    person_phone = models.CharField("联系电话", max_length=20, blank=True)
    photo_path = models.CharField("照片", max_length=120, blank=True)
    photo_sha256 = models.CharField("照片 SHA-256", max_length=64, blank=True)
    order = models.ForeignKey(
        "complaints.Order", models.PROTECT, verbose_name="热线工单", null=True, blank=True, related_name="lost_items"
    )
    vehicle = models.ForeignKey(
        "datacenter.Vehicle", models.PROTECT, verbose_name="车辆", null=True, blank=True, related_name="+"
    )
    practitioner = models.ForeignKey(
        "datacenter.Practitioner", models.PROTECT, verbose_name="驾驶员", null=True, blank=True, related_name="+"
    )
    county = models.ForeignKey(
        "datacenter.County", models.PROTECT, verbose_name="县区", null=True, blank=True, related_name="+"
    )
    company = models.ForeignKey(
        "datacenter.Company", models.PROTECT, verbose_name="企业", null=True, blank=True, related_name="+"
    )
    match = models.OneToOneField(
        "self", models.PROTECT, verbose_name="对应的拾到物", null=True, blank=True, related_name="matched_by"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="登记人", related_name="+")
    located_at = models.DateTimeField("找到时间", null=True, blank=True)
    closed_at = models.DateTimeField("结案时间", null=True, blank=True)
    closing_note = models.CharField("结案说明", max_length=300, blank=True)

    class Meta:
        db_table = "complaint_lost_item"
        verbose_name = verbose_name_plural = "失物登记"
        ordering = ["-registered_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(match__isnull=True) | Q(side="lost"), name="complaint_lost_match_side"),
            models.CheckConstraint(condition=Q(side="lost") | ~Q(found_by=""), name="complaint_lost_has_finder"),
        ]
        indexes = [
            models.Index(fields=["-registered_at", "-id"], name="complaint_lost_time"),
            models.Index(fields=["side", "kind", "-happened_at"], name="complaint_lost_alike"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """SW-000123: what is written on the thing's label."""
        return f"SW-{self.pk:06d}"

    @property
    def state_title(self) -> str:
        """The state in words: what was found waits for its owner, and is not searched for."""
        found = {self.State.OPEN: "待认领", self.State.LOCATED: "已找到失主", self.State.CLOSED: "无人认领结案"}
        words: str = self.get_state_display()
        return found.get(self.State(self.state), words) if self.side == self.Side.FOUND else words

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state in {self.State.OPEN, self.State.LOCATED}


class HandOver(models.Model):
    """A thing given back (失物交还): to whom, with the receiver's own signature. Never changed.

    Of the receiver's identity number only the masked form is kept: that it was looked at, not the number.
    """

    item = models.OneToOneField(LostItem, models.PROTECT, verbose_name="失物", related_name="hand_over")
    receiver_name = models.CharField("领取人", max_length=40)
    receiver_identity = models.CharField("证件号（脱敏）", max_length=18)
    signature_path = models.CharField("签名", max_length=120)
    signature_sha256 = models.CharField("签名 SHA-256", max_length=64)
    at = models.DateTimeField("交还时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="经办人", related_name="+")
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        db_table = "complaint_hand_over"
        verbose_name = verbose_name_plural = "失物交还"

    def __str__(self) -> str:
        return str(self.item)
