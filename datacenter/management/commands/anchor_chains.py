"""``manage.py anchor_chains``: writes the ends of all chains to a file outside the database (链头锚定)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from datacenter.cases.anchors.making import AnchorRefused, anchored_on, make_anchor


class Command(BaseCommand):
    """Anchors what changed since the last anchor; the beat does the same once a day."""

    help = "Write an anchor of every case's chain under ANCHOR_DIR; verify_chain holds the database against it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once-a-day", action="store_true", help="do nothing where today has an anchor")

    def handle(self, *args: Any, once_a_day: bool, **options: Any) -> None:
        if once_a_day and anchored_on(f"{timezone.localdate():%Y-%m-%d}"):
            self.stdout.write("today is anchored")
            return
        try:
            anchor = make_anchor()
        except AnchorRefused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            f"{anchor.path.name}: {anchor.changed:,} changed of {anchor.cases:,} cases, {anchor.events:,} events,"
            f" root {anchor.root}"
        )
        if anchor.contradicted:
            raise CommandError(f"contradict what was anchored: {', '.join(anchor.contradicted)}; run verify_chain")
