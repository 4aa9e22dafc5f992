"""The tables that active safety brings into lists of JT/T 808 (主动安全方言)."""

from datacenter.protocols.jt808.dialect import Dialect

from .items import ITEMS
from .parameters import PARAMETERS
from .passthrough import PASSTHROUGH

ACTIVE_SAFETY = Dialect(extras=ITEMS, parameters=PARAMETERS, passthrough=PASSTHROUGH)
