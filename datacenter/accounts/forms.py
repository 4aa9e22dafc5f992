"""Signing in and changing one's password."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from datacenter.accounts import lockout


class SignInForm(AuthenticationForm):
    """用户名 and 密码; refuses without looking at the password while the name is locked."""

    username = forms.CharField(
        label=_("用户名"),
        max_length=150,
        widget=forms.TextInput(attrs={"class": "form-control", "autofocus": True, "autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "current-password"}),
    )
    failure = ""  # why it was refused, for the audit record

    def clean(self) -> dict[str, Any]:
        """Signs in, or says why not and how many tries are left."""
        username = self.cleaned_data.get("username", "")
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = self.request.META.get("REMOTE_ADDR", "")
        minutes = lockout.LOCKED_S // 60
        if lockout.is_locked(username, address):
            self.failure = "locked"
            raise ValidationError(
                _("登录失败次数过多，请 %(minutes)d 分钟后再试，或联系系统管理员"),
                code="locked",
                params={"minutes": minutes},
            )
        try:
            cleaned = super().clean()
        except ValidationError:
            self.failure = "wrong"
            left = lockout.note_failure(username, address)
            if left:
                message = _("用户名或密码不正确，还可以尝试 %(left)d 次")
            else:
                message = _("用户名或密码不正确。失败次数过多，请 %(minutes)d 分钟后再试")
            raise ValidationError(message, code="wrong", params={"left": left, "minutes": minutes}) from None
        lockout.forget(username, address)
        return cleaned


class OwnPasswordForm(PasswordChangeForm):
    """修改密码, in the office's looks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
