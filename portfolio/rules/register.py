"""What the rows of a spreadsheet of requirements mean. Source: docs/rules/engagement.md, "Import"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from common.cells import BadCell, Cell, Order, as_text, find_order, read_day, shorten
from common.characters import likeness, refusal

from . import EARLIEST

MAX_ROWS = 2_000
MAX_TEXT, MAX_EVIDENCE, MAX_URL = 1_000, 600, 500
URL = re.compile(r"https?://\S+")

# Field, how its column is called on pages, and what else people call it.
COLUMNS: dict[str, tuple[str, str]] = {
    "area": ("Function", "area,department,team,owner function,funktion,bereich,abteilung"),
    "text": ("Requirement", "text,description,what,finding,anforderung,beschreibung"),
    "found_on": ("Found on", "found,date,found date,raised on,raised,datum,gefunden am"),
    "blocking": ("Blocking", "blocks,blocker,blockierend"),
    "state": ("State", "status,stand"),
    "evidence": ("Evidence", "proof,note,comment,nachweis,bemerkung"),
    "url": ("Link", "evidence link,address"),
}
NEEDED = ("area", "text")
_FIELD_OF = {
    likeness(name): known
    for known, (word, others) in COLUMNS.items()
    for name in (known, word, *others.split(","))
}
# What functions are called beside their own names.
ALSO = {
    "security": "it security,information security,infosec,cyber security,cybersecurity",
    "technology": "it,technology,information technology",
    "data_governance": "data",
    "customer_service": "customer support",
    "privacy": "data protection,gdpr,datenschutz",
    "cross_boundary": "cross boundary data,cross-border data,cross border data,data transfer",
    "retention": "data retention",
}
YES = {"yes", "y", "true", "1", "x", "ja", "blocking"}
NO = {"", "no", "n", "false", "0", "nein", "-", "not blocking"}
STATES = {
    "": "open",
    "open": "open",
    "met": "met",
    "done": "met",
    "accepted": "accepted",
    "accepted risk": "accepted",
    "risk accepted": "accepted",
    "dropped": "dropped",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A requirement as it is to stand in the register."""

    area: str
    text: str
    found_on: date
    blocking: bool = False
    state: str = "open"
    evidence: str = ""
    url: str = ""

    @property
    def alike(self) -> str:
        return alike(self.text)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell: its row in the file, its column, why, and how to mend it."""

    row: int
    column: str
    why: str
    mend: str


@dataclass(slots=True)
class Reading:
    """What a file says. rows: by their number in the file. repeats: row, and the one it repeats.

    columns: name of each column that is read, by field. unread: those that nothing is read from.
    """

    columns: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    rows: list[tuple[int, Draft]] = field(default_factory=list)
    repeats: list[tuple[int, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class _Bad(Exception):
    """A cell cannot be taken: why, and how to mend it."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.why, self.mend = why, mend


def alike(text: str) -> str:
    """Return what texts have in common that people take for one."""
    return sha256(likeness(text).encode()).hexdigest()


