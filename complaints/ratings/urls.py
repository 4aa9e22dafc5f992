"""Addresses of the ratings' pages, under ``/complaints/ratings/``."""

from django.urls import path

from complaints.ratings import sticker_views, views

urlpatterns = [
    path("", views.ratings, name="ratings"),
    path("export/", views.export, name="ratings-export"),
    path("list/", views.rating_list, name="rating-list"),
    path("drivers/<int:pk>/", views.driver, name="rated-driver"),
    path("stickers/", sticker_views.stickers, name="rating-stickers"),
    path("stickers/make/", sticker_views.make, name="rating-stickers-make"),
    path("stickers/sheet/", sticker_views.sheet, name="rating-stickers-sheet"),
    path("stickers/<int:pk>/revoke/", sticker_views.revoke, name="rating-sticker-revoke"),
]
