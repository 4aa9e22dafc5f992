"""The knowledge base: articles, their versions, and the terms they are found by. Nobody's own: it has no walls."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = (
    "CREATE TRIGGER knowledge_version_append_only BEFORE UPDATE OR DELETE ON knowledge_version"
    " FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0006_calls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="代码")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("fare", "运价票款"),
                            ("lost", "失物"),
                            ("complaint", "服务投诉"),
                            ("report", "举报"),
                            ("licence", "许可证件"),
                            ("bus", "公交出行"),
                            ("coach", "客运出行"),
                            ("road", "公路通行"),
                            ("service", "热线办事"),
                        ],
                        max_length=12,
                        verbose_name="类别",
                    ),
                ),
                (
                    "industry",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("taxi", "出租汽车"),
                            ("bus", "公交车"),
                            ("coach", "客运班线、包车"),
                            ("hazmat", "危险货物运输车"),
                            ("heavy_truck", "重型货车"),
                        ],
                        max_length=12,
                        verbose_name="业务领域",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "草稿"), ("published", "已发布"), ("withdrawn", "已撤下")],
                        default="draft",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="变动时间")),
                (
                    "terms",
                    django.contrib.postgres.search.SearchVectorField(
                        editable=False,
                        help_text="发布的版本的词，标题和常见问法权重高",
                        null=True,
                        verbose_name="检索词",
                    ),
                ),
            ],
            options={
                "verbose_name": "知识条目",
                "verbose_name_plural": "知识条目",
                "db_table": "knowledge_article",
                "ordering": ["-changed_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ArticleVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="版本")),
                (
                    "act",
                    models.CharField(
                        choices=[("draft", "保存草稿"), ("published", "发布"), ("withdrawn", "撤下")],
                        max_length=10,
                        verbose_name="动作",
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="标题")),
                (
                    "keywords",
                    models.CharField(
                        blank=True, help_text="来话人会用的词，空格分开", max_length=200, verbose_name="常见问法"
                    ),
                ),
                ("body", models.TextField(max_length=8000, verbose_name="内容")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("source_verified", models.BooleanField(default=False, verbose_name="依据已核实")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="修改说明")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="时间")),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="complaints.article",
                        verbose_name="条目",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="修改人",
                    ),
                ),
            ],
            options={
                "verbose_name": "条目版本",
                "verbose_name_plural": "条目版本",
                "db_table": "knowledge_version",
                "ordering": ["article", "-number"],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="latest",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.articleversion",
                verbose_name="最新版本",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="published",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="complaints.articleversion",
                verbose_name="发布的版本",
            ),
        ),
        migrations.AddConstraint(
            model_name="articleversion",
            constraint=models.UniqueConstraint(fields=("article", "number"), name="knowledge_version_once"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["-changed_at", "-id"], name="knowledge_article_changed"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["state", "-changed_at"], name="knowledge_article_state"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=django.contrib.postgres.indexes.GinIndex(fields=["terms"], name="knowledge_article_terms"),
        ),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
