"""People and the bodies they belong to: Unit, User, and the record of what they looked up and changed."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from datacenter.accounts.rights import RIGHTS, Role


class Unit(models.Model):
    """A body that people belong to (机构), in one tree: bureau, offices, stations, teams, hotline, companies."""

    class Kind(models.TextChoices):
        BUREAU = "bureau", "市交通运输局"
        OFFICE = "office", "处室"
        COUNTY_STATION = "county_station", "县区分局"
        ENFORCEMENT_TEAM = "enforcement_team", "执法队"
        HOTLINE = "hotline", "12328 热线"
        COMPANY = "company", "企业"

    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类型", max_length=20, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", verbose_name="上级机构", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    county = models.ForeignKey(
        "datacenter.County", verbose_name="县区", on_delete=models.PROTECT, null=True, blank=True, related_name="units"
    )

    class Meta:
        db_table = "unit"
        verbose_name = verbose_name_plural = "机构"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Someone who signs in (用户). The role gives rights, the unit gives scope."""

    display_name = models.CharField("姓名", max_length=40, blank=True)
    role = models.CharField("角色", max_length=24, choices=Role.choices)
    unit = models.ForeignKey(
        Unit, verbose_name="机构", on_delete=models.PROTECT, null=True, blank=True, related_name="users"
    )

    class Meta:
        db_table = "account"
        verbose_name = verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.display_name or self.username

    def may(self, right: str) -> bool:
        """Whether this user's role carries ``right`` (权限), a name of ``rights.RIGHTS``."""
        return self.is_active and right in RIGHTS[Role(self.role)] if self.role else False


class AuditRecord(models.Model):
    """What an officer looked up or changed (审计记录). Append-only: a trigger refuses update and delete."""

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    user = models.ForeignKey(User, verbose_name="用户", on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField("操作", max_length=40)
    subject = models.CharField("对象", max_length=120, blank=True)
    detail = models.JSONField("内容", default=dict, blank=True)
    address = models.GenericIPAddressField("来源地址", null=True)
    succeeded = models.BooleanField("成功", default=True)

    class Meta:
        db_table = "audit_record"
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ["-at"]
        indexes = [models.Index(fields=["subject", "-at"], condition=~models.Q(subject=""), name="audit_subject")]
