"""Fields and bases of the forms that people fill in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.html import format_html, format_html_join

from . import characters, codes
from .errors import Blocker, Changed, Refused
from .keys import uuid7
from .numerals import THOUSANDS
from .sheets import MAX_BYTES, OLD_EXCEL, ZIP

DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y")
DIGITS = re.compile(r"[-+]?\d+")
MAX_DAYS = 400
# Things to do, each with its link, that are listed at once.
MOST_BLOCKERS = 8
# Wrong lines of one field that are named at once.
MOST_LINES = 20
# What Django says of an answer, in our words; a field's own words stay.
WORDS = {
    "required": "Fill this in.",
    "max_length": "At most %(limit_value)d characters fit here; these are %(show_value)d.",
    "min_value": "This is at least %(limit_value)s.",
    "max_value": "This is at most %(limit_value)s.",
    "max_digits": "At most %(max)s digits fit here.",
    "max_decimal_places": "At most %(max)s digits fit behind the point.",
    "max_whole_digits": "At most %(max)s digits fit before the point.",
    "invalid_choice": "“%(value)s” is not one of the choices.",
    "empty": "The file is empty.",
}
# The first kind of field that fits has these words instead.
WORDS_OF: tuple[tuple[type[forms.Field], dict[str, str]], ...] = (
    (forms.MultipleChoiceField, {"required": "Choose at least one."}),
    (forms.ChoiceField, {"required": "Choose one."}),
    (forms.FileField, {"required": "Choose a file."}),
    (forms.EmailField, {"invalid": "This is not an e-mail address."}),
)


def typed(number: Decimal) -> str:
    """Write a number as a person types it, so that it reads in one way only: 12.345 is 12.3450."""
    text = f"{number.normalize():f}"
    return f"{text}0" if THOUSANDS.match(text) else text


def refuse_two_readings(text: str) -> None:
    """Refuse a number whose one mark may part thousands or decimals, and name both readings."""
    if THOUSANDS.match(text):
        point = text.replace(",", ".")
        words = {"typed": text, "whole": point.replace(".", ""), "parted": typed(Decimal(point))}
        raise ValidationError(
            "%(typed)s can be read two ways: type %(whole)s or %(parted)s.", "two_readings", words
        )


class NumberField(forms.DecimalField):
    """A number typed with a point or a comma: 94,5 is meant as 94.5.

    Where the mark may as well part thousands, as in 2,500, it is refused.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "short"})
    default_error_messages = {
        "invalid": "This is not a number; write 1234.5, without marks for thousands.",
    }

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs' parent
        """Read the number; empty is None."""
        if not isinstance(value, str):
            return super().to_python(value)
        text = value.strip()
        refuse_two_readings(text)
        return super().to_python(
            text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
        )


class WholeField(forms.IntegerField):
    """A whole number, typed in digits alone.

    Django drops “.000” at the end; to who parts thousands by a point, 2.000 is two thousand.
    """

    widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "short"})
    default_error_messages = {"invalid": "This is not a whole number; write it in digits alone."}

    def to_python(self, value: Any) -> int | None:
        """Read the number; empty is None."""
        text = value.strip() if isinstance(value, str) else value
        if isinstance(text, str):
            refuse_two_readings(text)
            if text and not DIGITS.fullmatch(text):
                raise ValidationError(self.error_messages["invalid"], "invalid")
        return super().to_python(text)


class DayField(forms.DateField):
    """One day, chosen from the browser's calendar or typed as 2026-12-24 or 24.12.2026."""

    input_formats = DAY_FORMATS
    default_error_messages = {"invalid": "Write the day as 2026-12-24 or 24.12.2026."}

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=DAY_FORMATS, **options)


