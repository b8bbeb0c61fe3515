"""Codes by which people and clients address a row: shape, and a proposal where none is given."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

SHAPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# Letters that fall apart into none of ASCII; the others lose their marks.
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe"}
)
# Words that stand where a code stands in an address of our own.
RESERVED = frozenset({"new", "archived"})


def refusal(code: str) -> str:
    """Return why a code cannot be used, in words; empty when it can."""
    if not SHAPE.fullmatch(code):
        return "A code has letters, digits, hyphens and underscores, and begins with a letter or digit."
    if code.lower() in RESERVED:
        return f"The word {code} is used by the product itself. Choose another code."
    return ""


def propose(name: str, taken: Collection[str], *, longest: int, otherwise: str) -> str:
    """Return a free code made of a name: "Plant Lyon" becomes "plant-lyon", then "plant-lyon-2".

    longest: how many characters a code may have. otherwise: used when the name has no Latin letter.
    """
    letters = name.lower().translate(LETTERS)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain)[: longest - 4].strip("-") or otherwise
    known = {code.lower() for code in taken} | RESERVED
    number, code = 1, base
    while code in known:
        number += 1
        code = f"{base}-{number}"
    return code


def next_number(prefix: str, taken: Collection[str]) -> str:
    """Return the code after the highest numbered one: "P-04" when "P-03" is the last."""
    pattern = re.compile(re.escape(prefix) + r"(\d{1,6})", re.IGNORECASE)
    numbers = [int(found[1]) for code in taken if (found := pattern.fullmatch(code))]
    return f"{prefix}{max(numbers, default=0) + 1:02d}"
