"""The kernel's own detectors; importing this registers them."""

from datacenter.detection.detectors import areas, device, speed

__all__ = ["areas", "device", "speed"]
