"""The hotline's tables; each package keeps its own."""

from complaints.calls.models import Call, CallEvent, DeskExtension
from complaints.knowledge.models import Article, ArticleVersion
from complaints.lost.models import HandOver, LostItem
from complaints.minute.models import OrderEvidence
from complaints.orders.models import (
    CallBack,
    Category,
    Client,
    CompanyRequest,
    HotlineSetting,
    Order,
    OrderEvent,
    OrderFile,
    QualityCheck,
)
from complaints.ratings.models import RatingCode, RatingDay, RatingReason, RatingSetting, RideRating

__all__ = [
    "Article", "ArticleVersion", "Call", "CallBack", "CallEvent", "Category", "Client", "CompanyRequest",
    "DeskExtension", "HandOver", "HotlineSetting", "LostItem", "Order", "OrderEvent", "OrderEvidence", "OrderFile",
    "QualityCheck", "RatingCode", "RatingDay", "RatingReason", "RatingSetting", "RideRating",
]  # fmt: skip
