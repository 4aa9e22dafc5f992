"""A database's own note of each anchor (锚定记录): a file that was changed or taken away differs from it."""

from django.db import models


class ChainAnchor(models.Model):
    """One anchor as it was written (链头锚定). Append-only: a trigger refuses update and delete."""

    serial = models.PositiveIntegerField("序号", unique=True)
    at = models.DateTimeField("锚定时间")
    file = models.CharField("文件", max_length=40)
    sha256 = models.CharField("SHA-256", max_length=64)
    cases = models.PositiveBigIntegerField("案件数")
    events = models.PositiveBigIntegerField("办理记录数")
    changed = models.PositiveBigIntegerField("变动案件数")
    root = models.CharField("Merkle 根", max_length=64)

    class Meta:
        db_table = "chain_anchor"
        verbose_name = verbose_name_plural = "链头锚定"
        ordering = ["serial"]

    def __str__(self) -> str:
        return self.file
