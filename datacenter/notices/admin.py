"""What went out and what did not, to read under /admin/ (通知发送)."""

from django.contrib import admin

from datacenter.accounts.admin import ByRight
from datacenter.notices.models import Delivery


@admin.register(Delivery)
class Deliveries(ByRight):
    """通知发送: for whom, by which channel, how often tried, and what the receiver said. Never what the notice says."""

    viewing = ("account.change",)
    list_display = ["next_at", "recipient", "channel", "state", "attempts", "sent_at", "last_error"]
    list_filter = ["channel", "state"]
    list_select_related = ["notice__recipient"]
    ordering = ["-next_at", "-pk"]
    fields = ["recipient", "channel", "state", "key", "attempts", "next_at", "started_at", "sent_at", "last_error"]
    readonly_fields = fields
    show_full_result_count = False

    @admin.display(description="收件人")
    def recipient(self, row: Delivery) -> str:
        """Whom it is for."""
        return str(row.notice.recipient)
