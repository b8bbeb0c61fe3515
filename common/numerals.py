"""Numbers as people write them."""

from __future__ import annotations

import re

# One mark before the last three digits: 2,500 is two and a half, or two and a half thousand.
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}([.,])\d{3}$")
