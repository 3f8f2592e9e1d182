"""Ranges of addresses and ports, as rules of firewalls name them."""

import ipaddress

_WORDS = frozenset({"*", "any", "internet", "0.0.0.0", "::"})  # noqa: S104 - a word


def is_everybody(text: str) -> bool:
    """Tell whether a source or destination is the whole internet: "0.0.0.0/0", "::/0", "*", "Internet"."""
    if text.lower() in _WORDS:
        return True
    if not text.endswith("/0"):
        return False
    try:
        return ipaddress.ip_network(text, strict=False).prefixlen == 0
    except ValueError:
        return False


def is_public(text: str) -> bool:
    """Tell whether a range has addresses of the internet: everybody, or any that is not private."""
    if is_everybody(text):
        return True
    try:
        return ipaddress.ip_network(text, strict=False).is_global
    except ValueError:
        return False


def covers(ports: str, port: int) -> bool:
    """Tell whether "22", "20-30" or "*" has a port."""
    if ports.strip() == "*":
        return True
    first, _, last = ports.partition("-")
    try:
        return int(first) <= port <= int(last or first)
    except ValueError:
        return False


def size(first: str, last: str) -> int:
    """Return how many addresses a range has, 0 when it is none."""
    try:
        return max(int(ipaddress.ip_address(last)) - int(ipaddress.ip_address(first)) + 1, 0)
    except ValueError:
        return 0
