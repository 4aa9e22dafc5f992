"""Who builds something from the demo city's past (演示历史入库后): statistics, scores; called once it is all there."""

from collections.abc import Callable
from datetime import date

# Each is called inside the transaction with the first and the last day that were filled.
AFTER_HISTORY: list[Callable[[date, date], None]] = []
