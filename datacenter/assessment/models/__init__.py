"""What assessment and credit keep (考核与信用), by noun."""

from datacenter.assessment.models.credit import CreditCertificate, CreditGrade, CreditListing, CreditRepair, CreditRule
from datacenter.assessment.models.months import AssessmentMonth, Correction, Objection, Score, Standing
from datacenter.assessment.models.points import PointEntry, PointRule
from datacenter.assessment.models.rules import AssessmentSetting, IndicatorRule

__all__ = [
    "AssessmentMonth",
    "AssessmentSetting",
    "Correction",
    "CreditCertificate",
    "CreditGrade",
    "CreditListing",
    "CreditRepair",
    "CreditRule",
    "IndicatorRule",
    "Objection",
    "PointEntry",
    "PointRule",
    "Score",
    "Standing",
]
