"""What was known of a complaint's minute, kept as it was then (投诉取证)."""

from __future__ import annotations

from django.db import models


class OrderEvidence(models.Model):
    """The minute behind an order as an officer saw it and took it as evidence; never changed.

    ``sha256`` is that of ``facts`` as canonical JSON, and stands in the case's own chained record.
    """

    order = models.ForeignKey("complaints.Order", models.PROTECT, verbose_name="工单", related_name="evidence")
    at = models.DateTimeField("取证时间")
    by = models.ForeignKey("datacenter.User", models.PROTECT, verbose_name="取证人", related_name="+")
    facts = models.JSONField("内容")
    sha256 = models.CharField("SHA-256", max_length=64)
    finding = models.ForeignKey("datacenter.Finding", models.PROTECT, verbose_name="疑似违规", null=True, blank=True,
                                related_name="+")  # fmt: skip

    class Meta:
        db_table = "complaint_evidence"
        verbose_name = verbose_name_plural = "投诉取证"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.at:%Y-%m-%d %H:%M}"
