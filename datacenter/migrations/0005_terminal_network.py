"""Terminals of JT/T 905, which has no authentication: the networks they may come from."""

from django.db import migrations, models

import datacenter.registry.rules


class Migration(migrations.Migration):
    dependencies = [("datacenter", "0004_case_number")]
    operations = [
        migrations.AddField(
            model_name="company",
            name="networks",
            field=models.CharField(
                blank=True,
                default="",
                help_text="JT/T 905 终端可从这些网段接入（CIDR，空格分隔）；终端自己的网段优先，都不填则不限",
                max_length=200,
                validators=[datacenter.registry.rules.networks],
                verbose_name="终端接入网段",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="terminal",
            name="networks",
            field=models.CharField(
                blank=True,
                default="",
                help_text="JT/T 905 终端可从这些网段接入（CIDR，空格分隔）；不填则按企业的",
                max_length=200,
                validators=[datacenter.registry.rules.networks],
                verbose_name="接入网段",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="terminal",
            name="edition",
            field=models.CharField(
                choices=[
                    ("2011", "JT/T 808-2011"),
                    ("2013", "JT/T 808-2013"),
                    ("2019", "JT/T 808-2019"),
                    ("905", "JT/T 905-2014"),
                ],
                max_length=4,
                verbose_name="协议版本",
            ),
        ),
    ]
