"""What one request may upload is bounded before a view or a rule sees it, for those who never signed in above all."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


@pytest.mark.parametrize("path", ["/travel/complain/", "/login/"])
def test_a_form_longer_than_any_form_takes_is_refused_before_it_is_read(db: None, settings: Any, path: str) -> None:
    def sent() -> int:
        return Client().post(path, {"file": SimpleUploadedFile("x.bin", b"x" * 60_000)}).status_code

    assert sent() in (200, 422)
    settings.UPLOAD_MOST_BYTES = 60_000  # the form is a little longer than its file
    assert sent() == 400
