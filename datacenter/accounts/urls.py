"""Addresses of signing in and out, and of one's own password."""

from django.urls import path

from datacenter.accounts import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("password/", views.ChangePassword.as_view(), name="password-change"),
]
