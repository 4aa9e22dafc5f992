"""Messages of JT/T 905.2 (消息体数据格式), by theme. JT/T 905.2-2014.

``MESSAGES`` is the catalogue. Python names carry units; ``name=`` is the wire name where it differs. The standard's
own text was not at hand: the tables rest on public codecs of it, and say where those disagree. Not found anywhere, and
so in no table: 0x0B02, 0x0B06, 0x0B0A and 0x0B0B from the terminal, the layouts of 0x0B09 and 0x8805, the
meanings of parameter ids (0x8103), the codes of ``media_type`` (0x8803) and of peripheral data (0x8B10, 0x0B10).
"""

from .catalogue import MESSAGES
from .control import (
    DeviceControl,
    ParameterAnswer,
    ParameterQuery,
    SetParameters,
    UpgradeResult,
    VehicleControl,
    VehicleControlAnswer,
)
from .location import (
    BASE_LOCATION,
    BadPosition,
    LocationAnswer,
    LocationQuery,
    LocationReport,
    LocationResent,
    Position,
    Tracking,
    TrackingReport,
)
from .media import (
    AudioSearchAnswer,
    ImagePart,
    ImageSearch,
    ImageSearchAnswer,
    RecordingPart,
    TakePhoto,
    UploadStored,
)
from .operation import BadMeter, Evaluation, Meter, PayType, SignIn, SignOut, TripRecord
from .orders import (
    AlarmConfirmed,
    AlarmEnded,
    GrabOrder,
    GrabResult,
    Order,
    OrderCancelledByCentre,
    OrderCancelledByDriver,
    OrderDone,
)
from .peripherals import DeviceCommand, DeviceData, DevicePoll, DevicePollAnswer
from .session import CentreReply, Heartbeat, TerminalReply
from .text import (
    Answer,
    CallBack,
    Contact,
    EventReport,
    MenuEvent,
    PhoneBook,
    Question,
    SetEvents,
    Text,
    TextFlag,
)

__all__ = [
    "BASE_LOCATION",
    "MESSAGES",
    "AlarmConfirmed",
    "AlarmEnded",
    "Answer",
    "AudioSearchAnswer",
    "BadMeter",
    "BadPosition",
    "CallBack",
    "CentreReply",
    "Contact",
    "DeviceCommand",
    "DeviceControl",
    "DeviceData",
    "DevicePoll",
    "DevicePollAnswer",
    "Evaluation",
    "EventReport",
    "GrabOrder",
    "GrabResult",
    "Heartbeat",
    "ImagePart",
    "ImageSearch",
    "ImageSearchAnswer",
    "LocationAnswer",
    "LocationQuery",
    "LocationReport",
    "LocationResent",
    "MenuEvent",
    "Meter",
    "Order",
    "OrderCancelledByCentre",
    "OrderCancelledByDriver",
    "OrderDone",
    "ParameterAnswer",
    "ParameterQuery",
    "PayType",
    "PhoneBook",
    "Position",
    "Question",
    "RecordingPart",
    "SetEvents",
    "SetParameters",
    "SignIn",
    "SignOut",
    "TakePhoto",
    "TerminalReply",
    "Text",
    "TextFlag",
    "Tracking",
    "TrackingReport",
    "TripRecord",
    "UpgradeResult",
    "UploadStored",
    "VehicleControl",
    "VehicleControlAnswer",
]
