"""Whether a request is the call platform's (平台签名): HMAC-SHA256 over its moment and body, and not an old one."""

from __future__ import annotations

import hashlib
import hmac
import time

from django.conf import settings
from django.http import HttpRequest

from complaints.calls.errors import BadSignature, BodyTooLarge, StaleSignature, TelephonyOff

MOST_BODY_BYTES = 64 * 1024
_MOMENT, _SIGNATURE = "X-Call-Timestamp", "X-Call-Signature"


def signature_of(secret: str, moment: str, body: bytes) -> str:
    """What the header carries for ``body`` sent at ``moment`` (seconds since 1970)."""
    return "sha256=" + hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed_body(request: HttpRequest) -> bytes:
    """The body of a request that the platform signed just now.

    Raises ``TelephonyOff``, ``BodyTooLarge``, ``BadSignature``, ``StaleSignature``.
    """
    secret = settings.CALL_PLATFORM_SECRET
    if not secret:
        raise TelephonyOff
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < 12) or int(length) > MOST_BODY_BYTES:
        raise BodyTooLarge(MOST_BODY_BYTES)
    body = request.body  # of what names no length nothing is read
    moment, signature = request.headers.get(_MOMENT, ""), request.headers.get(_SIGNATURE, "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise BadSignature
    expected = signature_of(secret, moment, body)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise BadSignature
    if abs(time.time() - int(moment)) > settings.CALL_PLATFORM_WINDOW_S:
        raise StaleSignature(settings.CALL_PLATFORM_WINDOW_S)
    return body
