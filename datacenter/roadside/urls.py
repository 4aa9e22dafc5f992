"""Addresses of roadside checks: the office's, and the officer's on the phone under ``m/``."""

from django.urls import path

from datacenter.roadside import phone_views, views

urlpatterns = [
    path("roadside/", views.check_list, name="roadside-list"),
    path("roadside/export/", views.export, name="roadside-export"),
    path("roadside/patrols/", views.patrols, name="roadside-patrols"),
    path("roadside/patrols/<int:pk>/", views.patrol, name="roadside-patrol"),
    path("roadside/cases/<str:number>/", views.order, name="roadside-order"),
    path("roadside/cases/<str:number>/block/", views.case_block, name="roadside-block"),
    path("roadside/<int:pk>/withdraw/", views.withdraw, name="roadside-withdraw"),
    path("m/checks/", phone_views.my_checks, name="my-checks"),
    path("m/checks/list/", phone_views.my_list, name="my-checks-list"),
    path("m/checks/<int:pk>/", phone_views.check, name="my-check"),
    path("m/checks/<int:pk>/place/", phone_views.place, name="my-check-place"),
    path("m/checks/<int:pk>/<str:verb>/", phone_views.act, name="my-check-act"),
    path("m/duty/", phone_views.duty, name="my-duty"),
    path("m/place/", phone_views.report, name="my-place"),
]
