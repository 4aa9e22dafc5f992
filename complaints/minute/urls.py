"""Address of the minute behind a complaint."""

from django.urls import path

from complaints.minute import views

urlpatterns = [path("orders/<str:number>/minute/", views.minute, name="complaint-minute")]
