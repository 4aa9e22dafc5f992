"""The kernel's own detectors; importing this registers them."""

from datacenter.detection.detectors import areas, device, driving, elsewhere, happened, second, speed, stops, tampered

__all__ = ["areas", "device", "driving", "elsewhere", "happened", "second", "speed", "stops", "tampered"]
