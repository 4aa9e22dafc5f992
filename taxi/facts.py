"""What taxi terminals report and taxis keep (上报事项): sign-in, sign-out, trip record. JT/T 905.2-2014.

Sign-ins and sign-outs are kept as terminal reports besides, with their vendor's extension; a trip keeps its own body.
Whatever else a taxi terminal reports (events, orders, device states) is kept by the kernel as it came.
"""

from datacenter.facts.catalogue import Fact, keeps
from datacenter.facts.workflow import keep_report
from taxi import workflow
from taxi.workflow import Heard


def _heard(fact: Fact) -> Heard:
    return Heard(fact.vehicle_id, fact.received_at, fact.body)


@keeps("jt905", 0x0B03)
def keep_sign_in(fact: Fact) -> None:
    """签到: a shift begins."""
    workflow.begin_shift(_heard(fact), fact.message)
    keep_report(fact)


@keeps("jt905", 0x0B04)
def keep_sign_out(fact: Fact) -> None:
    """签退: a shift ends, with its figures."""
    workflow.end_shift(_heard(fact), fact.message)
    keep_report(fact)


@keeps("jt905", 0x0B05)
def keep_trip(fact: Fact) -> None:
    """营运数据: a trip was made."""
    workflow.keep_trip(_heard(fact), fact.message)
