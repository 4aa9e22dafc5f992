"""The emergency desk's websocket (紧急报警推送): a call appeared or changed inside the user's scope."""

from typing import Any

from datacenter.accounts.scope import Scope
from datacenter.accounts.sockets import ScopedChanges
from datacenter.emergencies import announce


class EmergencyChanges(ScopedChanges):
    """``{"type": "emergency", "call": {id, plate, state}}``; ``state`` is empty where only the place is newer."""

    right = "emergency.view"

    def group_of(self, scope: Scope) -> str:
        """The calls of the city, of a county or of a company."""
        return announce.group(scope.level, scope.id) if scope.level in ("city", "county", "company") else ""

    async def emergency_changed(self, message: dict[str, Any]) -> None:
        """Carries on what ``announce`` said."""
        await self.send_json({"type": "emergency", "call": message["call"]})
