"""What the rules about trips lack (规则缺少的依据), for the catalogue page."""

from datacenter.detection.overview import REMARKS
from taxi.detection.detectors import MeterTampered
from taxi.models import Tariff


def without_tariff() -> str:
    """Fares are judged by a tariff only."""
    return "" if Tariff.objects.exists() else "还没有录入运价，车费未判定，只判定计程与轨迹"


REMARKS[MeterTampered.code] = without_tariff
