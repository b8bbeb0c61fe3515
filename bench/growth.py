"""The board among a thousand tenants; last, because the database stays large."""

from __future__ import annotations

from . import board
from .stage import Stage
from .tables import Report


def run(stage: Stage, report: Report) -> None:
    """Look again at what `board` saw among ten tenants."""
    board.grow(stage, report)
