"""Reads cases in the format of the reference sets: JSON with method, input and params.

Source: docs/methods/cases.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np

from ..engine import Floats

Answer = dict[str, Any]
Word = TypeVar("Word", bound=StrEnum)
MOST_NUMBERS = 10_000
LARGEST = 1e60
LARGEST_WHOLE = 10**12


class BadCase(ValueError):
    """A case cannot be read; carries one sentence for whoever wrote it."""


class UnknownFamily(ValueError):
    """A case asks for a family that is not computed; carries one sentence."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case as read. method: its family."""

    method: str
    input: Fields
    params: Fields


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a case, read by name. Every reader raises BadCase with the name."""

    values: dict[str, Any]

    def has(self, name: str) -> bool:
        """Return whether a field is there and not null."""
        return self.values.get(name) is not None

    def number(self, name: str, default: float | None = None) -> float:
        """Return a finite number; the default where the field is absent or null."""
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        return _number(value, name)

    def maybe(self, name: str) -> float | None:
        """Return a finite number, None where the field is absent or null."""
        return self.number(name) if self.has(name) else None

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number."""
        value = self.number(name, default)
        if value != int(value) or abs(value) > LARGEST_WHOLE:
            raise BadCase(f"'{name}' is not a whole number up to {LARGEST_WHOLE}.")
        return int(value)

    def numbers(self, name: str) -> list[float]:
        """Return a list of one to ten thousand finite numbers."""
        value = self.values.get(name)
        if not isinstance(value, list) or not 0 < len(value) <= MOST_NUMBERS:
            raise BadCase(f"'{name}' is not a list of 1 to {MOST_NUMBERS} numbers.")
        return [_number(one, name) for one in value]

    def array(self, name: str) -> Floats:
        """Return a list of numbers as an array, shape (n,)."""
        return np.array(self.numbers(name), float)

    def matrix(self, name: str) -> Floats:
        """Return a list of rows of one length as an array, shape (n, p)."""
        rows = self.values.get(name)
        if not isinstance(rows, list) or not 0 < len(rows) <= MOST_NUMBERS:
            raise BadCase(f"'{name}' is not a list of rows.")
        read = [Fields({name: row}).numbers(name) for row in rows]
        if len({len(row) for row in read}) != 1:
            raise BadCase(f"The rows of '{name}' differ in length.")
        return np.array(read, float)

    def truth(self, name: str) -> bool:
        """Return true or false; false where the field is absent or null."""
        value = self.values.get(name, False) or False
        if not isinstance(value, bool):
            raise BadCase(f"'{name}' is neither true nor false.")
        return value

    def one_of(self, words: type[Word], name: str) -> Word:
        """Return one of some words."""
        try:
            return words(str(self.values.get(name)))
        except ValueError:
            allowed = ", ".join(words)
            raise BadCase(f"'{name}' is none of {allowed}.") from None

    def maybe_one_of(self, words: type[Word], name: str) -> Word | None:
        """Return one of some words, None where the field is absent or null."""
        return self.one_of(words, name) if self.has(name) else None


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadCase(f"'{name}' holds what is not a number.")
    # Also false for what is not a number or infinite; beyond that squares would be.
    if value != 0 and not 1 / LARGEST <= abs(value) <= LARGEST:
        raise BadCase(f"'{name}' holds a number that is not finite, too large or too small.")
    return float(value)


def read(text: str) -> Case:
    """Return a case from its JSON text. Raises BadCase with one sentence."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadCase("This is not JSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("method"), str):
        raise BadCase("A case is a JSON object with a 'method'.")
    parts = [found.get(name) or {} for name in ("input", "params")]
    if not all(isinstance(part, dict) for part in parts):
        raise BadCase("'input' and 'params' of a case are JSON objects.")
    return Case(found["method"], *map(Fields, parts))


def level_of(params: Fields) -> float:
    """Return the level of a case's intervals, 0.95 unless given. Raises BadCase."""
    level = params.number("level", 0.95)
    if not 0 < level < 1:
        raise BadCase("'level' lies between 0 and 1.")
    return level


def places(found: Iterable[int]) -> list[int]:
    """Return places as people count them, from 1."""
    return [place + 1 for place in found]
