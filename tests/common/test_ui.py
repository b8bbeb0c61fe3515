"""The page frame and the shared pieces, rendered without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory

from common.templatetags import ui

SOURCES = [
    path
    for folder in ("templates", "static")
    for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*"))
    # A mail is read in a mail program, which loads no style sheet.
    if path.suffix in {".html", ".css", ".js", ".svg"} and path.parent.name != "email"
]


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_no_context_and_say_the_next_step(name):
    page = render_to_string(f"{name}.html")

    assert "Week Twelve" in page
    assert "To the start" in page
    assert page.count("<h1") == 1


def test_the_frame_shows_only_what_the_person_may_open():
    shell = {
        "tenant": {"slug": "acme", "name": "Acme <Castings>"},
        "tenants": [{"slug": "acme", "name": "Acme <Castings>"}],
        "member": {"name": "Reader", "initials": "RE", "roles_text": "Reader"},
        "nav": [
            {
                "key": "portfolio",
                "label": "Portfolio",
                "url": "/t/acme/",
                "icon": "grid",
            }
        ],
        "theme": "dark",
    }

    page = render_to_string(
        "base.html",
        {"shell": shell, "nav_current": "portfolio"},
        RequestFactory().get("/t/acme/"),
    )

    assert 'data-theme="dark"' in page
    assert "Acme &lt;Castings&gt;" in page
    assert page.count('href="/t/acme/" aria-current="page"') == 2
    assert "Settings" not in page
    assert "X-CSRFToken" in page


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_file_asks_for_what_the_content_policy_refuses(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(
        r"\sstyle=|\son[a-z]+=\"|hx-on|hx-vals=.js:|data:[a-z]+/|javascript:", text
    )
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style", text)
    assert not re.search(r"(src|href|url\()=?[\"']?https?://", text)


@pytest.mark.parametrize("code", [*ui.CHIPS, *ui.WATCHES])
def test_every_chip_carries_a_word_and_a_shape(code):
    tag = "chip" if code in ui.CHIPS else "watch"
    word = (ui.CHIPS | ui.WATCHES)[code][0]

    page = (
        engines["django"]
        .from_string(f'{{% load ui %}}{{% {tag} "{code}" why %}}')
        .render({"why": 'because "x" < y'})
    )

    assert word in page
    assert "<svg" in page
    assert "because &quot;x&quot; &lt; y" in page


def test_a_watch_never_looks_like_a_verdict():
    looks = {tone.split()[0] for _, _, tone in ui.WATCHES.values()}

    assert looks == {"watch"}
    assert not looks & {tone for _, _, tone in ui.CHIPS.values()}


def test_own_script_and_styles_keep_their_budget():
    script = Path(settings.BASE_DIR) / "static/js/app.js"

    assert script.stat().st_size < 8_000
