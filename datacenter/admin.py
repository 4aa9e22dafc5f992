"""What administrators edit under /admin/; each package registers its own."""

from datacenter.accounts import admin as accounts
from datacenter.assessment import admin as assessment
from datacenter.cases import admin as cases
from datacenter.detection import admin as detection
from datacenter.detection import places_admin
from datacenter.media import admin as media
from datacenter.registry import admin as registry
from datacenter.screening import admin as screening
from datacenter.tracks import admin as tracks

__all__ = ["accounts", "assessment", "cases", "detection", "media", "places_admin", "registry", "screening", "tracks"]
