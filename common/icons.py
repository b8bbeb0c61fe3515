"""A small stroke icon set drawn for this product (16 x 16, currentColor)."""

from __future__ import annotations

from functools import lru_cache
from html import escape

# Path data of each icon, by the name templates use.
PATHS: dict[str, str] = {
    "check": '<path d="M3.5 8.5l3 3 6-7"/>',
    "cross": '<path d="M4.5 4.5l7 7m0-7l-7 7"/>',
    "dash": '<path d="M4 8h8"/>',
    "wave": '<path d="M2.5 9c1.4-3.2 2.7-3.2 4 0s2.6 3.2 4 0 2-2.4 3-1"/>',
    "up": '<path d="M4.5 11.5l7-7m-5.5 0h5.5v5.5"/>',
    "down": '<path d="M4.5 4.5l7 7m-5.5 0h5.5v-5.5"/>',
    "tri": '<path d="M8 2.8l5.7 10H2.3z"/><path d="M8 6.5v3m0 1.7v.1"/>',
    "clock": '<circle cx="8" cy="8" r="5.7"/><path d="M8 4.8V8l2.2 1.6"/>',
    "ask": '<circle cx="8" cy="8" r="5.7"/><path d="M6.3 6.4c.1-2.3 3.5-2.2 3.5-.1 0 1.3-1.8 1.3-1.8 2.6m0 1.9v.1"/>',
    "search": '<circle cx="7" cy="7" r="4.3"/><path d="M10.2 10.2l3.3 3.3"/>',
    "sun": '<circle cx="8" cy="8" r="2.8"/><path d="M8 1.5v1.7m0 9.6v1.7M1.5 8h1.7m9.6 0h1.7M3.4 3.4l1.2 1.2m6.8 6.8l1.2 1.2m0-9.2l-1.2 1.2m-6.8 6.8l-1.2 1.2"/>',
    "chev": '<path d="M6 3.5L10.5 8 6 12.5"/>',
    "chevdown": '<path d="M3.5 6L8 10.5 12.5 6"/>',
    "doc": '<path d="M4 1.8h5.5L12.5 5v9.2H4zM9.3 1.8V5.2h3.2"/>',
    "link": '<path d="M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 0 0-3.7-3.7l-.9.9m1.3 2.4a2.6 2.6 0 0 0-3.7 0L3.4 8.9a2.6 2.6 0 0 0 3.7 3.7l.9-.9"/>',
    "person": '<circle cx="8" cy="5.2" r="2.7"/><path d="M2.9 13.8c.5-3 2.4-4.4 5.1-4.4s4.6 1.4 5.1 4.4"/>',
    "noperson": '<circle cx="7" cy="5.2" r="2.7"/><path d="M1.9 13.8c.5-3 2.4-4.4 5.1-4.4m4.2.8l3.3 3.3m0-3.3l-3.3 3.3"/>',
    "bell": '<path d="M3 11.7h10c-1.2-1.1-1.5-2.2-1.5-4.5 0-2.6-1.3-4-3.5-4s-3.5 1.4-3.5 4c0 2.3-.3 3.4-1.5 4.5zm3.6 1.5c.5 1 2.3 1 2.8 0"/>',
    "lock": '<rect x="3.5" y="7" width="9" height="6.5" rx="1.2"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
    "sync": '<path d="M13 5.5A5.4 5.4 0 0 0 3.3 5M3 2.5V5.3h2.8M3 10.5A5.4 5.4 0 0 0 12.7 11m.3 2.5v-2.8h-2.8"/>',
    "print": '<path d="M4.5 5.5V2h7v3.5M4.5 11.5H2.5v-6h11v6h-2M4.5 9.5h7V14h-7z"/>',
    "more": '<path d="M3.5 8v.1M8 8v.1M12.5 8v.1"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "flag": '<path d="M4 14V2.5h7.5l-1.7 3 1.7 3H4"/>',
    "offline": '<path d="M2 2l12 12M2 6.5a9 9 0 0 1 3-1.8m3.5-.6A9 9 0 0 1 14 6.5M4.3 9a5.5 5.5 0 0 1 3-1.5m2.9.7A5.5 5.5 0 0 1 11.7 9M8 12v.1"/>',
    "mail": '<path d="M2.5 3.5h11v9h-11zm0 .8L8 8.8l5.5-4.5"/>',
    "chat": '<path d="M2.5 3h11v8H7l-3 2.7V11H2.5z"/>',
    "cal": '<rect x="2.5" y="3.5" width="11" height="10" rx="1"/><path d="M2.5 6.7h11M5.5 2v3m5-3v3"/>',
    "grid": '<path d="M2.5 2.5h4.5v4.5h-4.5zm6.5 0h4.5v4.5h-4.5zm-6.5 6.5h4.5v4.5h-4.5zm6.5 0h4.5v4.5h-4.5z"/>',
    "key": '<circle cx="5" cy="11" r="2.7"/><path d="M7 9l6-6m-2 2l2 2m-4 0l1.5 1.5"/>',
    "half": '<circle cx="8" cy="8" r="5.2"/><path class="solid" d="M8 2.8a5.2 5.2 0 0 1 0 10.4z"/>',
    "moon": '<path d="M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z"/>',
    "screen": '<path d="M2 3h12v8H2zM6 14h4m-2-3v3"/>',
    "upload": '<path d="M8 10.5V2.5m-3 3l3-3 3 3M2.5 10.5v3h11v-3"/>',
    "download": '<path d="M8 2.5v8m-3-3l3 3 3-3M2.5 10.5v3h11v-3"/>',
    "metric": '<path d="M2.5 13.5v-11m0 11h11M4.5 10.5l2.5-3.5 2.5 2L13 4"/>',
    "pulse": '<path d="M1.8 8.5h3L6.5 4l3 8 1.6-3.5h3.1"/>',
    "site": '<path d="M2.5 13.5v-6l3.5 2v-2l3.5 2v-7h4v11z"/>',
    "vendor": '<path d="M2.5 5.5h11v8h-11zM5.5 5.5V3h5v2.5"/>',
    "gear": '<circle cx="8" cy="8" r="2.2"/><path d="M8 1.8v2m0 8.4v2M1.8 8h2m8.4 0h2M3.6 3.6L5 5m6 6l1.4 1.4m0-8.8L11 5m-6 6l-1.4 1.4"/>',
    "out": '<path d="M6.5 2.5h-4v11h4M10 5l3 3-3 3m3-3H6"/>',
    "edit": '<path d="M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z"/>',
    "archive": '<path d="M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 8.5h3"/>',
    "copy": '<path d="M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3"/>',
    "back": '<path d="M10 3.5L5.5 8 10 12.5"/>',
    "watchusual": '<path d="M2.5 3h11m-11 10h11"/><circle fill="currentColor" cx="8" cy="8" r="1.7"/>',
    "watchbetter": '<path d="M2.5 8.5h11m-11 5h11"/><path fill="currentColor" d="M8 1.6L10.4 4 8 6.4 5.6 4z"/>',
    "watchworse": '<path d="M2.5 2.5h11m-11 5h11"/><path fill="currentColor" d="M8 10l2.6 4.2H5.4z"/>',
    "keyboard": '<rect x="1.5" y="4" width="13" height="8" rx="1.2"/><path d="M4 6.7v.1m2.7-.1v.1m2.7-.1v.1m2.6-.1v.1M5 9.5h6"/>',
}


@lru_cache(maxsize=512)
def icon(name: str, size: int = 16, label: str = "") -> str:
    """Return one icon as inline SVG text; unknown names raise KeyError.

    size: width and height in CSS pixels. label: what it says to a screen reader; without one
    the icon is decoration and hidden, because a word stands beside it.
    """
    a11y = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg class="ic" width="{int(size)}" height="{int(size)}" viewBox="0 0 16 16" fill="none" '
        f'stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" '
        f"{a11y}>{PATHS[name]}</svg>"
    )
