"""The knowledge base (知识库): articles, every version of each, and the terms by which they are found."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone

from datacenter.registry.models import Vehicle


class Article(models.Model):
    """One matter that people ask about (知识条目). ``published`` is what readers see; drafts change nothing there."""

    class Category(models.TextChoices):
        FARE = "fare", "运价票款"
        LOST = "lost", "失物"
        COMPLAINT = "complaint", "服务投诉"
        REPORT = "report", "举报"
        LICENCE = "licence", "许可证件"
        BUS = "bus", "公交出行"
        COACH = "coach", "客运出行"
        ROAD = "road", "公路通行"
        SERVICE = "service", "热线办事"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"
        WITHDRAWN = "withdrawn", "已撤下"

    code = models.SlugField("代码", max_length=40, unique=True)
    category = models.CharField("类别", max_length=12, choices=Category.choices)
    industry = models.CharField("业务领域", max_length=12, choices=Vehicle.Kind.choices, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    published = models.ForeignKey(
        "ArticleVersion", models.PROTECT, verbose_name="发布的版本", null=True, blank=True, related_name="+"
    )
    latest = models.ForeignKey(
        "ArticleVersion", models.PROTECT, verbose_name="最新版本", null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField("变动时间", default=timezone.now)
    terms = SearchVectorField("检索词", null=True, editable=False, help_text="发布的版本的词，标题和常见问法权重高")

    class Meta:
        db_table = "knowledge_article"
        verbose_name = verbose_name_plural = "知识条目"
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="knowledge_article_changed"),
            models.Index(fields=["state", "-changed_at"], name="knowledge_article_state"),
            GinIndex(fields=["terms"], name="knowledge_article_terms"),
        ]

    def __str__(self) -> str:
        return self.code


class ArticleVersion(models.Model):
    """What an article said from then on, who wrote it, and whether it went to readers (条目版本). Append-only."""

    class Act(models.TextChoices):
        DRAFT = "draft", "保存草稿"
        PUBLISHED = "published", "发布"
        WITHDRAWN = "withdrawn", "撤下"

    article = models.ForeignKey(Article, models.PROTECT, verbose_name="条目", related_name="versions")
    number = models.PositiveIntegerField("版本")
    act = models.CharField("动作", max_length=10, choices=Act.choices)
    title = models.CharField("标题", max_length=80)
    keywords = models.CharField("常见问法", max_length=200, blank=True, help_text="来话人会用的词，空格分开")
    body = models.TextField("内容", max_length=8000)
    source = models.CharField("依据", max_length=200, blank=True)
    source_verified = models.BooleanField("依据已核实", default=False)
    note = models.CharField("修改说明", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="修改人", null=True, related_name="+")
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        db_table = "knowledge_version"
        verbose_name = verbose_name_plural = "条目版本"
        ordering = ["article", "-number"]
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="knowledge_version_once")]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"
