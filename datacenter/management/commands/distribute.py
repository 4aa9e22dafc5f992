"""``manage.py distribute``: tracks over many PostgreSQL nodes with Citus (轨迹表分布式部署)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from datacenter.tracks import distribution

MOST_SHARDS = 32_000


class Command(BaseCommand):
    help = "Spreads the track tables over the nodes of a Citus cluster; without the extension it changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print the SQL and change nothing")
        parser.add_argument(
            "--shard-count", type=int, default=distribution.SHARD_COUNT, help="Citus shards of a table (%(default)s)"
        )
        parser.add_argument(
            "--unproven", action="store_true", help="run it although no statement of it was ever tried on a real Citus"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["shard_count"]
        if not 1 <= count <= MOST_SHARDS:
            raise CommandError(f"--shard-count={count}: must be from 1 to {MOST_SHARDS}")
        plan = list(distribution.statements(count))
        if options["dry_run"]:
            for obstacle in distribution.OBSTACLES:
                self.stdout.write(f"-- unproven: {obstacle}")
            self.stdout.write("".join(f"{statement};\n" for statement in plan), ending="")
            return
        if not _extension():
            raise CommandError(
                "this PostgreSQL has no extension citus: nothing was changed; --dry-run prints what would be run"
            )
        if not options["unproven"]:
            raise CommandError(
                "no statement of this plan was ever tried on a real Citus: read docs/scaling.md, keep a dump, and say"
                " --unproven"
            )
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in plan[1:-1]:
                self.stdout.write(f"{statement};")
                cursor.execute(statement)


def _extension() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
        return cursor.fetchone() is not None
