"""The notices' websocket (通知推送): one user's own, so that the bell counts while a page is open."""

from typing import Any

from datacenter.accounts.scope import Scope
from datacenter.accounts.sockets import ScopedChanges
from datacenter.notices import announce


class NoticeChanges(ScopedChanges):
    """``{"type": "notice", "notice": {topic, title, link, urgent}}``; ``{"type": "read"}`` where one was read."""

    right = "notice.view"

    def group_of(self, scope: Scope) -> str:
        """The user's own group; a user who sees nothing hears nothing."""
        return announce.group(self.user_id) if scope.level != "none" else ""

    async def notice_told(self, message: dict[str, Any]) -> None:
        """Carries on what ``announce`` said."""
        await self.send_json({"type": "notice", "notice": message["notice"]})

    async def notice_read(self, message: dict[str, Any]) -> None:
        """Another page of the same user has read something."""
        await self.send_json({"type": "read"})
