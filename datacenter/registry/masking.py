"""Hides what makes a person findable (个人信息脱敏), GB/T 35273: what a reader needs stays, the rest are stars."""

_IDENTITY_LENGTHS = (15, 18)


def mask_name(name: str) -> str:
    """张*, 张**: the surname stays."""
    return name[:1] + "*" * (len(name) - 1)


def mask_identity_no(number: str) -> str:
    """2111**********0019: the province and city stay, and the last four."""
    return _mask(number, 4, 4)


def mask_phone(phone: str) -> str:
    """139****1234."""
    return _mask(phone, 3, 4)


def mask_number(number: str) -> str:
    """A certificate's number, masked where it is the holder's identity number, as it often is."""
    plain = number.strip()
    return mask_identity_no(plain) if len(plain) in _IDENTITY_LENGTHS and plain[:14].isdigit() else number


def _mask(value: str, head: int, tail: int) -> str:
    hidden = len(value) - head - tail
    # Too short to hide anything between head and tail: all of it goes.
    return value[:head] + "*" * hidden + value[-tail:] if hidden > 0 else "*" * len(value)