class DaysField(forms.Field):
    """A plain list of days, one on a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 5, "class": "short"}), **options)

    def prepare_value(self, value: Any) -> Any:
        """Return days as lines; what was typed stays as it was typed."""
        if isinstance(value, list):
            return "\n".join(day.isoformat() for day in value)
        return value

    def to_python(self, value: Any) -> Any:
        """Return the days; ValidationError names every line that is none."""
        lines = [line.strip() for line in str(value or "").replace(",", "\n").splitlines()]
        days, wrong = [], []
        for line in filter(None, lines):
            try:
                days.append(_day(line))
            except ValidationError as error:
                wrong.append(error)
        if wrong:
            raise ValidationError(wrong[:MOST_LINES])
        if len(days) > MAX_DAYS:
            raise ValidationError(f"At most {MAX_DAYS} days fit here.")
        return days


def _day(text: str) -> date:
    for shape in DAY_FORMATS:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    raise ValidationError(f"“{text[:40]}” is not a day. Write 2026-12-24 or 24.12.2026.")


class TableField(forms.FileField):
    """A file with a table; its rows are read by `common.sheets`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "File")
        options.setdefault(
            "help_text",
            "CSV or XLSX with a header line, up to 16 MB; formulas count with the value that was"
            " saved last.",
        )
        widget = forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"})
        super().__init__(widget=widget, **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Refuse what is too large, or no workbook for all its name, before it is read."""
        file = super().clean(data, initial)
        if file.size > MAX_BYTES:
            raise ValidationError("The file is larger than 16 MB; split it.")
        if file.name.lower().endswith((".xlsx", ".xlsm")) and file.size:
            beginning = file.read(len(ZIP))
            file.seek(0)
            if beginning not in {ZIP, OLD_EXCEL}:
                raise ValidationError("This is not an Excel file.")
        return file


class RowField(forms.ChoiceField):
    """A choice among rows that the form was given; the answer is the row itself."""

    def __init__(self, *, none: str = "Choose", **options: Any) -> None:
        super().__init__(**options)
        self.none = none
        self.rows: dict[str, Any] = {}

    def offer(self, rows: Iterable[Any], *, key: str, label: Callable[[Any], str] = str) -> None:
        """Set what may be chosen. key: the attribute that addresses a row."""
        listed = list(rows)
        self.rows = {str(getattr(row, key)): row for row in listed}
        self.choices = [
            ("", self.none),
            *((str(getattr(row, key)), label(row)) for row in listed),
        ]

    def clean(self, value: Any) -> Any:
        """Return the chosen row, None for none."""
        return self.rows.get(super().clean(value))


def code_shape(code: str) -> None:
    """Refuse a code that cannot stand in an address, as a validator of its field."""
    words = codes.refusal(code)
    if words:
        raise ValidationError(words)


def line_of_text(text: str) -> None:
    """Refuse what nobody can see in a text of one line, as a validator of its field."""
    _refuse_unseen(characters.refusal(text))


def lines_of_text(text: str) -> None:
    """Refuse what nobody can see in a text of several lines, as a validator of its field."""
    _refuse_unseen(characters.refusal(text, lines=True))


def _refuse_unseen(words: str) -> None:
    if words:
        raise ValidationError(words, code="unseen")


def read_plainly(fields: Iterable[forms.Field]) -> None:
    """Let every text hold only what people can see; a NUL is among what they cannot."""
    for field in fields:
        if isinstance(field, forms.CharField):
            several = isinstance(field.widget, forms.Textarea)
            rule = lines_of_text if several else line_of_text
            others = [
                one
                for one in field.validators
                if one is not rule and not isinstance(one, ProhibitNullCharactersValidator)
            ]
            field.validators = [rule, *others]


def speak_plainly(fields: Iterable[forms.Field]) -> None:
    """Put our words in the place of Django's; what a field says in words of its own stays."""
    for field in fields:
        special = next((words for kind, words in WORDS_OF if isinstance(field, kind)), {})
        for code, words in (WORDS | special).items():
            # Django's own words are lazy translations, ours are plain text.
            if not isinstance(field.error_messages.get(code), str):
                field.error_messages[code] = words


def said(refused: Refused) -> str:
    """Return the words of a refusal, with a link for each thing to do first."""
    return with_links(str(refused), refused.blockers)


def with_links(words: str, links: Sequence[Blocker]) -> str:
    """Return words with a link for each of the first things to do, and how many more there are."""
    if not links:
        return words
    item = '<span role="listitem"><a class="lnk" href="{}">{}</a></span>'
    shown = [(one.path, one.words) for one in links[:MOST_BLOCKERS]]
    more = len(links) - len(shown)
    return format_html(
        '{}<span class="firsts" role="list">{}{}</span>',
        words,
        format_html_join("", item, shown),
        format_html('<span role="listitem">and {} more</span>', more) if more else "",
    )


class PlainForm(forms.Form):
    """A form that speaks in our words and takes only text that people can read."""

    def full_clean(self) -> None:
        """Check every answer, whatever fields were added meanwhile."""
        speak_plainly(self.fields.values())
        read_plainly(self.fields.values())
        super().full_clean()


class RuledForm(PlainForm):
    """A form whose action may still refuse."""

    def refuse(self, refused: Refused) -> None:
        """Show the words of a refusal at their field, or above the form."""
        self.add_error(refused.field if refused.field in self.fields else None, said(refused))


class NewForm(RuledForm):
    """A form that creates something once, however often it is sent."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64, initial=uuid7)


class EditForm(RuledForm):
    """A form that changes the version of a row that the person saw."""

    version = WholeField(widget=forms.HiddenInput, min_value=1)
    # What a person does after somebody else changed the row first.
    next_step = "Your answers are kept below; save again to put them there."

    def clash(self, changed: Changed, now: dict[str, Any]) -> None:
        """Keep what was typed, and say at each field what stands there by now.

        now: the row's values as the form's initial. Saving again puts the typed values there.
        """
        self.add_error(None, f"{changed} {self.next_step}")
        for name, value in now.items():
            field = self.fields.get(name)
            if field is None or field.widget.is_hidden or name in self.errors:
                continue
            if not _same(field, self[name].value(), value):
                self.add_error(name, f"By now this is: {_words(field, value) or 'empty'}.")
        posted: Any = self.data
        data = posted.copy()
        for name in now:
            if name in self.fields and self.fields[name].widget.is_hidden:
                data[name] = str(now[name])
        self.data = data


def _same(field: forms.Field, typed: Any, now: Any) -> bool:
    """Return whether an answer as it was typed means what stands in the row by now."""
    if isinstance(field, forms.MultipleChoiceField):
        return {str(one) for one in typed or ()} == {str(one) for one in now or ()}
    if isinstance(field, forms.ChoiceField):
        return str(typed or "") == str(now or "")
    return (field.to_python(typed) or None) == (field.to_python(field.prepare_value(now)) or None)


def _words(field: forms.Field, now: Any) -> str:
    """Return what stands in a row by now, as a person would read it."""
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        chosen = {str(one) for one in (now if isinstance(now, list) else [now])}
        return ", ".join(str(label) for value, label in choices if str(value) in chosen)
    return ", ".join(str(field.prepare_value("" if now is None else now)).splitlines())
