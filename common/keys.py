"""Keys made before the row is written."""

import os
import time
from datetime import datetime
from uuid import UUID


def uuid7(at: datetime | None = None) -> UUID:
    """Return a time-ordered random UUID (RFC 9562, version 7), as the database makes them.

    at: the instant that it tells; None for now.
    """
    stamp = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    bits = (stamp << 80) | int.from_bytes(os.urandom(10))
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=bits & ~(0x3 << 62) | (0x2 << 62))


def uuid7_floor(at: datetime) -> UUID:
    """Return the smallest key that a row made at an instant can have."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
