"""What administrators edit under /admin/; each package registers its own."""

from datacenter.accounts import admin as accounts
from datacenter.detection import admin as detection
from datacenter.media import admin as media
from datacenter.registry import admin as registry

__all__ = ["accounts", "detection", "media", "registry"]
