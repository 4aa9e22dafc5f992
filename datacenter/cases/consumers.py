"""The cases' websocket (案件变动): says that a case appeared or changed inside the user's scope, and nothing else."""

from typing import Any

from datacenter.accounts.scope import Scope
from datacenter.accounts.sockets import ScopedChanges
from datacenter.cases import announce


class CaseChanges(ScopedChanges):
    """``{"type": "case", "verb", "case": {id, number, county, company, state}}``."""

    right = "case.view"

    def group_of(self, scope: Scope) -> str:
        """The cases of the city, of a county or of a company."""
        match scope.level:
            case "city":
                return announce.city_group()
            case "county":
                return announce.county_group(scope.id)
            case "company":
                return announce.company_group(scope.id)
            case _:
                return ""

    async def case_changed(self, message: dict[str, Any]) -> None:
        """Carries on what ``announce`` said."""
        await self.send_json({"type": "case", "verb": message["verb"], "case": message["case"]})
