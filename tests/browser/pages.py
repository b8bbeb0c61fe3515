"""What every browser test asks of a page: quiet console, no violation, no sideways scrolling."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

RESULTS = Path(__file__).parents[2] / "test-results"
AXE_RUN = """async rules =>
  (await axe.run({runOnly: rules, resultTypes: ["violations"]})).violations"""
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Desk, tablet and phone.
LOOKS = [(width, theme) for width in (1440, 834, 390) for theme in ("light", "dark")]


@dataclass
class Visitor:
    """One person's browser windows; collects what went wrong while they used them.

    Every test ends with `check_quiet`, which the `visitor` fixture calls.
    """

    browser: Browser
    base: str
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self,
        path: str,
        *,
        cookies: dict[str, str] | None = None,
        width: int = 1440,
        theme: str = "light",
        script: bool = True,
    ) -> Page:
        """Open a path in a fresh window; cookies: by name, such as the session of a member."""
        touch = width < 1000
        context = self.browser.new_context(
            base_url=self.base,
            viewport={"width": width, "height": 844 if touch else 900},
            color_scheme="dark" if theme == "dark" else "light",
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce",
            java_script_enabled=script,
            locale="en-GB",
        )
        self.contexts.append(context)
        for name, value in (cookies or {}).items():
            context.add_cookies([{"name": name, "value": value, "url": self.base}])
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.goto(path)
        return page

    def expect(self, pattern: str) -> None:
        """Allow console errors that match, where a test provokes one (a 404, a stopped server)."""
        self.expected.append(pattern)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(re.search(p, message.text) for p in self.expected):
            self.problems.append(f"console at {message.location.get('url')}: {message.text}")

    def close(self) -> None:
        """Close every window."""
        while self.contexts:
            self.contexts.pop().close()

    def check_quiet(self) -> None:
        """Fail on console errors, policy violations and script errors of all windows."""
        assert not self.problems, "\n".join(self.problems)


@cache
def _axe_script() -> str:
    return resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")


def axe(page: Page) -> list[str]:
    """Return the accessibility violations of a page in words; empty when there are none.

    The script text is evaluated over the debugging protocol, so the content policy stays on. Only
    violations are asked for and leave the page: what passed is a thousand elements described.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe_script())
    found = page.evaluate(AXE_RUN, AXE_RULES)
    return [
        f"{page.url} {one['id']} ({one['impact']}): {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


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


def shoot(page: Page, name: str) -> Path:
    """Save the whole page as test-results/NAME.png; fixed bars stand at its bottom."""
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
    return path
