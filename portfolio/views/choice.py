"""What the reader chose to see on the board: filter, words, site and order, all in the address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from .rows import Row

STATES = ("all", "attention", "no_path", "production", "mine", "archived")
SORTS = ("attention", "week", "money", "name")


@dataclass(frozen=True, slots=True)
class Choice:
    """A view of the board; unknown words in an address fall back to the usual."""

    state: str = "all"
    words: str = ""
    site: str = ""
    sort: str = "attention"

    @classmethod
    def read(cls, query: QueryDict) -> Choice:
        """Return the choice an address asks for."""
        state, sort = query.get("state", "all"), query.get("sort", "attention")
        return cls(
            state=state if state in STATES else "all",
            words=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
            site=query.get("site", "")[:20],
            sort=sort if sort in SORTS else "attention",
        )

    def url(self, **changes: str) -> str:
        """Return the address of this choice with some of it changed."""
        chosen = replace(self, **changes)
        parts = {"state": chosen.state, "q": chosen.words, "site": chosen.site, "sort": chosen.sort}
        usual = {"state": "all", "q": "", "site": "", "sort": "attention"}
        kept = {key: value for key, value in parts.items() if value != usual[key]}
        return f"?{urlencode(kept)}"

    @property
    def narrowed(self) -> bool:
        """Say whether anything hides a pilot."""
        return bool(self.state != "all" or self.words or self.site)


@dataclass(frozen=True, slots=True)
class Option:
    """One link of a filter, a sort order or the sites."""

    key: str
    label: str
    url: str
    on: bool
    count: int | None = None


def found(rows: Iterable[Row], choice: Choice) -> list[Row]:
    """Return the rows that fit the words and the site; archived ones too."""
    words = choice.words.casefold().split()
    return [
        row
        for row in rows
        if (not choice.site or row.pilot.site_code == choice.site) and _holds(row, words)
    ]


def _holds(row: Row, words: Sequence[str]) -> bool:
    pilot = row.pilot
    fields = (
        pilot.name,
        pilot.code,
        pilot.use_case,
        pilot.site_name,
        pilot.vendor_name or "",
        row.sponsor,
        row.lead,
        *(metric.target.name for metric in row.metrics),
    )
    text = " ".join(fields).casefold()
    return all(word in text for word in words)


def in_state(row: Row, state: str) -> bool:
    """Say whether a row belongs to a filter; archived pilots belong to theirs only."""
    if row.pilot.archived_at is not None:
        return state == "archived"
    return {
        "all": True,
        "attention": row.attention,
        "no_path": bool(row.line.lacking),
        "production": row.in_production,
        "mine": row.mine,
        "archived": False,
    }[state]


def ordered(rows: Iterable[Row], sort: str) -> list[Row]:
    """Return rows in the chosen order, the code last so that it is always the same."""
    keys = {
        "attention": lambda row: (not row.attention, not row.late, -row.week, row.pilot.code),
        "week": lambda row: (False, False, -row.week, row.pilot.code),
        "money": lambda row: (row.at_stake is None, False, -(row.at_stake or 0), row.pilot.code),
        "name": lambda row: (False, False, row.pilot.name.casefold(), row.pilot.code),
    }
    return sorted(rows, key=keys[sort])


def states(rows: Sequence[Row], choice: Choice) -> list[Option]:
    """Return the filters with the number of pilots in each.

    Archived ones, and those without a path, only where there are any.
    """
    labels = {
        "all": _("All"),
        "attention": _("Needs attention"),
        "no_path": _("No path"),
        "production": _("Production"),
        "mine": _("My pilots"),
        "archived": _("Archived"),
    }
    options = [
        Option(
            key,
            label,
            choice.url(state=key),
            choice.state == key,
            sum(in_state(row, key) for row in rows),
        )
        for key, label in labels.items()
    ]
    some = {"archived", "no_path"}
    return [entry for entry in options if entry.key not in some or entry.count or entry.on]


def sorts(choice: Choice) -> list[Option]:
    """Return the orders of the board."""
    labels = {
        "attention": _("Attention, then week"),
        "week": _("Week, latest first"),
        "money": _("At stake, most first"),
        "name": _("Name"),
    }
    return [
        Option(key, label, choice.url(sort=key), choice.sort == key)
        for key, label in labels.items()
    ]


def sites(rows: Iterable[Row], choice: Choice) -> list[Option]:
    """Return the sites that have pilots, by name, with one for all of them first."""
    names = {row.pilot.site_code: row.pilot.site_name for row in rows}
    every = Option("", _("All sites"), choice.url(site=""), not choice.site)
    return [every] + [
        Option(code, name, choice.url(site=code), choice.site == code)
        for code, name in sorted(names.items(), key=lambda entry: (entry[1].casefold(), entry[0]))
    ]