def read(
    header: Sequence[str],
    rows: Sequence[tuple[int, Sequence[Cell]]],
    *,
    areas: Mapping[str, str],
    found_on: date,
    today: date,
) -> Reading:
    """Return what a file says, every fault of every row included.

    areas: functions by their code, in words. found_on: of rows that name no day.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        known = _FIELD_OF.get(likeness(name.replace("_", " ")))
        if known is not None:
            places.setdefault(known, place)
    found = Reading(
        columns={known: header[place] for known, place in places.items()},
        unread=[name for place, name in enumerate(header) if name and place not in places.values()],
    )
    for known in NEEDED:
        if known not in places:
            word, others = COLUMNS[known]
            names = ", ".join(others.split(",")[:3])
            why = f"The file has no column {word}."
            found.faults.append(Fault(1, word, why, f"Call one {word}, or one of: {names}."))
    if found.faults:
        return found
    if len(rows) > MAX_ROWS:
        why = f"The file has {len(rows):,} rows; at most {MAX_ROWS:,} are taken at once."
        found.faults.append(Fault(rows[MAX_ROWS][0], "", why, "Split it into several files."))
        return found
    reader = _Reader(places, _names(areas), _order(rows, places), found_on, today)
    first: dict[tuple[str, str], tuple[int, Draft]] = {}
    for number, cells in rows:
        draft = reader.read(number, cells, found)
        if draft is None:
            continue
        earlier, before = first.setdefault((draft.area, draft.alike), (number, draft))
        if earlier == number:
            found.rows.append((number, draft))
        elif before == draft:
            found.repeats.append((number, earlier))
        else:
            why = f"Row {earlier} asks the same of this function, and the rest of it differs."
            mend = "Delete one of the two, or say in the text in what they differ."
            found.faults.append(Fault(number, found.columns["text"], why, mend))
    return found


def _names(areas: Mapping[str, str]) -> dict[str, str]:
    """Return the code of a function by everything it is called."""
    return {
        likeness(name): code
        for code, word in areas.items()
        for name in (code, code.replace("_", " "), word, *ALSO.get(code, "").split(","))
        if name
    }


def _order(rows: Sequence[tuple[int, Sequence[Cell]]], places: Mapping[str, int]) -> Order:
    place = places.get("found_on")
    if place is None:
        return Order.ASK
    return find_order(cells[place] for _, cells in rows if place < len(cells))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one row after the other."""

    places: Mapping[str, int]
    names: Mapping[str, str]
    order: Order
    found_on: date
    today: date

    def read(self, number: int, cells: Sequence[Cell], found: Reading) -> Draft | None:
        """Return a row as a requirement, or None and a fault for each cell that cannot be taken."""
        taken: dict[str, object] = {}
        before = len(found.faults)
        for known, take in self._takers().items():
            place = self.places.get(known)
            cell = cells[place] if place is not None and place < len(cells) else None
            try:
                taken[known] = take(cell)
            except _Bad as bad:
                column = found.columns.get(known, COLUMNS[known][0])
                found.faults.append(Fault(number, column, bad.why, bad.mend))
        if len(found.faults) > before:
            return None
        draft = Draft(**taken)  # type: ignore[arg-type]  # each taker gives its field's type
        if draft.state != "open" and not (draft.evidence or draft.url):
            column = found.columns.get("evidence", COLUMNS["evidence"][0])
            why = "What is open no more says why: this row has neither evidence nor a link."
            mend = "Write what shows it, or why it was accepted or dropped; or leave it open."
            found.faults.append(Fault(number, column, why, mend))
            return None
        return draft

    def _takers(self) -> dict[str, Callable[[Cell], object]]:
        return {
            "area": self._area,
            "text": _text,
            "found_on": self._day,
            "blocking": _blocking,
            "state": _state,
            "evidence": _evidence,
            "url": _url,
        }

    def _area(self, cell: Cell) -> str:
        text = as_text(cell)
        code = self.names.get(likeness(text))
        if code is not None:
            return code
        mend = (
            "Write one of them: Security, Legal, Finance, Data governance, Privacy and the others."
        )
        if not text:
            raise _Bad("It does not say which function asks this.", mend)
        raise _Bad(f"'{shorten(text)}' is none of the functions.", mend)

    def _day(self, cell: Cell) -> date:
        if not as_text(cell):
            return self.found_on
        try:
            day = read_day(cell, self.order)
        except BadCell as bad:
            raise _Bad(str(bad), "Write the day as 2026-12-24.") from None
        if not EARLIEST <= day <= self.today:
            why = f"{day.isoformat()} is {'to come' if day > self.today else 'too long ago'}."
            raise _Bad(why, "Give the day on which it was found: today or earlier.")
        return day


def _text(cell: Cell) -> str:
    return _words(cell, MAX_TEXT, needed=True)


def _evidence(cell: Cell) -> str:
    return _words(cell, MAX_EVIDENCE)


def _words(cell: Cell, longest: int, *, needed: bool = False) -> str:
    text = as_text(cell)
    if not text:
        if needed:
            why = "It does not say what is asked. A formula counts with the value saved last."
            raise _Bad(why, "Write what is asked, or delete the row.")
        return ""
    if len(text) > longest:
        why = f"At most {longest:,} characters fit here; these are {len(text):,}."
        raise _Bad(why, "Shorten it, and link to the rest.")
    if unseen := refusal(text, lines=True):
        raise _Bad(unseen, "Type the cell again.")
    return text


def _blocking(cell: Cell) -> bool:
    text = likeness(as_text(cell))
    if text not in YES | NO:
        raise _Bad(f"'{shorten(as_text(cell))}' is neither yes nor no.", "Write yes or no.")
    return text in YES


def _state(cell: Cell) -> str:
    text = likeness(as_text(cell))
    if text not in STATES:
        why = f"'{shorten(as_text(cell))}' is no state."
        raise _Bad(why, "Write open, met, accepted risk or dropped.")
    return STATES[text]


def _url(cell: Cell) -> str:
    text = as_text(cell)
    if text and not (URL.fullmatch(text) and text.isprintable()):
        why = f"'{shorten(text)}' is no address of the web."
        raise _Bad(why, "Write it with https:// in front.")
    if len(text) > MAX_URL:
        why = f"At most {MAX_URL} characters fit here; these are {len(text)}."
        raise _Bad(why, "Link to a shorter address.")
    return text
