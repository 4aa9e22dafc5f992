from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class PanjinTrafficConfig(AppConfig):
    """The project itself, an app so that its commands (up, database_roles) are found."""

    name = "panjin_traffic"
    verbose_name = "盘锦交通监管"

    def ready(self) -> None:
        # WhiteNoise wants the folder of collected files to exist, also where everything is served from its source.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        from panjin_traffic.celery import app  # noqa: F401  tasks bind to this application in every process
