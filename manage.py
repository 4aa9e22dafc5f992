#!/usr/bin/env python
"""The door to every process and tool of the project: ``manage.py help`` lists them."""

import os
import sys


def main() -> int:
    """Runs one command, with servers of our own where the environment names none."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        print("Django is not installed here: run `make setup`, then .venv/bin/python manage.py …", file=sys.stderr)
        return 2

    from panjin_traffic.servers import ServerError, environment

    try:
        environment.prepare(sys.argv)
    except ServerError as fault:
        print(f"manage.py: {fault}", file=sys.stderr)
        return 2
    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
