"""The word that somebody may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MANY = 300
"""Of more words the nearest is not looked for: it takes 20 us each."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is spelled most like it, if any is like it at all."""
    if len(word) > 40:
        return None
    from difflib import get_close_matches

    words = {one.lower(): one for one in known}
    if len(words) > _MANY:
        return None
    found = get_close_matches(word.lower(), words, n=1, cutoff=0.7)
    return words[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?``, or nothing."""
    found = nearest(word, known)
    return f"; did you mean {found!r}?" if found and found != word else ""
