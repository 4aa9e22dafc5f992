"""Where the hotline's pages stand in the navigation (导航)."""

from django.utils.translation import gettext_lazy as _

from datacenter.accounts.context import Entry, enter_section

enter_section(
    _("12328 热线"),
    Entry("complaint-console", _("热线受理"), "headset", ("complaint.accept",), "a"),
    Entry("complaint-orders", _("热线工单"), "file-phone", ("complaint.view",), "j"),
    Entry("call-list", _("通话"), "phone-call", ("call.view",)),
    Entry("lost", _("失物查车"), "map-pin-search", ("lost.search",)),
    Entry("lost-items", _("失物登记"), "package", ("lost.register",)),
    Entry("knowledge", _("知识库"), "book-2", ("knowledge.view",)),
    Entry("ratings", _("驾驶员评价"), "star-half", ("rating.view",)),
    Entry("complaint-statistics", _("热线统计"), "chart-pie", ("complaint.view",)),
    Entry("complaint-requests", _("投诉核实"), "message-question", ("complaint.answer",), "a"),
    Entry("admin:complaints_category_changelist", _("工单类别"), "category", ("detector.change",)),
    Entry("admin:complaints_hotlinesetting_changelist", _("热线参数"), "adjustments", ("detector.change",)),
    Entry("admin:complaints_deskextension_changelist", _("坐席分机"), "headset", ("detector.change",)),
    Entry("admin:complaints_ratingreason_changelist", _("不满意原因"), "mood-sad", ("detector.change",)),
    Entry("admin:complaints_ratingsetting_changelist", _("评价参数"), "adjustments-star", ("detector.change",)),
)
