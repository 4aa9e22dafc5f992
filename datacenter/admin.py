"""What administrators edit under /admin/; each package registers its own."""

from datacenter.accounts import admin as accounts
from datacenter.assessment import admin as assessment
from datacenter.cases import admin as cases
from datacenter.detection import admin as detection
from datacenter.detection import places_admin
from datacenter.media import admin as media
from datacenter.notices import admin as notices
from datacenter.registry import admin as registry
from datacenter.roadside import admin as roadside
from datacenter.screening import admin as screening
from datacenter.tracks import admin as tracks

__all__ = [
    "accounts",
    "assessment",
    "cases",
    "detection",
    "media",
    "notices",
    "places_admin",
    "registry",
    "roadside",
    "screening",
    "tracks",
]
