"""Messages of JT/T 1078-2016 (信令消息), a module a theme; they travel in JT/T 808 frames.

``MESSAGES`` is the catalogue. Python names carry units; ``name=`` is the wire name where it differs. What a position
carries of video alarms is in ``jt808.extras``, the terminal's parameters are in ``jt1078.parameters``.
"""

from .attributes import MediaAttributes, MediaAttributesQuery, PassengerFlow
from .camera import Aperture, Focus, Infrared, Rotate, Wiper, Zoom
from .catalogue import MESSAGES
from .live import LiveControl, LiveRequest, LiveStatus
from .recordings import (
    FileUpload,
    FileUploadControl,
    FileUploaded,
    PlaybackControl,
    PlaybackRequest,
    Recording,
    RecordingList,
    RecordingsQuery,
)

__all__ = [
    "MESSAGES",
    "Aperture",
    "FileUpload",
    "FileUploadControl",
    "FileUploaded",
    "Focus",
    "Infrared",
    "LiveControl",
    "LiveRequest",
    "LiveStatus",
    "MediaAttributes",
    "MediaAttributesQuery",
    "PassengerFlow",
    "PlaybackControl",
    "PlaybackRequest",
    "Recording",
    "RecordingList",
    "RecordingsQuery",
    "Rotate",
    "Wiper",
    "Zoom",
]
