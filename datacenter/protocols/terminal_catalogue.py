"""What a terminal of JT/T 808 may say and be told (终端报文总表): the standard's messages and those in its frames.

JT/T 1078 (video) and T/JSATL 12 (active safety) bring messages, parameters and items of their own. Gateway and
simulated terminals give ``MESSAGES`` to their connections; whoever shows or sets parameters and items does so inside
``speaking_all()``.
"""

from contextlib import AbstractContextManager

from datacenter.protocols.active_safety.dialect import ACTIVE_SAFETY
from datacenter.protocols.active_safety.messages import MESSAGES as SAFETY_MESSAGES
from datacenter.protocols.jt808.dialect import Dialect, speaking
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt1078.messages import MESSAGES as JT1078
from datacenter.protocols.jt1078.parameters import VIDEO

MESSAGES = JT808.joined("jt808", JT1078, SAFETY_MESSAGES)
"""One table for all of them; of the standard's ids active safety widens 0x0108 and 0x8108 by values, nothing else."""

DIALECTS: tuple[Dialect, ...] = (VIDEO, ACTIVE_SAFETY)


def speaking_all(*others: Dialect) -> AbstractContextManager[None]:
    """Inside, parameters and additional items are read by every standard's tables, and by ``others``' before them."""
    return speaking(*DIALECTS, *others)
