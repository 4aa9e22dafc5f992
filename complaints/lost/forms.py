"""The question that an operator fills in while the caller talks (失物查车条件)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.lost.asked import Asked, End, Spot
from datacenter.geo.measure import distance_m
from datacenter.registry.models import Vehicle
from datacenter.tracks.passed_forms import MomentField
from taxi.rides.finding import MOST_S
from taxi.rides.following import KEPT

LEAST_M, MOST_M, USUAL_M = 50, 3000, 300
MOST_MIN, USUAL_MIN = 720, 20
MOST_MIN_ANYWHERE = 90
"""Without any place the whole city's rides are looked through."""
FAR_M = 200_000
MOST_VIA = 3
_COLOURS = [(colour.value, colour.label) for colour in Vehicle.PlateColour if colour.value in (1, 5, 94)]


def _degrees(label: Any, least: int, most: int) -> forms.FloatField:
    return forms.FloatField(label=label, required=False, min_value=least, max_value=most, widget=forms.HiddenInput)


def _whole(label: Any, least: int, most: int, initial: int | None = None) -> forms.IntegerField:
    widget = forms.NumberInput({"class": "form-control"})
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=most, initial=initial,
                              widget=widget)  # fmt: skip


def _words(label: Any, most: int, **attributes: str) -> forms.CharField:
    widget = forms.TextInput({"class": "form-control", "autocomplete": "off", **attributes})
    return forms.CharField(label=label, required=False, max_length=most, widget=widget)


