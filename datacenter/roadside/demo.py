"""The demo city's patrols (演示执法巡逻)."""

from datacenter.accounts.models import Unit
from datacenter.roadside.models import Patrol

_EACH = 2


def enter_patrols() -> int:
    """Two patrols for each enforcement team that has none; how many were added."""
    teams = Unit.objects.filter(kind=Unit.Kind.ENFORCEMENT_TEAM).order_by("pk")
    bare = [team for team in teams if not Patrol.objects.filter(team=team).exists()]
    rows = [
        Patrol(team=team, county_id=team.county_id, name=f"{team.name.removeprefix('交通综合')} {number} 车")
        for team in bare
        for number in range(1, _EACH + 1)
    ]
    return len(Patrol.objects.bulk_create(rows))
