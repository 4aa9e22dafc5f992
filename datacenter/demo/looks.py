"""What the screening desk said of the past's findings (演示排查): one look or a blind pair, and who decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from datacenter.accounts.models import User
from datacenter.demo import words
from datacenter.demo.life import Setting
from datacenter.screening.models import Review, ReviewItem

_RIGHT, _RIGHT_BY_COUNTY = 0.94, {"211122": 0.84}
_REASONS = tuple(Review.Reason.values[:8])  # "other" wants words of its own


@dataclass(slots=True)
class Looked:
    """An item and its reviews; what settled it, or None while it waits."""

    item: ReviewItem
    reviews: list[Review] = field(default_factory=list)
    last: Review | None = None


def look_at(
    item: ReviewItem, setting: Setting, random: Random, *, substance: bool, usual_hours: float, pairs: float
) -> Looked:
    """Reviews of ``item`` up to the end of the past; ``pairs`` is the share that two people look at."""
    people, looked = setting.cast, Looked(item)
    own = people.counties.get(item.county_id or "", [])
    crew = [*own, *own, *people.city] if own else people.city
    item.reviews_wanted = 2 if random.random() < pairs else 1
    at = item.created_at
    first: User | None = None
    for _ in range(item.reviews_wanted):
        reviewer = random.choice([one for one in crew if one != first] or people.city)
        first = reviewer
        at = setting.office.after(at, min(40.0, random.expovariate(1 / usual_hours)) + 0.02)
        if at > setting.end:
            return looked
        right = _RIGHT_BY_COUNTY.get(item.county_id or "", _RIGHT)
        if not _answer(looked, reviewer, at, random, random.random() < right, substance, blind=item.reviews_wanted > 1):
            return looked
    if len({review.answer for review in looked.reviews}) > 1:
        item.state = str(ReviewItem.State.DISPUTED)
        at = setting.office.after(at, random.expovariate(0.25) + 0.02)
        others = [one for one in people.city if all(one != review.by for review in looked.reviews)]
        if at > setting.end or not others:
            return looked
        _answer(looked, random.choice(others), at, random, random.random() < 0.97, substance, deciding=True)
    last = looked.reviews[-1]
    looked.last = last
    item.state, item.settled_at = last.answer, last.at
    return looked


def _answer(
    looked: Looked, by: User, at: datetime, random: Random, right: bool, substance: bool, *, blind: bool = False,
    deciding: bool = False,
) -> bool:  # fmt: skip
    """One answer; False where ``by`` has answered this item already."""
    if any(review.by == by for review in looked.reviews):
        return False
    confirmed = substance is right
    looked.reviews.append(
        Review(
            item=looked.item,
            by=by,
            at=at + timedelta(seconds=random.randrange(0, 50)),
            answer=str(Review.Answer.CONFIRMED if confirmed else Review.Answer.REJECTED),
            reason="" if confirmed else random.choice(_REASONS),
            note=random.choice(words.SEEN) if confirmed else "",
            seconds=random.randrange(9, 150),
            blind=blind,
            deciding=deciding,
        )
    )
    return True
