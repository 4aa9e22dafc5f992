"""Refusals about taxis, each named for what went wrong."""

from datacenter.errors import DomainError


class TripNotFound(DomainError):
    """No such trip, or none that this user may see: the two look alike on purpose."""

    code = "trip_not_found"
    status = 404
    message = "没有这条营运记录，或不在您的管辖范围内"


class FilterRefused(DomainError):
    """A filter of a list that can't be read; ``refused`` says of each field what is wrong with it."""

    code = "filter_refused"
    status = 422

    def __init__(self, refused: dict[str, list[str]]) -> None:
        super().__init__("；".join(text for texts in refused.values() for text in texts), refused=refused)
        self.refused = refused

    @property
    def fields(self) -> dict[str, list[str]]:
        """The fields and what is wrong with each."""
        return self.refused
