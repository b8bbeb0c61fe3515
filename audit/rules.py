"""The chain of the trail, checked offline from an export: plain Python, no database.

Source: docs/how-to/verify-the-audit-trail.md says what an export holds and what a fault means.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

START = b"\x00"  # what the first line is chained to


@dataclass(slots=True)
class Verified:
    """What a check found. faults: one sentence each, empty when the chain holds.

    seq, hash: the last line of the chain, to be compared with what was published of it.
    """

    tenant: int | None = None
    lines: int = 0
    seq: int = 0
    hash: str = START.hex()
    faults: list[str] = field(default_factory=list)


def verify(text: Iterable[str], *, head: str = "") -> Verified:
    """Check an export line by line.

    head: `SEQ:HASH` published elsewhere, such as in last week's mail; only it shows that the end
    was cut off together with the head in the export.
    """
    found, exported = Verified(), ""
    known: dict[int, str] = {0: START.hex()}
    for number, line in enumerate(text, start=1):
        try:
            entry = json.loads(line)
            if "head" in entry:
                exported = f"{entry['head']['seq']}:{entry['head']['hash']}"
                continue
            _check(found, entry)
            known[found.seq] = found.hash
        except (ValueError, KeyError, TypeError, AttributeError):
            found.faults.append(f"Line {number} of the file cannot be read.")
    if not exported:
        found.faults.append("The file has no head: its end may be missing.")
    elif exported != f"{found.seq}:{found.hash}":
        found.faults.append(f"The trail ends at {found.seq}, its head says {_seq(exported)}.")
    if head and known.get(_seq(head)) != head.partition(":")[2]:
        found.faults.append(f"The published line {_seq(head)} is missing or another.")
    return found


def _check(found: Verified, entry: dict[str, Any]) -> None:
    """Compare one line with the one before it, and with its own hash."""
    canonical, seq = str(entry["canonical"]), int(entry["seq"])
    tenant, own_seq, *_ = json.loads(canonical)
    if seq != found.seq + 1:
        found.faults.append(f"Line {seq} follows {found.seq}: lines between are missing.")
    if own_seq != seq or (found.tenant is not None and tenant != found.tenant):
        found.faults.append(f"Line {seq} belongs to another place.")
    if entry["prev"] != found.hash:
        found.faults.append(f"Line {seq} is not chained to the line before it.")
    digest = hashlib.sha256(bytes.fromhex(entry["prev"]) + canonical.encode()).hexdigest()
    if digest != entry["hash"]:
        found.faults.append(f"Line {seq} was changed: its content does not give its hash.")
    found.tenant = tenant if found.tenant is None else found.tenant
    found.lines, found.seq, found.hash = found.lines + 1, seq, entry["hash"]


def _seq(head: str) -> int:
    text = head.partition(":")[0]
    return int(text) if text.isdigit() else -1
