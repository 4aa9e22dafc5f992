"""What officers are told of (通知主题): a table. A subsystem adds its own lines from its ``ready()``.

A topic says who may be told at all (``right``), what goes out besides the page where an officer has set nothing, and
whether its matters are gathered: thousands of new dispatches a day are one line for each quarter of an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from datacenter.notices.errors import UnknownTopic


@dataclass(frozen=True, slots=True)
class Topic:
    """One line of the table. ``digest`` is the title of many gathered (with ``{count}``); empty: told one by one."""

    code: str
    title: str
    right: str
    email: bool = False
    webhook: bool = False
    urgent: bool = False
    digest: str = ""
    list_name: str = ""
    list_query: tuple[tuple[str, str], ...] = ()

    @property
    def list_link(self) -> str:
        """Where the rows of a gathered notice are."""
        query = f"?{urlencode(self.list_query)}" if self.list_query else ""
        return reverse(self.list_name) + query if self.list_name else reverse("notice-list")


_VIEW, _HANDLER, _CITY = "case.view", "case.accept", "case.verify"


def _cases(code: str, title: str, right: str, *, state: str = "", digest: str = "", email: bool = False) -> Topic:
    query = (("state", state),) if state else ()
    return Topic(code, title, right, email=email, digest=digest, list_name="case-list", list_query=query)


_TOPICS: dict[str, Topic] = {
    topic.code: topic
    for topic in (
        _cases("case.dispatched", "新派案件", _HANDLER, state="dispatched", digest="新派案件 {count} 件"),
        _cases("case.taken_back", "案件改派他处", _HANDLER, digest="改派其他县区案件 {count} 件"),
        _cases("case.declined", "县区退件", _CITY, state="collected", digest="县区退件 {count} 件，待重新派发"),
        _cases("case.fed_back", "反馈待核查", _CITY, state="fed_back", digest="反馈待核查案件 {count} 件"),
        _cases("case.returned", "退回重办", _HANDLER, email=True),
        _cases("case.verified", "核查通过", _HANDLER, state="verified", digest="核查通过案件 {count} 件"),
        _cases("case.reopened", "案件重办", _HANDLER, email=True),
        _cases("case.extension", "延期申请与审批", _VIEW),
        _cases("case.explained", "逾期说明", _CITY, digest="逾期说明 {count} 件"),
        _cases("case.urged", "催办", _HANDLER, digest="催办案件 {count} 件，请尽快反馈", email=True),
        _cases("case.supervision", "督办", _VIEW, digest="系统督办案件 {count} 件", email=True),
        _cases("case.graded", "案件定级", _HANDLER),
        Topic("deadline.amber", "期限预警", _VIEW, email=True, digest="案件期限预警 {count} 件",
              list_name="case-list", list_query=(("due", "soon"),)),
        Topic("deadline.overdue", "案件逾期", _VIEW, email=True, digest="案件逾期 {count} 件",
              list_name="case-list", list_query=(("due", "overdue"),)),
        Topic("instruction", "监管指令", "instruction.view", email=True),
        Topic("roadside", "路面核查单", _VIEW),
        Topic("emergency", "紧急报警", "emergency.view", email=True, webhook=True, urgent=True),
    )
}  # fmt: skip


def enter(*topics: Topic) -> None:
    """A subsystem's own topics."""
    _TOPICS.update((topic.code, topic) for topic in topics)


def topic_of(code: str) -> Topic:
    """The topic called ``code``; raises ``UnknownTopic``."""
    try:
        return _TOPICS[code]
    except KeyError:
        raise UnknownTopic(topic=code) from None


def title_of(code: str) -> str:
    """How a topic is called; one that no longer exists by its code."""
    return _TOPICS[code].title if code in _TOPICS else code


def topics() -> list[Topic]:
    """Every topic, in table order."""
    return list(_TOPICS.values())
