"""``manage.py decode``: frames on standard input, what they say on standard output, a JSON object a line."""

import io
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datacenter.protocols.decoding import DECODERS, answer


class Command(BaseCommand):
    """Decode protocol frames (报文解析). Needs no database and no other process."""

    help = "Decode frames: hexadecimal or a JSON object a line on standard input, a JSON object a line out."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--protocol", default="", help=f"where a line names none: {', '.join(DECODERS)}")

    def handle(self, *args: Any, protocol: str = "", **options: Any) -> None:
        source = getattr(sys.stdin, "buffer", None) or io.BytesIO(sys.stdin.read().encode())
        out = self.stdout
        try:
            for raw in source:
                line = raw.decode("utf-8", "replace").strip()
                if line:
                    out.write(json.dumps(answer(line, protocol), ensure_ascii=True))
                    out.flush()
        except BrokenPipeError:  # the reader has had enough
            sys.stderr.close()
