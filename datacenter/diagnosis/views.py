"""Page of frames field by field (报文解析)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.diagnosis import selectors as raw
from datacenter.diagnosis.forms import PasteForm
from datacenter.diagnosis.pasted import MOST_FRAMES, Told, explained
from datacenter.diagnosis.showing import shown
from datacenter.gateway import selectors
from datacenter.gateway.forms import REASONS

NEWEST_FRAMES = 12


@require_http_methods(["GET", "POST"])
@needs("protocol.view")
def protocol(request: HttpRequest) -> HttpResponse:
    """报文解析: frames that were pasted, or one of the quarantine's (``?frame=``), field by field."""
    told: list[Told] = []
    status = 200
    if request.method == "POST":
        form = PasteForm(request.POST)
        if form.is_valid():
            told = explained(form.cleaned_data["text"], form.cleaned_data["protocol"])
            for one in told:
                if one.refusal:
                    form.add_error("text", one.refusal)
            if not told:
                form.add_error("text", _("没有可解析的报文"))
        status = 422 if form.errors else 200
    else:
        text = _picked(request)
        form = PasteForm(initial={"text": text})
        told = explained(text) if text else []
    return render(request, "diagnosis/protocol.html", _context(request, form, told), status=status)


def _picked(request: HttpRequest) -> str:
    """The quarantined frame that the address names, in hexadecimal; empty where it names none."""
    wanted = request.GET.get("frame", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        return ""
    require(request.user, "quarantine.view")
    frame = selectors.get_frame_for(request.user, int(wanted))
    audit.record(request, "frame.view", f"隔离报文 {frame.pk}")
    return bytes(frame.raw).hex()


def _context(request: HttpRequest, form: PasteForm, told: list[Told]) -> dict[str, Any]:
    sees = request.user.may("quarantine.view")  # type: ignore[union-attr]
    frames = list(selectors.frames_visible_to(request.user).defer("raw")[:NEWEST_FRAMES]) if sees else []
    return {
        "form": form,
        "told": [{"line": one.line, "text": one.text, **shown(one.explanation)} for one in told if one.explanation],
        "most": MOST_FRAMES,
        "full": len(told) == MOST_FRAMES,
        "frames": frames,
        "reasons": REASONS,
        "sees_quarantine": sees,
        "recordings": list(raw.recordings_visible_to(request.user)[:NEWEST_FRAMES])
        if request.user.may("raw_log.use")  # type: ignore[union-attr]
        else [],
    }
