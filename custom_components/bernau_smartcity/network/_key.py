"""Keys as people paste them."""

from ..model import NetworkError, Reason


def clean_key(text: str) -> str:
    """Give a key without blanks around it; raises `NetworkError` for what can be none."""
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise NetworkError(Reason.KEY_REJECTED, "no key can look like this")
    return key
