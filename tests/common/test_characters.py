"""What a typed text may hold, and that no form forgets to ask."""

from __future__ import annotations

import unicodedata
from types import ModuleType
from typing import Any

import pytest
from django import forms

import metrics.forms.editing
import metrics.forms.imports
import portfolio.forms
import tenants.forms
from common import characters
from common.characters import MOST_SHOWN
from metrics.models import Metric
from tenants.models import Person

MODULES = [portfolio.forms, tenants.forms, metrics.forms.editing, metrics.forms.imports]
UNSEEN = "Line\u200b 3"
WORDS = "“Line 3” has an invisible character (zero width space) after “Line”. Type it again."


@pytest.mark.parametrize(
    ("text", "is_seen"),
    [
        ("a", True),
        (" a", True),
        ("\u202ea", True),
        ("ü", True),
        ("", False),
        (" ", False),
        ("\u00a0\u3000", False),
        ("\u202e", False),
        ("\u3164", False),
        ("\u2800", False),
        ("\u0301", False),
        ("\ue000", False),
    ],
)
def test_a_text_shows_when_one_of_its_characters_does(text: str, is_seen: bool) -> None:
    assert characters.shows(text) is is_seen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plant Lyon",
        "Zürich, Œuvre & Søn (3)",
        "e\u0301tape",  # a mark on a letter
        "北京工厂",
        "مصنع",
        "می\u200cروم",  # a joiner between letters
        "क\u094d\u200dष",  # after a mark of a letter
        "7",
        "€",
    ],
)
def test_a_text_that_people_can_read_is_taken(text: str) -> None:
    assert characters.refusal(text) == ""
    assert characters.refusal(text, lines=True) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (UNSEEN, WORDS),
        ("\u202eenil", "“enil” has an invisible character (right-to-left override) at its start."),
        ("soft\u00adly", "“softly” has an invisible character (soft hyphen) after “soft”."),
        ("a\x07b", "“ab” has an invisible character (control character U+0007) after “a”."),
        ("a\u2028b", "“ab” has an invisible character (line separator) after “a”."),
        ("a\u2029b", "“ab” has an invisible character (paragraph separator) after “a”."),
        ("a\ue000b", "“ab” has a character that nobody knows (U+E000) after “a”."),
        ("a\ud800b", "“ab” has a character that nobody knows (U+D800) after “a”."),
        ("a\u0378b", "“ab” has a character that nobody knows (U+0378) after “a”."),
        ("a\u3164b", "“ab” has an invisible character (hangul filler) after “a”."),
        ("\u200d", "This has an invisible character (zero width joiner) at its start."),
        ("\u200dab", "“ab” has an invisible character (zero width joiner) at its start."),
        ("ab\u200c", "“ab” has an invisible character (zero width non-joiner) after “ab”."),
        ("Line\u200d 3", "“Line 3” has an invisible character (zero width joiner) after “Line”."),
        ("Line 3\u200d4", "“Line 34” has an invisible character (zero width joiner) after"),
        ("   ", "Nobody could see this. Write at least one letter or digit."),
        ("\u0301\u0302", "Nobody could see this."),
    ],
)
def test_a_text_with_what_nobody_can_see_is_refused_in_words(text: str, words: str) -> None:
    assert characters.refusal(text).startswith(words)
    assert characters.refusal(text, lines=True).startswith(words)


@pytest.mark.parametrize(
    ("text", "name"), [("a\nb", "line break"), ("a\r\nb", "line break"), ("a\tb", "tab")]
)
def test_lines_and_tabs_are_for_texts_of_several_lines(text: str, name: str) -> None:
    assert characters.refusal(text, lines=True) == ""
    assert f"an invisible character ({name}) after “a”" in characters.refusal(text)


def test_a_long_text_is_named_by_its_beginning_and_the_place_by_what_stands_before() -> None:
    assert characters.refusal("x" * 60 + "y" * 30 + "\u200b") == (
        f"“{'x' * 40}” has an invisible character (zero width space) after “{'y' * 20}”."
        " Type it again."
    )


def test_no_character_of_the_forbidden_kinds_is_taken() -> None:
    forbidden = [
        chr(number)
        for number in range(0x110000)
        if unicodedata.category(chr(number)) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
        and chr(number) not in "\u200c\u200d"
    ]

    taken = [
        f"U+{ord(character):04X}"
        for start in range(0, len(forbidden), MOST_SHOWN - 1)
        for together in [forbidden[start : start + MOST_SHOWN - 1]]
        # The words repeat a text without what is wrong in it: here they leave the letters between.
        if not characters.refusal(f"a{'a'.join(together)}a").startswith(
            f"“{'a' * (len(together) + 1)}” has "
        )
        for character in together
        if not characters.refusal(f"a{character}b")
    ]

    assert len(forbidden) > 900_000
    assert taken == []


def form_classes() -> list[type[forms.Form]]:
    """Return every form of the product that is filled in."""
    return [
        kind
        for module in MODULES
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, forms.Form) and is_of(module, kind)
    ]


def is_of(module: ModuleType, kind: type[forms.Form]) -> bool:
    """Tell whether a form is defined in a module and is no page of signing in."""
    account = any(base.__module__.startswith("allauth") for base in kind.__mro__)
    return kind.__module__ == module.__name__ and not account


def arguments(kind: type[forms.Form]) -> dict[str, Any]:
    """Return what a form is made with besides its answers."""
    metric = Metric(kind=Metric.Kind.RATIO, unit="share", direction="down")
    needed: dict[str, dict[str, Any]] = {
        "InviteForm": {"people": Person.objects.none()},
        "MetricFields": {"kind": metric.kind},
        "NewMetricForm": {"kind": metric.kind},
        "MetricForm": {"metric": metric, "measured": False},
        "DefinitionForm": {"kind": metric.kind},
        "TargetFields": {"metric": metric, "currency": "EUR"},
        "NewTargetForm": {"metric": metric, "currency": "EUR"},
        "TargetForm": {"metric": metric, "currency": "EUR"},
        "ColumnsForm": {"header": [], "metrics": [], "sources": []},
    }
    return needed.get(kind.__name__, {})


@pytest.mark.parametrize("kind", form_classes(), ids=lambda kind: kind.__name__)
def test_every_text_of_every_form_refuses_what_nobody_can_see(
    kind: type[forms.Form], acme: int
) -> None:
    texts = {
        name
        for name, field in kind(**arguments(kind)).fields.items()
        if isinstance(field, forms.CharField)
    }
    several = {name for name in texts if isinstance(kind.base_fields[name].widget, forms.Textarea)}

    odd = kind(data=dict.fromkeys(texts, UNSEEN), **arguments(kind)).errors
    lined = kind(data=dict.fromkeys(texts, "Line\n3"), **arguments(kind)).errors

    assert {name for name in texts if WORDS not in odd.get(name, [])} == set()
    assert {name for name in texts if "(line break)" in str(lined.get(name))} == texts - several


def test_the_walk_over_the_forms_finds_their_texts(acme: int) -> None:
    found = {
        f"{kind.__name__}.{name}"
        for kind in form_classes()
        for name, field in kind.base_fields.items()
        if isinstance(field, forms.CharField) and name != "key"
    }

    assert {
        "NewSiteForm.name", "VendorForm.contact", "NewPersonForm.job_title", "PilotForm.goal",
        "NewPilotForm.code", "NewSourceForm.name", "NewMetricForm.numerator",
        "MetricForm.other_unit", "DefinitionForm.reason", "InviteForm.name", "TokenForm.name",
    } <= found  # fmt: skip
