"""Reports that no package has a table of its own for (终端上报): kept whole, readable, with their raw body."""

from django.db import models


class TerminalReport(models.Model):
    """One message of a terminal besides positions (终端上报); ``content`` is its body under the wire's names."""

    vehicle = models.ForeignKey("datacenter.Vehicle", models.PROTECT, related_name="reports", verbose_name="车辆")
    county = models.ForeignKey("datacenter.County", models.PROTECT, related_name="+", verbose_name="属地县区")
    company = models.ForeignKey("datacenter.Company", models.PROTECT, related_name="+", verbose_name="企业")
    protocol = models.CharField("协议", max_length=8)
    message_id = models.PositiveIntegerField("消息 ID")
    title = models.CharField("消息名称", max_length=60)
    serial = models.PositiveIntegerField("流水号")
    received_at = models.DateTimeField("接收时间")
    content = models.JSONField("内容", default=dict)
    raw = models.BinaryField("消息体")
    body_hash = models.BigIntegerField("消息体散列")

    class Meta:
        db_table = "terminal_report"
        verbose_name = verbose_name_plural = "终端上报"
        constraints = [
            # A report that comes again, its acknowledgement lost, has the same serial number and the same body.
            models.UniqueConstraint(
                fields=["vehicle", "message_id", "serial", "body_hash"], name="terminal_report_once"
            )
        ]
        indexes = [
            models.Index(fields=["vehicle", "-received_at"], name="terminal_report_newest"),
            models.Index(fields=["-received_at", "-id"], name="terminal_report_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.received_at:%Y-%m-%d %H:%M:%S}"
