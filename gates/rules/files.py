"""Which files may stand as evidence: told by what is in them, never by their name alone.

Source: docs/rules/gates.md, "Files".
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

MAX_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 120


def _begins(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(beginnings)


def _office(part: str) -> Callable[[bytes], bool]:
    """Look for the main part of an Office document, by the list of its parts alone.

    Nothing is unpacked, so that no bomb goes off. A document with macros is none of these.
    Source: ECMA-376 Part 2, Open Packaging Conventions.
    """

    def holds(content: bytes) -> bool:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as document:
                parts = set(document.namelist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
        macros = any(name.lower().endswith("vbaproject.bin") for name in parts)
        return {"[Content_Types].xml", part} <= parts and not macros

    return holds


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not any(
        unicodedata.category(letter) == "Cc" and letter not in "\t\r\n\f" for letter in text
    )


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file that is taken. is_one: whether a content is of it."""

    name: str
    mime: str
    endings: tuple[str, ...]
    is_one: Callable[[bytes], bool]


_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = (
    FileKind("PDF", "application/pdf", (".pdf",), _begins(b"%PDF-")),
    FileKind("PNG", "image/png", (".png",), _begins(b"\x89PNG\r\n\x1a\n")),
    FileKind("JPEG", "image/jpeg", (".jpg", ".jpeg"), _begins(b"\xff\xd8\xff")),
    FileKind("XLSX", f"{_OFFICE}spreadsheetml.sheet", (".xlsx",), _office("xl/workbook.xml")),
    FileKind(
        "DOCX", f"{_OFFICE}wordprocessingml.document", (".docx",), _office("word/document.xml")
    ),
    FileKind(
        "PPTX",
        f"{_OFFICE}presentationml.presentation",
        (".pptx",),
        _office("ppt/presentation.xml"),
    ),
    FileKind("CSV", "text/csv; charset=utf-8", (".csv",), _is_text),
    FileKind("TXT", "text/plain; charset=utf-8", (".txt",), _is_text),
)
ENDINGS = tuple(ending for kind in KINDS for ending in kind.endings)
NAMES = f"{', '.join(kind.name for kind in KINDS[:-1])} or {KINDS[-1].name}"
TOO_LARGE = "The file is larger than 10 MB. Link to where your company keeps it instead."


def plain_name(name: str) -> str:
    """Return a file's name as people read it: its last part, without what cannot be seen."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip(" .")
    stem, dot, ending = seen.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"[-LONGEST_NAME:]


def kind_of(name: str) -> FileKind | None:
    """Return the kind that a file's name promises; None for one that is not taken."""
    return next((kind for kind in KINDS if name.lower().endswith(kind.endings)), None)


def file_refusal(*, name: str, content: bytes) -> str:
    """Return why a file cannot stand as evidence, in words; empty when it can.

    name: as `plain_name` returns it.
    """
    kind = kind_of(name)
    if kind is None:
        return f"Files of this kind are not taken: {NAMES}."
    if not content:
        return "The file is empty."
    if len(content) > MAX_BYTES:
        return TOO_LARGE
    if kind.is_one(content):
        return ""
    if kind.is_one is _is_text:
        return f"The file is called {kind.name}, but it is no text in UTF-8: save it as that."
    return (
        f"The file is called {kind.name}, but its content is none, or it has macros:"
        f" save it as {kind.name} again."
    )
