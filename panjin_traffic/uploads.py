"""How much one request may upload (上传上限): anybody may post to the public forms, and Django bounds no file.

A form is read before any view and any rule of ours: the bound stands where its first byte would be kept.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class Bounded(FileUploadHandler):
    """Refuses a form that says it is longer than ``UPLOAD_MOST_BYTES``; one that lies is cut at what it said."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *_: Any, **__: Any) -> None:
        """Before anything of it is read. Raises ``RequestDataTooBig``."""
        if content_length > settings.UPLOAD_MOST_BYTES:
            raise RequestDataTooBig("the form is longer than UPLOAD_MOST_BYTES")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hands it on to the next."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next one keeps the file."""
