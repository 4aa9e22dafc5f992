"""Addresses of notices."""

from django.urls import path

from datacenter.notices import views

urlpatterns = [
    path("notices/", views.notice_list, name="notice-list"),
    path("notices/unread/", views.unread, name="notice-unread"),
    path("notices/export/", views.notice_export, name="notice-export"),
    path("notices/read/", views.read_all, name="notice-read-all"),
    path("notices/settings/", views.notice_settings, name="notice-settings"),
    path("notices/<int:pk>/", views.open_notice, name="notice-open"),
    path("notices/<int:pk>/read/", views.read_one, name="notice-read"),
]
