"""Who gets what leaves the house: a mail server and a webhook on loopback, each in a thread and told how to behave."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class MailServer:
    """Takes mails by SMTP. ``says`` replaces the answer to a verb; ``hangs_up_after`` a verb breaks the line."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    hangs_up_after: str = ""


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: MailServer = self.server.kept  # type: ignore[attr-defined]
        self._say("220 here")
        while line := self.rfile.readline():
            verb = line.split()[0].upper().decode() if line.split() else ""
            if verb == "QUIT":
                return self._say("221 bye")
            if verb == "DATA" and verb not in server.says:
                self._say("354 go on")
                body = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    body += part.removeprefix(b".")
                if server.hangs_up_after == "DATA":
                    return None
                server.mails.append(message_from_bytes(body, policy=policy.default))  # type: ignore[arg-type]
                self._say("250 taken")
                continue
            if server.hangs_up_after == verb:
                return None
            self._say(server.says.get(verb, "250 yes"))
        return None

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server on a free port of loopback."""
    kept = MailServer()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.daemon_threads = True
        server.kept = kept  # type: ignore[attr-defined]
        kept.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()


@dataclass
class Hook:
    """Takes POSTs. ``statuses`` are its next answers, then 200; ``hangs_up`` reads and says nothing."""

    url: str = ""
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    hangs_up: bool = False

    @property
    def told(self) -> list[dict[str, Any]]:
        """What it was told, as objects."""
        return [json.loads(body) for _, body in self.calls]


class _Http(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hook: Hook = self.server.kept  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        hook.calls.append((dict(self.headers.items()), body))
        if hook.hangs_up:
            self.close_connection = True
            return
        status = hook.statuses.pop(0) if hook.statuses else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def webhook() -> Iterator[Hook]:
    """A webhook on a free port of loopback."""
    hook = Hook()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Http) as server:
        server.daemon_threads = True
        server.kept = hook  # type: ignore[attr-defined]
        hook.url = f"http://127.0.0.1:{server.server_address[1]}/hook?from=panjin"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield hook
        server.shutdown()
