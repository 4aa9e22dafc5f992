"""``manage.py enter_knowledge``: the articles that a knowledge base can start with (初始条目)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from complaints.knowledge.defaults import enter_articles


class Command(BaseCommand):
    """Enters what is missing; articles that are there stay as editors left them."""

    help = "Enter the initial articles of the knowledge base; their sources are marked as unconfirmed."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            number = enter_articles()
        self.stdout.write(f"knowledge base: {number} articles entered")
