"""Walking pages as a person does without script: links are followed, forms are filled in and sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import strip_tags

# The key of a thing in its address.
KEY = "[0-9a-f-]{36}|own_[0-9]+|[0-9]+"
# An answer: the first that a field offers, or the second.
FIRST, SECOND = "<first>", "<second>"


@dataclass(frozen=True)
class Way:
    """A page or a button of the product, as an address with `{key}` where the thing's key stands.

    answers: what a person types; a name that ends in `*` is typed into every field of that beginning.
    """

    address: str
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Form:
    """A form of a page: where it is sent to, its names with what they begin with, and its choices."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    offers: dict[str, list[str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.action.split("?")[0]


class Page(HTMLParser):
    """The links of a page and the forms that it posts, as a browser without script reads them."""

    def __init__(self, address: str, body: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.forms: list[Form] = []
        self._address, self._area, self._select = address, "", ""
        self._inside: Form | None = None
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.add(given.get("href", "").split("?")[0].split("#")[0])
        if tag == "form":
            action = given.get("action") or self._address
            self._inside = Form(action)
            if given.get("method") == "post":
                self.forms.append(self._inside)
        if self._inside is not None:
            self._take(self._inside, tag, given)

    def _take(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "option" and self._select:
            form.offers[self._select].append(given.get("value", ""))
            if "selected" in given:
                form.values[self._select] = [given.get("value", "")]
        elif not name or tag not in {"input", "select", "textarea"}:
            return
        elif tag == "select":
            self._select = name
            form.offers[name] = []
            form.values[name] = []
        elif tag == "textarea":
            self._area = name
            form.values[name] = [""]
        else:
            began = form.values.setdefault(name, [])
            if kind in {"radio", "checkbox"}:
                form.offers.setdefault(name, []).append(given.get("value", "on"))
                began += [given.get("value", "on")] if "checked" in given else []
            elif kind != "file":
                began.append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area and self._inside is not None:
            self._inside.values[self._area][0] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        if tag == "textarea":
            self._area = ""
        if tag == "select" and self._inside is not None:
            values, offers = self._inside.values, self._inside.offers
            values[self._select] = values[self._select] or offers[self._select][:1]
            self._select = ""


def begun(client: Client, address: str) -> dict[str, Any]:
    """Return what the form of a page begins with; nothing where there is none."""
    return begins(address, client.get(address))


def begins(address: str, answer: Any) -> dict[str, Any]:
    """Return what the form of an answered page would send as it stands."""
    forms = Page(address, answer.content.decode()).forms
    return next((dict(one.values) for one in forms if one.path == address), {})


@dataclass
class Walker:
    """A member before the pages."""

    client: Client

    def open(self, address: str) -> Page:
        answer = self.client.get(address, follow=True)
        assert answer.status_code == 200, (address, answer.status_code)
        asked = answer.request["QUERY_STRING"]
        here = answer.request["PATH_INFO"] + (f"?{asked}" if asked else "")
        return Page(here, answer.content.decode())

    def words(self, address: str) -> str:
        body = self.client.get(address).content.decode()
        return " ".join(unescape(strip_tags(body.replace("<", " <"))).split())

    def keys(self, pages: list[str], pattern: str) -> set[str]:
        """Return the keys of the things that links and buttons of pages lead to."""
        found = set()
        for page in map(self.open, pages):
            for address in page.links | {form.path for form in page.forms}:
                match = re.fullmatch(re.escape(pattern).replace(r"\{key\}", f"({KEY})"), address)
                found |= {match[1]} if match else set()
        return found

    def go(self, pages: list[str], way: Way) -> None:
        """Find the way on one of the pages: press its button, or follow its link and fill the form."""
        for address in pages:
            page = self.open(address)
            forms = [one for one in page.forms if one.path == way.address]
            if forms and (way.address != address or not way.answers):
                return self.send(forms[0], way.answers)
            if way.address in page.links or way.address == address:
                return self.send(self._form_of(way.address), way.answers)
        raise AssertionError(f"no link and no button to {way.address} on {pages}")

    def _form_of(self, address: str) -> Form:
        forms = [one for one in self.open(address).forms if one.path == address]
        assert len(forms) == 1, (address, forms)
        return forms[0]

    def send(self, form: Form, answers: Mapping[str, Any]) -> None:
        """Send a form with what it begins with and some answers; it is taken."""
        began: dict[str, Any] = {name: value for name, value in form.values.items() if value}
        sent = began | dict(typed(form, answers))
        answer = self.client.post(form.action, sent)
        said = " ".join(strip_tags(answer.content.decode()).split())
        assert answer.status_code == 302, (form.action, answer.status_code, said[-3000:])
        after = self.client.get(answer["Location"])
        assert not re.search('id="notes"[^>]*><div class="note bad', after.content.decode())


def typed(form: Form, answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return what is typed into which field; every field that is named stands in the form."""
    for asked, value in answers.items():
        if asked.endswith("*"):
            names = [name for name in form.values if name.startswith(asked[:-1])]
        else:
            names = [asked]
        assert names and (set(names) <= set(form.values) or asked == "file"), (asked, form)
        for name in names:
            if value in (FIRST, SECOND):
                offered = [one for one in form.offers[name] if one]
                yield name, offered[[FIRST, SECOND].index(value)]
            elif isinstance(value, tuple):
                yield name, SimpleUploadedFile(*value)
            else:
                yield name, value
