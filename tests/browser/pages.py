"""What every browser test asks of a page: quiet console, no violation, no sideways scrolling."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

RESULTS = Path(__file__).parents[2] / "test-results"
# A rule that threw is undecided as a whole: it names its error, and no element.
AXE_RUN = """async rules => {
  const found = await axe.run({runOnly: rules, resultTypes: ["violations"]});
  const broken = found.incomplete.filter(one => one.error);
  return {
    violations: found.violations,
    broken: broken.map(({id, message, errorNode}) => `${id}: ${message} at ${errorNode?.source}`),
  };
}"""
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TIMEOUT = 30_000  # milliseconds, as Playwright's own
# Desk, tablet and phone.
LOOKS = [(width, theme) for width in (1440, 834, 390) for theme in ("light", "dark")]
SMALLEST = (320, "light")


@dataclass
class Windows:
    """Windows left by tests that are over, for the next: to make one costs more than most pages.

    A window that comes back keeps no cookie, nothing stored and no page.
    """

    browser: Browser
    base: str
    idle: dict[tuple[bool, bool], list[Page]] = field(default_factory=lambda: defaultdict(list))

    def take(self, touch: bool, script: bool) -> Page:
        """Return an empty window of one kind."""
        waiting = self.idle[touch, script]
        return waiting.pop() if waiting else self.make(touch, script)

    def make(self, touch: bool, script: bool) -> Page:
        """Return a window that nobody used."""
        context = self.browser.new_context(
            base_url=self.base,
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce",
            java_script_enabled=script,
            locale="en-GB",
        )
        return context.new_page()

    def bring_back(self, page: Page, kind: tuple[bool, bool] | None) -> None:
        """Empty a window and keep it, two of a kind; one of no kind is closed."""
        if kind is None or len(self.idle[kind]) == 2:
            page.context.close()
            return
        page.context.clear_cookies()
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.mouse.move(0, 0)
        page.goto("about:blank")
        page.set_default_timeout(TIMEOUT)
        self.idle[kind].append(page)


@dataclass
class Visitor:
    """One person's browser windows; collects what went wrong while they used them.

    Every test ends with `check_quiet`, which the `visitor` fixture calls.
    """

    windows: Windows
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    opened: list[tuple[Page, tuple[bool, bool] | None]] = field(default_factory=list)

    def open(
        self,
        path: str,
        *,
        cookies: dict[str, str] | None = None,
        width: int = 1440,
        theme: str = "light",
        script: bool = True,
        shared: bool = True,
    ) -> Page:
        """Open a path in an empty window; cookies: by name, such as the session of a member.

        shared: other tests may have used the window, and the next may after this one.
        """
        kind = is_touched(width), script
        page = self.windows.take(*kind) if shared else self.windows.make(*kind)
        self.opened.append((page, kind if shared else None))
        for name, value in (cookies or {}).items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.windows.base}])
        show(page, width, theme)
        page.on("console", self._heard)
        page.on("pageerror", self._failed)
        page.goto(path)
        return page

    def looks(
        self, path: str, looks: Iterable[tuple[int, str]], *, cookies: dict[str, str] | None = None
    ) -> Iterator[tuple[Page, int, str]]:
        """Show a page in each look, with its width and theme.

        It is loaded for a mouse and for a finger; size and theme of a loaded page are changed.
        """
        for _, alike in groupby(looks, key=lambda look: is_touched(look[0])):
            page: Page | None = None
            for width, theme in alike:
                if page:
                    show(page, width, theme)
                else:
                    page = self.open(path, cookies=cookies, width=width, theme=theme)
                yield page, width, theme
            self.close()

    def faults(
        self,
        path: str,
        *,
        name: str,
        cookies: dict[str, str] | None = None,
        looks: Iterable[tuple[int, str]] = LOOKS,
    ) -> list[str]:
        """Return what is wrong with a page in its looks: violations, and what leaves the window.

        The smallest phone, on which it need only fit, comes last.
        """
        found: list[str] = []
        for page, width, theme in self.looks(path, [*looks, SMALLEST], cookies=cookies):
            shoot(page, f"{name}-{width}-{theme}")
            wrong = sideways(page) + (axe(page) if (width, theme) != SMALLEST else [])
            found += [f"{width} {theme}: {one}" for one in wrong]
        return found

    def expect(self, pattern: str) -> None:
        """Allow console errors that match, where a test provokes one (a 404, a stopped server)."""
        self.expected.append(pattern)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(re.search(p, message.text) for p in self.expected):
            self.problems.append(f"console at {message.location.get('url')}: {message.text}")

    def _failed(self, error: Error) -> None:
        self.problems.append(f"script error: {error}")

    def close(self) -> None:
        """Leave every window."""
        while self.opened:
            page, kind = self.opened.pop()
            page.remove_listener("console", self._heard)
            page.remove_listener("pageerror", self._failed)
            self.windows.bring_back(page, kind)

    def check_quiet(self) -> None:
        """Fail on console errors, policy violations and script errors of all windows."""
        assert not self.problems, "\n".join(self.problems)


def is_touched(width: int) -> bool:
    """Say whether a window of this width belongs to a tablet or phone."""
    return width < 1000


def show(page: Page, width: int, theme: str) -> None:
    """Give a window a size and its device a theme."""
    page.set_viewport_size({"width": width, "height": 844 if is_touched(width) else 900})
    page.emulate_media(media="null", color_scheme="dark" if theme == "dark" else "light")


@cache
def _axe_script() -> str:
    return resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")


def axe(page: Page) -> list[str]:
    """Return the accessibility violations of a page in words; empty when there are none.

    The script text is evaluated over the debugging protocol, so the content policy stays on. Only
    violations leave the page, and rules that broke off: what passed is a thousand elements
    described. Elements that a rule could not judge, such as text in a chart, are left to people.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe_script())
    found = page.evaluate(AXE_RUN, AXE_RULES)
    wrong = [
        f"{page.url} {one['id']} ({one['impact']}): {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    return wrong + [f"{page.url} was not judged by {one}" for one in found["broken"]]


def sideways(page: Page) -> list[str]:
    """Return what makes a page wider than its window; empty when it fits."""
    wide = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.querySelectorAll("body *")]
            .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll"))
            .slice(0, 5).map(e => `${e.tagName}.${e.getAttribute("class")}`)
            .concat(`${document.documentElement.scrollWidth - width} px too wide`);
        }"""
    )
    return [f"{page.url}: {one}" for one in wide]


def sheets(page: Page) -> int:
    """Return on how many sheets of A4 a page prints; Chromium alone can say, without a window."""
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    return len(re.findall(rb"/Type\s*/Page\b", printed))


def shoot(page: Page, name: str) -> None:
    """With PICTURES=1, save the whole page as test-results/NAME.png, its fixed bars at the bottom.

    People look at pictures, tests do not.
    """
    if os.environ.get("PICTURES") != "1":
        return
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.png"
    size = page.viewport_size
    if size and size["width"] < 1000:
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
        page.screenshot(path=path)
        page.set_viewport_size(size)
    else:
        page.screenshot(path=path, full_page=True)
