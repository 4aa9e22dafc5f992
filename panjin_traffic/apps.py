from django.apps import AppConfig


class PanjinTrafficConfig(AppConfig):
    """The project itself, an app so that its commands (up, database_roles) are found."""

    name = "panjin_traffic"
    verbose_name = "盘锦交通监管"

    def ready(self) -> None:
        from panjin_traffic.celery import app  # noqa: F401  tasks bind to this application in every process
