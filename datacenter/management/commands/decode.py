"""``manage.py decode``: frames on standard input, what they say on standard output, a JSON object a line."""

import io
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datacenter.protocols.decoding import DECODERS, BadRequest, answer
from datacenter.protocols.explaining import as_text, explain_line


class Command(BaseCommand):
    """Decode protocol frames (报文解析). Needs no database and no other process."""

    help = "Decode frames: hexadecimal or a JSON object a line on standard input, a JSON object a line out."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = ", ".join(DECODERS)
        parser.add_argument("--protocol", default="", help=f"where a line names none (guessed if left out): {known}")
        parser.add_argument("--explain", action="store_true", help="print each frame field by field, for people")

    def handle(self, *args: Any, protocol: str = "", explain: bool = False, **options: Any) -> None:
        source = getattr(sys.stdin, "buffer", None) or io.BytesIO(sys.stdin.read().encode())
        out = self.stdout
        try:
            for raw in source:
                line = raw.decode("utf-8", "replace").strip().lstrip("\ufeff")
                if line and not line.startswith("#"):  # the raw log's remarks
                    out.write(_explained(line, protocol) if explain else _answered(line, protocol))
                    out.flush()
        except BrokenPipeError:  # the reader has had enough
            sys.stderr.close()


def _answered(line: str, protocol: str) -> str:
    return json.dumps(answer(line, protocol), ensure_ascii=True)


def _explained(line: str, protocol: str) -> str:
    try:
        return as_text(explain_line(line, protocol)) + "\n"
    except BadRequest as fault:
        return f"! {fault.code}：{fault.message}\n"
