"""What every office page knows: where its user may go (导航). A table, no query."""

from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext, gettext_lazy

from datacenter.accounts.rights import RIGHTS, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation: any of ``rights`` shows it (none: everybody); ``key`` is its letter after g."""

    url_name: str
    title: object
    icon: str
    rights: tuple[str, ...] = ()
    key: str = ""


# Sections in the order of an officer's day: what to do, whom it is about, what keeps the platform running.
_SECTIONS: tuple[tuple[object, tuple[Entry, ...]], ...] = (
    (
        gettext_lazy("工作"),
        (
            Entry("home", gettext_lazy("今日待办"), "layout-dashboard", key="h"),
            Entry("live-map", gettext_lazy("实时地图"), "map-2", ("map.view",), "m"),
            Entry("passed", gettext_lazy("经过查询"), "map-pin-search", ("track.view",), "w"),
            Entry("quality", gettext_lazy("轨迹质量"), "chart-dots", ("track.view",), "y"),
            Entry("command-list", gettext_lazy("指令"), "send", ("command.view",), "o"),
            Entry("emergency-desk", gettext_lazy("紧急报警"), "bell-ringing", ("emergency.view",), "e"),
            Entry("screening", gettext_lazy("远程排查"), "eye-check", ("screening.review",), "r"),
            Entry("instruction-list", gettext_lazy("监管指令"), "file-text", ("instruction.view",), "z"),
            Entry("case-list", gettext_lazy("案件"), "folders", ("case.view",), "c"),
            Entry("notice-list", gettext_lazy("通知"), "bell", ("notice.view",), "n"),
            Entry("roadside-list", gettext_lazy("路面核查"), "road-sign", ("roadside.order",), "k"),
            Entry("my-checks", gettext_lazy("我的核查单"), "clipboard-check", ("roadside.answer",), "k"),
            Entry("statistics", gettext_lazy("案件统计"), "chart-histogram", ("statistics.view",), "f"),
            Entry("assessment", gettext_lazy("考核"), "trophy", ("assessment.view",), "l"),
            Entry("credit", gettext_lazy("征信"), "rosette-discount-check", ("credit.view",)),
            Entry("detection-catalogue", gettext_lazy("检测规则"), "radar-2", ("finding.view",), "d"),
            Entry("safety-alarms", gettext_lazy("主动安全"), "steering-wheel", ("media.view",), "s"),
            Entry("media-gallery", gettext_lazy("多媒体"), "photo", ("media.view",), "i"),
        ),
    ),
    (
        gettext_lazy("登记"),
        (
            Entry("vehicle-list", gettext_lazy("车辆"), "car", ("vehicle.view",), "v"),
            Entry("company-list", gettext_lazy("企业"), "building", ("company.view",), "b"),
            Entry("practitioner-list", gettext_lazy("从业人员"), "id-badge-2", ("practitioner.view",), "p"),
            Entry("terminal-list", gettext_lazy("车载终端"), "device-mobile", ("vehicle.view",), "t"),
        ),
    ),
    (
        gettext_lazy("接入"),
        (
            Entry("unknown-terminals", gettext_lazy("未登记终端"), "plug-connected", ("terminal.adopt",), "u"),
            Entry("quarantine", gettext_lazy("隔离报文"), "shield-x", ("quarantine.view",), "q"),
            Entry("protocol", gettext_lazy("报文解析"), "binary", ("protocol.view",), "x"),
        ),
    ),
    (
        gettext_lazy("系统"),
        (
            Entry("admin:datacenter_user_changelist", gettext_lazy("账号"), "users", ("account.change",)),
            Entry("admin:datacenter_detectorsetting_changelist", gettext_lazy("规则基准参数"), "adjustments",
                  ("detector.change",)),
            Entry("territory", gettext_lazy("属地规则"), "map-pins", ("territory.change",)),
            Entry("admin:datacenter_workflowrule_changelist", gettext_lazy("办案标准"), "clock-cog",
                  ("detector.change",)),
            Entry("admin:datacenter_keycaserule_changelist", gettext_lazy("重点案件规则"), "flag",
                  ("detector.change",)),
            Entry("admin:datacenter_supervisionrule_changelist", gettext_lazy("督办规则"), "gavel",
                  ("detector.change",)),
            Entry("admin:datacenter_calendarday_changelist", gettext_lazy("工作日调整"), "calendar-cog",
                  ("detector.change",)),
            Entry("admin:datacenter_trackqualitylimit_changelist", gettext_lazy("轨迹质量参数"), "ruler-measure",
                  ("detector.change",)),
            Entry("admin:datacenter_screeningsetting_changelist", gettext_lazy("排查参数"), "eye-cog",
                  ("detector.change",)),
            Entry("admin:datacenter_roadsidesetting_changelist", gettext_lazy("路面核查参数"), "road-sign",
                  ("detector.change",)),
            Entry("admin:datacenter_pointrule_changelist", gettext_lazy("计分标准"), "scoreboard",
                  ("detector.change",)),
            Entry("admin:datacenter_creditrule_changelist", gettext_lazy("信用等级规则"), "certificate",
                  ("detector.change",)),
            Entry("admin:datacenter_safetyeventcode_changelist", gettext_lazy("主动安全代码"), "list-numbers",
                  ("detector.change",)),
            Entry("admin:datacenter_terminalprofile_changelist", gettext_lazy("终端型号协议"), "versions",
                  ("detector.change",)),
            Entry("admin:datacenter_auditrecord_changelist", gettext_lazy("审计记录"), "history", ("audit.view",)),
        ),
    ),
)  # fmt: skip
_SUBSYSTEMS: list[tuple[object, tuple[Entry, ...]]] = []


@lru_cache(maxsize=1)
def _addresses() -> dict[str, str]:
    """Where each entry leads; a page that is not installed is left out."""
    found = {}
    for _, entries in _sections():
        for entry in entries:
            try:
                found[entry.url_name] = reverse(entry.url_name)
            except NoReverseMatch:
                continue
    return found


def enter_section(title: object, *entries: Entry) -> None:
    """A subsystem's part of the navigation, behind the kernel's daily work; from its ``ready()``."""
    _SUBSYSTEMS.append((title, entries))


def _sections() -> list[tuple[object, tuple[Entry, ...]]]:
    return [_SECTIONS[0], *_SUBSYSTEMS, *_SECTIONS[1:]]


def _navigation(request: HttpRequest) -> list[dict[str, object]]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    sections = []
    here = _here(request.path)
    for title, entries in _sections():
        shown = [
            {
                "title": entry.title,
                "icon": entry.icon,
                "key": entry.key,
                "href": address,
                "current": address == here,
            }
            for entry in entries
            if (address := _addresses().get(entry.url_name))
            and (not entry.rights or any(user.may(right) for right in entry.rights))
        ]
        if shown:
            sections.append({"title": title, "entries": shown})
    return sections


def _here(path: str) -> str:
    """The address of the entry that ``path`` lies under: the longest, where one lies under another."""
    under = [one for one in _addresses().values() if path == one or (one != "/" and path.startswith(one))]
    return max(under, key=len, default="")


def office(request: HttpRequest) -> dict[str, object]:
    """The product's name, the navigation and the rights of who asks, for every template."""
    return {
        "product_name": gettext("交通运输监管平台"),
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "rights": SimpleLazyObject(lambda: _rights(request)),
    }


def _rights(request: HttpRequest) -> frozenset[str]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.is_active or not user.role:
        return frozenset()
    return RIGHTS[Role(user.role)]