class SearchForm(forms.Form):
    """One question. Either end may be left out, not both; each refusal stands beside its field."""

    board_place = _words(_("上车地点"), 60, **{"data-place-name": "board", "placeholder": _("地名，或点地图")})
    board_latitude = _degrees(_("上车纬度"), 3, 54)
    board_longitude = _degrees(_("上车经度"), 73, 136)
    board_radius_m = _whole(_("上车范围 ± 米"), LEAST_M, MOST_M, USUAL_M)
    board_at = MomentField(label=_("上车大约几点"), required=False)
    board_within = _whole(_("上车时间 ± 分钟"), 1, MOST_MIN, USUAL_MIN)
    alight_place = _words(_("下车地点"), 60, **{"data-place-name": "alight", "placeholder": _("地名，或点地图")})
    alight_latitude = _degrees(_("下车纬度"), 3, 54)
    alight_longitude = _degrees(_("下车经度"), 73, 136)
    alight_radius_m = _whole(_("下车范围 ± 米"), LEAST_M, MOST_M, USUAL_M)
    alight_at = MomentField(label=_("下车大约几点"), required=False)
    alight_within = _whole(_("下车时间 ± 分钟"), 1, MOST_MIN, USUAL_MIN)
    via = forms.CharField(label=_("途经点"), required=False, max_length=120, widget=forms.HiddenInput)
    via_radius_m = _whole(_("途经范围 ± 米"), LEAST_M, MOST_M, USUAL_M)
    fare = forms.DecimalField(
        label=_("车费 元"), required=False, min_value=1, max_value=2000, decimal_places=1,
        widget=forms.NumberInput({"class": "form-control", "step": "0.5"}),
    )  # fmt: skip
    distance_km = forms.DecimalField(
        label=_("里程 km"), required=False, min_value=0, max_value=500, decimal_places=1,
        widget=forms.NumberInput({"class": "form-control", "step": "0.1"}),
    )  # fmt: skip
    riders = _whole(_("乘客人数"), 1, 8)
    plate_colour = forms.TypedChoiceField(
        label=_("车牌颜色"), required=False, coerce=int, empty_value=None, choices=[("", _("不记得")), *_COLOURS],
        widget=forms.Select({"class": "form-select"}),
    )  # fmt: skip
    plate_part = _words(_("车牌片段"), 8, placeholder=_("如 58、D1"))
    order = _words(_("工单号"), 20)

    def clean_plate_part(self) -> str:
        """As plates are written."""
        return "".join(str(self.cleaned_data["plate_part"]).upper().split())

    def clean_via(self) -> tuple[tuple[float, float], ...]:
        """``latitude,longitude`` of each way point, by semicolons."""
        text = str(self.cleaned_data["via"]).strip()
        try:
            spots = [tuple(float(part) for part in pair.split(",")) for pair in text.split(";") if pair.strip()]
        except ValueError:
            raise forms.ValidationError(_("途经点的坐标不能识别，请重新点选")) from None
        if len(spots) > MOST_VIA:
            raise forms.ValidationError(_("途经点最多 3 个"))
        if any(len(spot) != 2 or not (3 <= spot[0] <= 54 and 73 <= spot[1] <= 136) for spot in spots):
            raise forms.ValidationError(_("途经点的坐标不能识别，请重新点选"))
        return tuple(spots)

    def clean(self) -> dict[str, Any]:
        """The two ends as one ride."""
        cleaned: dict[str, Any] = super().clean() or {}
        for end in ("board", "alight"):
            self._end(end, cleaned)
        if self.errors:
            return cleaned
        for spot in cleaned["via"]:
            self._near("via", *spot)
        board, alight = cleaned["board_at"], cleaned["alight_at"]
        if board is None and alight is None:
            self.add_error("board_at", _("请至少填写一端的时间：上车或下车大约几点"))
        if board and alight:
            slack = timedelta(minutes=cleaned["board_within"] + cleaned["alight_within"])
            if alight + slack < board:
                self.add_error("alight_at", _("下车时间早于上车时间"))
            elif alight - board - slack > timedelta(seconds=MOST_S):
                self.add_error("alight_at", _("一次乘车不超过 6 小时，请检查上下车的日期和时间"))
        if not self.errors:
            self._wide(cleaned)
        return cleaned

    def _end(self, end: str, cleaned: dict[str, Any]) -> None:
        place, radius, at, within = f"{end}_place", f"{end}_radius_m", f"{end}_at", f"{end}_within"
        latitude, longitude = cleaned.get(f"{end}_latitude"), cleaned.get(f"{end}_longitude")
        hidden = (f"{end}_latitude", f"{end}_longitude")
        if any(name in self.errors for name in hidden) or (latitude is None) != (longitude is None):
            self.add_error(place, _("位置不完整，请在地图上重新点选"))
            for name in hidden:
                self.errors.pop(name, None)
        elif latitude is None and cleaned.get(place):
            self.add_error(place, _("没有这个地名，请从提示中选择或在地图上点选"))
        elif latitude is not None and longitude is not None:
            self._near(place, latitude, longitude)
        for name, usual in ((radius, USUAL_M), (within, USUAL_MIN)):
            if name not in self.errors and cleaned.get(name) is None:
                cleaned[name] = usual
        moment: datetime | None = cleaned.get(at)
        now = timezone.now()
        if moment is None:
            return
        if moment > now + timedelta(minutes=5):
            self.add_error(at, _("时间不能晚于现在"))
        elif moment < now - KEPT:
            self.add_error(at, _("乘车记录只保留 %(days)d 天") % {"days": KEPT.days})

    def _near(self, field: str, latitude: float, longitude: float) -> None:
        centre = settings.LEAFLET_CONFIG["DEFAULT_CENTER"]
        if float(distance_m(latitude, longitude, *centre)) > FAR_M:
            self.add_error(field, _("位置离本市超过 200 公里，请检查"))

    def _wide(self, cleaned: dict[str, Any]) -> None:
        """Refuse what would look through the whole city's rides of hours."""
        timed = [end for end in ("board", "alight") if cleaned[f"{end}_at"] is not None]
        if not timed or any(cleaned[f"{end}_latitude"] is not None for end in ("board", "alight")):
            return
        end = min(timed, key=lambda name: cleaned[f"{name}_within"])
        if cleaned[f"{end}_within"] > MOST_MIN_ANYWHERE:
            self.add_error(
                f"{end}_within", _("没有地点时，时间范围最多 ± %(most)d 分钟；请在地图上点出上车或下车地点")
                % {"most": MOST_MIN_ANYWHERE},
            )  # fmt: skip

    def asked(self) -> Asked:
        """The question of a valid form."""
        data = self.cleaned_data
        fare, distance = data["fare"], data["distance_km"]
        return Asked(
            board=self._asked_end("board"),
            alight=self._asked_end("alight"),
            via=tuple(Spot(*spot, data["via_radius_m"] or USUAL_M) for spot in data["via"]),
            fare_jiao=None if fare is None else round(fare * 10),
            distance_m=None if distance is None else round(distance * 1000),
            riders=data["riders"],
            plate_colour=data["plate_colour"],
            plate_part=data["plate_part"],
        )

    def _asked_end(self, end: str) -> End | None:
        data = self.cleaned_data
        spot, at = None, data[f"{end}_at"]
        if data[f"{end}_latitude"] is not None:
            spot = Spot(data[f"{end}_latitude"], data[f"{end}_longitude"], data[f"{end}_radius_m"],
                        data[f"{end}_place"])  # fmt: skip
        if spot is None and at is None:
            return None
        return End(spot, None if at is None else int(at.timestamp()), data[f"{end}_within"] * 60)
