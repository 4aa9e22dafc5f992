"""Makes or withdraws the key of a platform that hands orders in (接入密钥)."""

import hashlib
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from complaints.orders.models import Client, Order
from datacenter.accounts.scope import CITY, entered

_CHANNELS = (Order.Channel.FORWARDED, Order.Channel.WECHAT, Order.Channel.WEB)


class Command(BaseCommand):
    """``manage.py hotline_client NAME --channel forwarded`` prints a new key once; ``--withdraw`` ends it."""

    help = "Makes (or with --withdraw ends) the key by which a platform hands orders to the hotline."

    def add_arguments(self, parser: CommandParser) -> None:
        """The platform's name, its channel, and whether its key ends."""
        parser.add_argument("name")
        parser.add_argument("--channel", choices=[str(channel) for channel in _CHANNELS], default="forwarded")
        parser.add_argument("--withdraw", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """One row; the key itself is stored nowhere."""
        with entered(CITY):
            if options["withdraw"]:
                if not Client.objects.filter(name=options["name"]).update(in_force=False):
                    raise CommandError(f"no platform is called {options['name']}")
                self.stdout.write(f"the key of {options['name']} is no longer in force")
                return
            key = secrets.token_urlsafe(32)
            facts = {
                "channel": options["channel"],
                "key_sha256": hashlib.sha256(key.encode()).hexdigest(),
                "in_force": True,
            }
            Client.objects.update_or_create(name=options["name"], defaults=facts)
            self.stdout.write(key)
