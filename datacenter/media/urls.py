"""Addresses of files and alarms from terminals."""

from django.urls import path

from datacenter.media import views

urlpatterns = [
    path("datacenter/media/", views.gallery, name="media-gallery"),
    path("datacenter/media/<int:pk>/", views.media_file, name="media-file"),
    path("datacenter/safety/", views.alarm_list, name="safety-alarms"),
    path("datacenter/safety/<int:pk>/", views.alarm_detail, name="safety-alarm"),
]
