"""Which characters a typed text may hold: those that people can see and tell apart."""

from __future__ import annotations

import unicodedata

LINES = frozenset("\n\r\t")
# Zero width non-joiner and joiner: Persian and Indic spelling needs them inside a word.
JOINERS = frozenset("\u200c\u200d")
# Blank although Unicode counts them among letters, marks and symbols.
BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp"})
UNKNOWN = frozenset({"Cn", "Co", "Cs"})
UNFIT = INVISIBLE | UNKNOWN
NAMES = {"\n": "line break", "\r": "line break", "\t": "tab"}
MOST_SHOWN, MOST_BEFORE = 40, 20


def refusal(text: str, *, lines: bool = False) -> str:
    """Return why a text cannot be taken, naming the first wrong character; empty when it can.

    lines: line breaks and tabs are fine, as in a text of several lines.
    """
    wrong = [place for place in range(len(text)) if not _is_fine(text, place, lines=lines)]
    if wrong:
        return _words(text, wrong)
    if text and not shows(text):
        return "Nobody could see this. Write at least one letter or digit."
    return ""


def shows(text: str) -> bool:
    """Tell whether people see anything of a text: one character at least that shows by itself."""
    return any(_is_seen(character) for character in text)


def likeness(name: str) -> str:
    """Return what names have in common that people take for one: no case, single blanks."""
    plain = unicodedata.normalize("NFKC", name).translate(dict.fromkeys(map(ord, JOINERS)))
    return " ".join(plain.casefold().split())


def _is_fine(text: str, place: int, *, lines: bool) -> bool:
    character = text[place]
    if character in LINES:
        return lines
    if character in JOINERS:
        return 0 < place < len(text) - 1 and _joins(text[place - 1]) and _joins(text[place + 1])
    return character not in BLANK and unicodedata.category(character) not in UNFIT


def _joins(character: str) -> bool:
    """Tell whether a joiner may stand beside a character: a letter or a mark of one."""
    return unicodedata.category(character)[0] in "LM"


def _is_seen(character: str) -> bool:
    """Tell whether a character shows by itself: no blank, no mark on another, nothing unseen."""
    if character in BLANK or character.isspace():
        return False
    return unicodedata.category(character)[0] not in "CMZ"


def _words(text: str, wrong: list[int]) -> str:
    """Return what is wrong with a text and where, without repeating what nobody can see."""
    shown = _shown(text, wrong)
    before = _shown(text[: wrong[0]], [])
    where = f"after “{before[-MOST_BEFORE:]}”" if before else "at its start"
    begins = f"“{shown[:MOST_SHOWN]}” has" if shown else "This has"
    return f"{begins} {_named(text[wrong[0]])} {where}. Type it again."


def _shown(text: str, wrong: list[int]) -> str:
    left_out = set(wrong)
    kept = (one for place, one in enumerate(text) if place not in left_out)
    return " ".join("".join(kept).split())


def _named(character: str) -> str:
    """Return a character in words: an invisible character (zero width space)."""
    number = f"U+{ord(character):04X}"
    if unicodedata.category(character) in UNKNOWN:
        return f"a character that nobody knows ({number})"
    name = NAMES.get(character) or unicodedata.name(character, "").lower()
    return f"an invisible character ({name or f'control character {number}'})"
