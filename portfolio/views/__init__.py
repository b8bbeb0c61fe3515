"""Pages of the portfolio."""

from .board import board
from .brief import brief
from .money import money
from .pilot import pilot

__all__ = ["board", "brief", "money", "pilot"]
