"""All processes of one machine under one roof: ``manage.py up`` (进程总管)."""

from panjin_traffic.supervisor.child import ChildSpec
from panjin_traffic.supervisor.loop import Supervisor
from panjin_traffic.supervisor.output import Printer

__all__ = ["ChildSpec", "Printer", "Supervisor"]
