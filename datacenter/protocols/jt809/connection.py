"""One link's state (链路状态机): bytes in, events out; messages in, bytes out. No socket, no clock.

Either platform may use it, for the main link and for the sub link: four roles of one machine. ``rules`` says what is
lawful when and on which link. A bad frame becomes a ``BadFrame`` and ends nothing. ``now`` is seconds since 1970: it
ages what is waited for, and is the send time in headers of 2019.

A pair of platforms is two of these, which know nothing of each other: their owner hands the verify code of the one to
the other, and tells each by ``other_down`` that the other link is gone.
"""

from dataclasses import dataclass, field

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.layout import Message

from .errors import NotLoggedIn, OtherPlatform, WrongDirection, WrongFamily, WrongLink
from .events import (
    EVENTS,
    AnswerMissing,
    BadFrame,
    Carried,
    ClosingAnnounced,
    ConnectAnswered,
    ConnectAsked,
    Event,
    KeepAliveAsked,
    LinkSilent,
    LoginAnswered,
    LoginAsked,
    LogoutAnswered,
    LogoutAsked,
    OtherLinkBroken,
    Received,
    Unknown,
)
from .frame import MAX_ESCAPED, FrameSplitter, raw_of
from .header import Edition, Header, Key, clear_body, open_frame, sealed
from .messages import (
    MESSAGES,
    Connect,
    ConnectReply,
    Disconnect,
    DisconnectReply,
    Family,
    KeepAlive,
    KeepAliveReply,
    Login,
    LoginReply,
    Logout,
    LogoutReply,
    SubKeepAlive,
    SubKeepAliveReply,
    SubMessage,
    carry,
)
from .rules import (
    ANSWER_S,
    KEEP_ALIVE_S,
    LOGIN_REPLY,
    OPENER,
    SILENT_S,
    End,
    Link,
    Phase,
    lawful,
    right_link,
    sender_of,
)

ACCEPTED, WRONG_CODE = 0, 1
"""Results of 0x1002 and 0x9002."""
_WRAP = 1 << 32


@dataclass(slots=True)
class Due:
    """What a moment asks for: bytes to be sent, and events."""

    frames: bytes = b""
    events: list[Event] = field(default_factory=list)


