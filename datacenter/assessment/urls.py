"""Addresses of assessment and credit."""

from django.urls import path

from datacenter.assessment.credit import public
from datacenter.assessment.credit import views as credit
from datacenter.assessment.views import months, objections, points, rules, sheets

_SUBJECT = "assessment/<str:month>/<str:kind>/<str:subject>/"

urlpatterns = [
    path("assessment/", months.overview, name="assessment"),
    path("assessment/export/", months.export, name="assessment-export"),
    path("assessment/objections/", objections.inbox, name="assessment-objections"),
    path("assessment/objections/<int:pk>/<str:verb>/", objections.decide, name="assessment-decide"),
    path("assessment/rules/", rules.rules, name="assessment-rules"),
    path("assessment/rules/<int:pk>/verify/", rules.verify, name="assessment-rule-verify"),
    path("assessment/rules/<str:indicator>/", rules.change, name="assessment-rule"),
    path("assessment/points/", points.table, name="assessment-points"),
    path("assessment/points/<int:pk>/reward/", points.reward, name="assessment-reward"),
    path("assessment/points/<int:pk>/reverse/", points.reverse_entry, name="assessment-reverse"),
    path("assessment/<str:month>/report.pdf", months.report, name="assessment-paper"),
    path("assessment/<str:month>/recompute/", months.recompute, name="assessment-recompute"),
    path("assessment/<str:month>/publish/", months.publish, name="assessment-publish"),
    path(_SUBJECT, sheets.sheet, name="assessment-sheet"),
    path(f"{_SUBJECT}object/", sheets.object_to, name="assessment-object"),
    path(f"{_SUBJECT}correct/", sheets.correct, name="assessment-correct"),
    path(f"{_SUBJECT}<str:indicator>/", sheets.behind, name="assessment-behind"),
    path("credit/", credit.overview, name="credit"),
    path("credit/rules/", credit.rules, name="credit-rules"),
    path("credit/lists/", credit.lists, name="credit-lists"),
    path("credit/lists/<int:pk>/end/", credit.end_listing, name="credit-listing-end"),
    path("credit/repairs/", credit.repairs, name="credit-repairs"),
    path("credit/repairs/<int:pk>/<str:verb>/", credit.decide_repair, name="credit-repair-decide"),
    path("credit/grade/", credit.grade, name="credit-grade"),
    path("credit/export/", credit.export, name="credit-export"),
    path("credit/verify/", public.verify, name="credit-verify"),
    path("credit/certificates/<int:pk>/certificate.pdf", credit.certificate_pdf, name="credit-certificate"),
    path("credit/certificates/<int:pk>/revoke/", credit.revoke, name="credit-revoke"),
    path("credit/<str:kind>/<str:subject>/", credit.subject, name="credit-subject"),
    path("credit/<str:kind>/<str:subject>/list/", credit.enter_listing, name="credit-listing-enter"),
    path("credit/<str:kind>/<str:subject>/repair/", credit.ask_repair, name="credit-ask-repair"),
    path("credit/<str:kind>/<str:subject>/certify/", credit.certify, name="credit-certify"),
]
