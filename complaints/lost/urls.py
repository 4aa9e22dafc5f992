"""Addresses of lost property: the desk under ``/complaints/lost/``, things under ``/complaints/lost-items/``."""

from django.urls import path

from complaints.lost import item_views, views

urlpatterns = [
    path("lost/", views.desk, name="lost"),
    path("lost/places/", views.places, name="lost-places"),
    path("lost/counties/", views.county_lines, name="lost-counties"),
    path("lost/rides/<int:pk>/", views.ride_panel, name="lost-ride"),
    path("lost/rides/<int:pk>/track/", views.ride_track, name="lost-track"),
    path("lost/rides/<int:pk>/unmask/", views.ride_unmask, name="lost-unmask"),
    path("lost/rides/<int:pk>/sent/", views.ride_sent, name="lost-sent"),
    path("lost/rides/<int:pk>/order/<slug:code>/", views.ride_order, name="lost-order"),
    path("lost/rides/<int:pk>/photos/<int:file>/", views.ride_photo, name="lost-photo"),
    path("lost-items/", item_views.item_list, name="lost-items"),
    path("lost-items/export/", item_views.item_export, name="lost-export"),
    path("lost-items/statistics/", item_views.item_statistics, name="lost-statistics"),
    path("lost-items/new/", item_views.item_new, name="lost-item-new"),
    path("lost-items/<int:pk>/", item_views.item_detail, name="lost-item"),
    path("lost-items/<int:pk>/person/", item_views.item_person, name="lost-person"),
    path("lost-items/<int:pk>/hand-over/", item_views.item_hand_over, name="lost-hand-over"),
    path("lost-items/<int:pk>/files/<slug:what>/", item_views.item_file, name="lost-file"),
    path("lost-items/<int:pk>/act/<slug:verb>/", item_views.item_act, name="lost-act"),
]
