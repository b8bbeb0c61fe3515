"""Pages of the portfolio."""

from .board import board
from .pilot import pilot

__all__ = ["board", "pilot"]