class Connection:
    """The protocol's side of one link. ``end`` is the platform that uses it.

    ``edition`` None takes that of the first sound frame. ``access_code`` is the lower platform's; 0 takes that of its
    login. ``key`` opens encrypted bodies; with ``message_key`` besides, what is sent is encrypted too.
    """

    __slots__ = (
        "_asked_at",
        "_asked_id",
        "_kept_at",
        "_learnt_code",
        "_seen_at",
        "_splitter",
        "access_code",
        "answer_s",
        "bad_frames",
        "edition",
        "end",
        "keep_alive_s",
        "key",
        "last_serial",
        "link",
        "message_key",
        "missed",
        "other_down",
        "phase",
        "serial",
        "silent_s",
        "verify_code",
        "version",
    )

    def __init__(
        self,
        link: Link,
        end: End,
        *,
        edition: Edition | None = None,
        access_code: int = 0,
        version: str = "010000",
        key: Key | None = None,
        message_key: int = 0,
        serial: int = 0,
        limit: int = MAX_ESCAPED,
        keep_alive_s: float = KEEP_ALIVE_S,
        silent_s: float = SILENT_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self.link, self.end = link, end
        self.edition, self.access_code, self.version = edition, access_code, version
        self.key, self.message_key = key, message_key
        self.keep_alive_s, self.silent_s, self.answer_s = keep_alive_s, silent_s, answer_s
        self.phase = Phase.NEW
        self.other_down = False
        self.verify_code = 0
        self.serial = serial
        self.last_serial: int | None = None
        self.missed = self.bad_frames = 0
        self._splitter = FrameSplitter(limit)
        self._learnt_code = False
        self._asked_id = 0
        self._asked_at = self._kept_at = 0.0
        self._seen_at: float | None = None

    @property
    def opener(self) -> bool:
        """Whether this end has opened the link, and so logs in and keeps it alive."""
        return OPENER[self.link] is self.end

    @property
    def skipped_bytes(self) -> int:
        """Bytes that came outside of frames."""
        return self._splitter.skipped

    # --- In ---

    def receive(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Events of the frames that ``data`` completes, in order."""
        events: list[Event] = []
        for segment in self._splitter.feed(data):
            if isinstance(segment, ProtocolError):
                self._refuse(events, segment, b"")
            else:
                self._take(events, segment, now)
        return events

    def _take(self, events: list[Event], segment: bytes, now: float) -> None:
        header: Header | None = None
        raw = segment
        try:
            raw = raw_of(segment)
            header, body = open_frame(raw, self.edition)
            self._require_lawful(header)
            body = clear_body(header, body, self.key)
            self._heard(header, now)
            events.append(self._event(header, body, now))
        except ProtocolError as fault:
            self._refuse(events, fault, raw, header)

    def _refuse(self, events: list[Event], error: ProtocolError, raw: bytes, header: Header | None = None) -> None:
        self.bad_frames += 1
        events.append(BadFrame(error, raw, header))

    def _require_lawful(self, header: Header) -> None:
        """Raises ``WrongDirection``, ``WrongLink``, ``NotLoggedIn``, ``OtherPlatform``, in this order."""
        message_id = header.message_id
        if sender_of(message_id) is self.end:
            raise WrongDirection(message_id)
        if not right_link(message_id, self.link, self.other_down):
            raise WrongLink(message_id, self.link)
        taken = lawful(self.link, self.phase, self.opener)
        if taken is not None and message_id not in taken:
            raise NotLoggedIn(message_id, self.phase)
        below = self.end is End.SUPERIOR  # the lower platform's own code; what comes from above may leave it out
        if below and self.access_code and header.access_code != self.access_code:
            raise OtherPlatform(self.access_code, header.access_code)

    def _heard(self, header: Header, now: float) -> None:
        """A sound frame: the edition it binds, and the serial numbers that it jumped over."""
        if self.edition is None:
            self.edition = header.edition
        if self.last_serial is not None:
            jumped = (header.serial - self.last_serial - 1) % _WRAP
            if jumped < _WRAP // 2:  # otherwise it came late, or again, or the count began anew
                self.missed += jumped
        self.last_serial = header.serial
        self._seen_at = now

    def _event(self, header: Header, body: bytes, now: float) -> Event:
        form = MESSAGES.forms.get(header.message_id)
        if form is None:
            return Unknown(header, body)
        message = form.decode(body, header.edition)
        if isinstance(message, Family):
            if message.misplaced:
                raise WrongFamily(header.message_id, message.sub_message.message_id)
            return Carried(header, message, body, message.sub_message)
        event = EVENTS.get(header.message_id, Received)(header, message, body)
        self._moved(event, now)
        return event

    def _moved(self, event: Received, now: float) -> None:
        """What an event does to the phase."""
        if isinstance(event, LoginAsked | ConnectAsked):
            self.phase = Phase.ASKED
            if isinstance(event, LoginAsked) and not self.access_code:
                self.access_code, self._learnt_code = event.header.access_code, True
        elif isinstance(event, LoginAnswered | ConnectAnswered):
            self._asked_id = 0
            self.phase = Phase.UP if event.message.result == ACCEPTED else Phase.NEW
            self._kept_at = now
            if isinstance(event, LoginAnswered) and self.phase is Phase.UP:
                self.verify_code = event.message.verify_code
        elif isinstance(event, LogoutAnswered):
            self._asked_id = 0
            self.phase = Phase.CLOSED
        elif isinstance(event, OtherLinkBroken):
            self.other_down = True
        elif isinstance(event, ClosingAnnounced):
            self.phase = Phase.CLOSED

    # --- Out: coming and going ---

    def login(self, user_id: int, password: str, down_ip: str, down_port: int, now: float = 0.0) -> bytes:
        """The lower platform's first message on the main link. Raises ``WrongDirection`` at any other end."""
        self._require_role(0x1001, Link.MAIN, End.SUBORDINATE)
        code = self.access_code if self.edition == Edition.V2019 else None
        asked = Login(user_id=user_id, password=password, access_code=code, down_ip=down_ip, down_port=down_port)
        return self._ask(asked, Phase.ASKED, now)

    def connect(self, verify_code: int, now: float = 0.0) -> bytes:
        """The upper platform's first message on the sub link, with the code it gave in 0x1002."""
        self._require_role(0x9001, Link.SUB, End.SUPERIOR)
        self.verify_code = verify_code
        return self._ask(Connect(verify_code), Phase.ASKED, now)

    def judge(self, event: ConnectAsked) -> int:
        """The result of 0x9001 by its code: 0, or 1 where it isn't ``verify_code``."""
        return ACCEPTED if event.message.verify_code == self.verify_code else WRONG_CODE

    def admit(self, verify_code: int = 0, now: float = 0.0) -> bytes:
        """The answer that takes a login (with the code for the sub link) or a connection; the link is up."""
        self._require_asked()
        self.phase = Phase.UP
        if self.link is Link.MAIN:
            self.verify_code = verify_code
            return self._reply(LoginReply(ACCEPTED, verify_code), now)
        return self._reply(ConnectReply(ACCEPTED), now)

    def turn_away(self, result: int, now: float = 0.0) -> bytes:
        """The answer that refuses a login or a connection with the standard's ``result``."""
        self._require_asked()
        out = self._reply(LoginReply(result) if self.link is Link.MAIN else ConnectReply(result), now)
        self.phase = Phase.NEW
        if self._learnt_code:
            self.access_code, self._learnt_code = 0, False
        return out

    def logout(self, user_id: int = 0, password: str = "", now: float = 0.0) -> bytes:
        """The message that takes leave of a link one has opened."""
        message: Message = Logout(user_id, password) if self.link is Link.MAIN else Disconnect(self.verify_code)
        if not self.opener:
            raise WrongDirection(message.message_id)
        if self.phase is not Phase.UP:
            raise NotLoggedIn(message.message_id, self.phase)
        return self._ask(message, Phase.LEAVING, now)

    def reply_to(self, event: Received, now: float = 0.0) -> bytes:
        """The answer that needs no judgement: to a keep-alive, to a logout. Empty for all others."""
        main = self.link is Link.MAIN
        if isinstance(event, KeepAliveAsked):
            return self._reply(KeepAliveReply() if main else SubKeepAliveReply(), now)
        if isinstance(event, LogoutAsked):
            out = self._reply(LogoutReply() if main else DisconnectReply(), now)
            self.phase = Phase.CLOSED
            return out
        return b""

    # --- Out: everything else ---

    def send(self, message: Message, now: float = 0.0) -> bytes:
        """The frame that carries ``message``.

        Raises ``WrongDirection``, ``WrongLink``, ``NotLoggedIn``, ``WrongFamily``; ``UnfitValue`` where a field can't
        carry its value.
        """
        self._require_sendable(message.message_id)
        if isinstance(message, Family) and message.misplaced:
            raise WrongFamily(message.message_id, message.sub_message.message_id)
        return self._frame(message.message_id, message.encode(self._edition), now)

    def send_body(self, message_id: int, body: bytes, now: float = 0.0) -> bytes:
        """The same for a body that is bytes already."""
        self._require_sendable(message_id)
        return self._frame(message_id, body, now)

    def exchange(self, sub: SubMessage, *, plate: str = "", plate_color: int = 9, now: float = 0.0) -> bytes:
        """The frame that carries a sub-message in its family, about a vehicle where it is about one.

        Raises what ``send`` does, and ``NotInEdition``.
        """
        return self.send(carry(sub, self._edition, plate=plate, plate_color=plate_color), now)

    def next_serial(self) -> int:
        """The serial number of the next message sent; wraps behind 4294967295."""
        serial = self.serial
        self.serial = (serial + 1) % _WRAP
        return serial

    # --- Time ---

    def tick(self, now: float) -> Due:
        """What is due by ``now``: a keep-alive to be sent, an answer that never came, a silence. Call now and then."""
        due = Due()
        if self._asked_id and now - self._asked_at >= self.answer_s:
            due.events.append(AnswerMissing(self._asked_id))
            self.phase = Phase.NEW if self.phase is Phase.ASKED else Phase.CLOSED
            self._asked_id = 0
        if self.phase is not Phase.UP:
            return due
        if self._seen_at is None:
            self._seen_at = now
        if now - self._seen_at >= self.silent_s:
            due.events.append(LinkSilent(now - self._seen_at))
            self.phase = Phase.CLOSED
            return due
        if self.opener and now - self._kept_at >= self.keep_alive_s:
            self._kept_at = now
            due.frames = self._reply(KeepAlive() if self.link is Link.MAIN else SubKeepAlive(), now)
        return due

    # --- Inside ---

    @property
    def _edition(self) -> Edition:
        return self.edition or Edition.V2011

    def _ask(self, message: Message, phase: Phase, now: float) -> bytes:
        """Something whose answer is waited for."""
        out = self._reply(message, now)
        self.phase, self._asked_id, self._asked_at = phase, message.message_id, now
        return out

    def _reply(self, message: Message, now: float) -> bytes:
        return self._frame(message.message_id, message.encode(self._edition), now)

    def _frame(self, message_id: int, body: bytes, now: float) -> bytes:
        encrypt = int(self.key is not None and self.message_key != 0)
        header = Header(
            message_id,
            self.serial,
            self.access_code,
            self._edition,
            self.version,
            encrypt,
            self.message_key if encrypt else 0,
            int(now),
        )
        out = sealed(header, body, self.key)
        self.next_serial()
        return out

    def _require_role(self, message_id: int, link: Link, end: End) -> None:
        if self.end is not end:
            raise WrongDirection(message_id)
        if self.link is not link:
            raise WrongLink(message_id, self.link)
        if self.phase not in (Phase.NEW, Phase.ASKED, Phase.CLOSED):
            raise NotLoggedIn(message_id, self.phase)

    def _require_asked(self) -> None:
        """There is a login or a connection to be answered by this end."""
        if self.opener or self.phase is not Phase.ASKED:
            raise NotLoggedIn(LOGIN_REPLY[self.link], self.phase)

    def _require_sendable(self, message_id: int) -> None:
        if sender_of(message_id) is not self.end:
            raise WrongDirection(message_id)
        if not right_link(message_id, self.link, self.other_down):
            raise WrongLink(message_id, self.link)
        if self.phase is not Phase.UP:
            raise NotLoggedIn(message_id, self.phase)
