"""Signing in and out, changing one's own password; each is written down."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from datacenter.accounts import audit
from datacenter.accounts.forms import OwnPasswordForm, SignInForm


class SignIn(views.LoginView):
    """登录. Failures are counted (``lockout``) and written down, the password never."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Opens the session."""
        response = super().form_valid(form)
        audit.record(self.request, "login", form.get_user().get_username(), user=form.get_user())
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Shows the form again with what was wrong."""
        if form.failure:
            audit.record(
                self.request, "login", form.cleaned_data.get("username", ""), succeeded=False, reason=form.failure
            )
        response = super().form_invalid(form)
        response.status_code = 429 if form.failure == "locked" else 422
        return response


class SignOut(views.LogoutView):
    """退出登录, by POST only."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ends the session."""
        if request.user.is_authenticated:
            audit.record(request, "logout", request.user.get_username())
        return super().post(request, *args, **kwargs)


class ChangePassword(views.PasswordChangeView):
    """修改密码; other sessions of the same user end, this one goes on."""

    template_name = "accounts/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("home")

    def form_valid(self, form: OwnPasswordForm) -> HttpResponse:  # type: ignore[override]
        """Keeps the new password."""
        response = super().form_valid(form)
        audit.record(self.request, "password.change", self.request.user.get_username())
        messages.success(self.request, _("密码已修改"))
        return response
