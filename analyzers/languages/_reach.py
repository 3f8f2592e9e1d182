"""Which packages of a lock file are reached through development dependencies only."""

from collections.abc import Iterable, Mapping


def only_dev(
    needs: Mapping[str, Iterable[str]], direct: Iterable[str], direct_dev: Iterable[str]
) -> set[str]:
    """Return the packages that are reached from `direct_dev` and from nothing else.

    `needs` has every package of the lock file. One that nothing reaches is no development dependency: why it
    is there is not known.
    """
    dev = _reached(needs, direct_dev)
    return dev - _reached(needs, {*direct, *(set(needs) - dev)})


def _reached(needs: Mapping[str, Iterable[str]], roots: Iterable[str]) -> set[str]:
    found: set[str] = set()
    left = [name for name in roots if name in needs]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [need for need in needs[name] if need in needs]
    return found
