"""The calls' websocket (来电推送): one operator's own, so that a ringing call pops up on the right screen."""

from typing import Any

from complaints.calls import announce
from datacenter.accounts.scope import Scope
from datacenter.accounts.sockets import ScopedChanges


class CallChanges(ScopedChanges):
    """``{"type": "call", "call": {id, mine, state, number, rang_at, url}}``; ``mine`` false: another's by now."""

    right = announce.RIGHT

    def group_of(self, scope: Scope) -> str:
        """The operator's own group."""
        return announce.group(self.user_id) if scope.level == "city" else ""

    async def call_told(self, message: dict[str, Any]) -> None:
        """Carries on what ``announce`` said."""
        await self.send_json({"type": "call", "call": message["call"]})
