"""Pages of the portfolio."""

from .board import board
from .brief import brief
from .pilot import pilot

__all__ = ["board", "brief", "pilot"]
