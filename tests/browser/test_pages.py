"""Every page of the demo: readable for everybody, in every look, with and without script."""

from __future__ import annotations

import itertools
import re
from typing import Any

import brotli
import pytest
from playwright.sync_api import expect

from tests.browser.demo import cookies
from tests.browser.pages import LOOKS as EVERY_LOOK
from tests.browser.pages import Visitor, axe, sheets, shoot, sideways

COATINGS, APPAREL = "/t/fictional-coatings/", "/t/fictional-apparel/"
ADMIN = "admin@fictional-coatings.example"
LEAD = "logistics-lead@fictional-coatings.example"
FACTORY = "factory-manager@fictional-apparel.example"
LOOKS = [(width, theme) for width, theme in EVERY_LOOK if width != 834]
# A4 within its margins: portrait, and landscape, which the board asks for.
PAPER = [650, 680, 1009, 1030]
PAGES = {
    "portfolio": "",
    "portfolio-attention": "?state=attention",
    "brief": "brief/",
    "money": "money/",
    "functions-by-pilot": "engagement/",
    "functions": "pilots/P-01/functions/",
    "waiting": "waiting/",
    "portfolio-nothing": "?q=nothing+is+called+this",
    "pilot": "pilots/P-01/",
    "pilot-gaps": "pilots/P-05/",
    "gates": "pilots/P-01/gates/",
    "gate": "pilots/P-01/gates/accuracy/",
    "metrics": "metrics/",
    "history": "metrics/scms_on_time_lines/",
    "import": "import/",
    "inbox": "inbox/",
    "preferences": "preferences/",
    "settings": "settings/",
    "members": "settings/members/",
    "tokens": "settings/tokens/",
    "health": "settings/health/",
    "feeds": "settings/feeds/",
    "pilot-sources": "pilots/P-01/sources/",
    "times": "metrics/scms_on_time_lines/timestamps/",
}

SLOW_LINE = {"offline": False, "latency": 20, "downloadThroughput": 2e5, "uploadThroughput": 2e5}
# What moved without being asked to: the start of each node, with its place before and after.
MOVED = """() => new Promise(done => {
  const moved = [];
  new PerformanceObserver(list => list.getEntries().forEach(shift => shift.sources.forEach(
    ({node, previousRect: was, currentRect: is}) =>
      moved.push([node?.outerHTML?.slice(0, 90), was.x, was.y, is.x, is.y].join(" ")))))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(moved), 300);
})"""


pytestmark = pytest.mark.usefixtures("replay")


def reader_of(name: str) -> str:
    """Return somebody who may open a page: only leads import."""
    return LEAD if name == "import" else ADMIN


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_up_in_every_look(visitor: Visitor, name: str) -> None:
    session = cookies(reader_of(name))

    assert visitor.faults(COATINGS + PAGES[name], name=name, cookies=session, looks=LOOKS) == []


# Cells of the table whose content reaches beyond them, and the sheet when the table does.
OVER_THE_EDGE = """() => [...document.querySelectorAll("table.pf tr > *")].flatMap(cell => {
  const text = document.createRange();
  text.selectNodeContents(cell);
  const edge = cell.getBoundingClientRect(), inside = [...text.getClientRects()];
  return inside.some(box => box.width > 1 && (box.left < edge.left - 1 || box.right > edge.right + 1))
    || edge.right > document.documentElement.clientWidth + 1 ? [cell.innerText] : [];
})"""


def test_on_paper_no_column_of_the_board_runs_into_the_next(visitor: Visitor) -> None:
    page = visitor.open(COATINGS, cookies=cookies(ADMIN))

    page.emulate_media(media="print")

    for width in PAPER:
        page.set_viewport_size({"width": width, "height": 900})
        shoot(page, f"portfolio-paper-{width}")
        assert page.locator("table.pf").is_visible()
        assert page.evaluate(OVER_THE_EDGE) == [], width


def test_the_brief_of_ten_pilots_prints_on_one_sheet(visitor: Visitor) -> None:
    page = visitor.open(COATINGS + "brief/", cookies=cookies(ADMIN))

    assert page.locator(".sheet tbody tr").count() == 10
    assert sheets(page) == 1


# Phases whose words are cut off.
CUT = "phases => phases.filter(it => it.scrollWidth > it.clientWidth).map(it => it.innerText)"


def test_every_phase_of_a_path_is_read_in_full(visitor: Visitor) -> None:
    looks = [(width, "light") for width in (901, 1024, 1440)]

    for page, width, _ in visitor.looks(COATINGS + "pilots/P-01/", looks, cookies=cookies(ADMIN)):
        phases = page.locator(".path .ph")
        assert phases.count() == 5
        assert phases.evaluate_all(CUT) == [], width


def test_the_other_company_sees_its_own_three_pilots(visitor: Visitor) -> None:
    page = visitor.open(APPAREL, cookies=cookies(FACTORY))

    names = page.locator("tr[data-row] a[data-main]").all_inner_texts()
    assert sorted(names) == ["Invoice capture", "Line-balancing assistant", "Overtime planner"]


def test_without_script_the_board_filters_by_its_links(visitor: Visitor) -> None:
    page = visitor.open(COATINGS, cookies=cookies(ADMIN), script=False)
    everything = page.locator("tr[data-row]").count()

    page.get_by_role("link", name=re.compile("^My pilots")).click()

    assert everything == 10
    assert page.locator("tr[data-row]").count() < 10


def test_without_script_the_search_finds_a_pilot(visitor: Visitor) -> None:
    page = visitor.open(COATINGS, cookies=cookies(ADMIN), script=False)

    page.get_by_role("searchbox").first.fill("expedite")
    page.get_by_role("searchbox").first.press("Enter")

    assert page.locator("tr[data-row] a[data-main]").all_inner_texts() == ["Expedite guard"]


@pytest.mark.parametrize("width", [390, 834, 1200])
def test_search_order_and_site_are_one_press_away_on_small_screens(
    visitor: Visitor, width: int
) -> None:
    page = visitor.open(COATINGS, cookies=cookies(ADMIN), width=width)
    tools = page.locator(".tools")

    tools.locator("summary").click()

    assert tools.get_by_role("link", name="Steel mill").is_visible()
    assert tools.get_by_role("link", name="Week, latest first").is_visible()
    assert axe(page) == []
    assert sideways(page) == []
    tools.get_by_role("searchbox").fill("expedite")
    tools.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**?q=expedite*")
    assert page.locator(".pcard a[data-main]:visible").all_inner_texts() == ["Expedite guard"]


@pytest.mark.parametrize("width", [390, 1440])
def test_the_key_for_the_search_leads_into_it_in_every_width(visitor: Visitor, width: int) -> None:
    page = visitor.open(COATINGS, cookies=cookies(ADMIN), width=width)
    key = page.locator("#keys dt", has_text="/")

    page.keyboard.press("?")
    expect(key).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("expedite")

    assert page.locator("[type=search]:visible").input_value() == "expedite"


def test_where_no_search_is_at_hand_no_key_for_it_is_offered(visitor: Visitor) -> None:
    page = visitor.open(COATINGS + "metrics/", cookies=cookies(ADMIN), width=390)

    page.keyboard.press("?")

    expect(page.locator("#keys dt", has_text="j")).to_be_visible()
    expect(page.locator("#keys dt", has_text="/")).to_be_hidden()


def test_each_group_of_cards_stands_apart_below_its_heading(visitor: Visitor) -> None:
    looks = [(390, "light"), (834, "light")]

    for page, _, _ in visitor.looks(COATINGS, looks, cookies=cookies(ADMIN)):
        boxes = [one.bounding_box() for one in page.locator(".pgroup, .pcards").all()]
        assert re.match(r"Needs attention · \d+$", page.locator(".pgroup").first.inner_text())
        tops_and_ends = [(box["y"], box["y"] + box["height"]) for box in boxes if box]
        assert len(tops_and_ends) == 2 * page.locator(".pgroup").count() >= 4
        for (_, end), (top, _) in itertools.pairwise(tops_and_ends):
            assert top - end >= 8


def test_with_script_the_search_swaps_the_table_only(visitor: Visitor) -> None:
    page = visitor.open(COATINGS, cookies=cookies(ADMIN))
    page.evaluate("window.stayed = true")

    page.get_by_role("searchbox").first.fill("expedite")
    expect(page.locator("tr[data-row]")).to_have_count(1)

    assert page.evaluate("window.stayed") is True
    assert "q=expedite" in page.url


def test_the_keyboard_walks_the_rows_and_opens_one(visitor: Visitor) -> None:
    page = visitor.open(COATINGS, cookies=cookies(ADMIN))
    second = page.locator("tr[data-row] a[data-main]").nth(1)
    name = second.inner_text()

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pilots/**")

    assert name in page.locator("h1").inner_text()


def test_a_weekly_figure_opens_to_its_measurements(visitor: Visitor) -> None:
    page = visitor.open(
        COATINGS + "metrics/scms_on_time_lines/", cookies=cookies(ADMIN), script=False
    )

    page.locator("main a[href*='week=']").first.click()

    assert page.get_by_text("demo").count() > 0


@pytest.mark.parametrize(("path", "width"), [("", 1440), ("pilots/P-01/", 390)])
def test_nothing_moves_while_a_page_arrives_slowly(visitor: Visitor, path: str, width: int) -> None:
    page = visitor.open("/accounts/login/", cookies=cookies(ADMIN), width=width, shared=False)
    line = page.context.new_cdp_session(page)
    line.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    line.send("Network.emulateNetworkConditions", SLOW_LINE)

    page.goto(COATINGS + path)

    assert page.evaluate(MOVED) == []


# Where the bar, its first entry and that one's icon stand with all that follows, and with nothing
# of it; then the bar without any entry.
ALONE = """bar => {
  const [first] = bar.children, icon = first.firstElementChild;
  const at = all => all.map(it => JSON.stringify(it.getBoundingClientRect()));
  const before = at([bar, first, icon, bar]);
  for (const from of [first, icon]) while (from.nextSibling) from.nextSibling.remove();
  const alone = at([bar, first, icon]);
  first.remove();
  return [before, [...alone, ...at([bar])]];
}"""


# Where an element stands with all that follows it, and with nothing of it.
FIRST = """it => {
  const at = () => JSON.stringify(it.getBoundingClientRect());
  const before = at();
  while (it.nextSibling) it.nextSibling.remove();
  return [before, at()];
}"""


@pytest.mark.parametrize("width", [390, 768])
def test_what_of_the_bar_below_has_arrived_waits_where_it_belongs(
    visitor: Visitor, width: int
) -> None:
    page = visitor.open(COATINGS + "inbox/", cookies=cookies(ADMIN), width=width)

    whole, alone = page.locator(".tabs-bottom").evaluate(ALONE)

    assert page.locator(".tabs-bottom a").count() == 0
    assert alone == whole


@pytest.mark.parametrize("width", [390, 1440])
def test_what_of_the_bar_above_has_arrived_waits_where_it_belongs(
    visitor: Visitor, width: int
) -> None:
    page = visitor.open(COATINGS + "inbox/", cookies=cookies(ADMIN), width=width)
    first = page.locator(".bar > .end > details").first

    whole, alone = first.evaluate(FIRST)

    assert alone == whole


@pytest.mark.parametrize("path", ["", "pilots/P-01/"])
def test_a_page_stays_within_its_budget(visitor: Visitor, path: str) -> None:
    page = visitor.open(COATINGS + "inbox/", cookies=cookies(ADMIN), shared=False)
    bodies: dict[str, bytes] = {}
    page.on("response", lambda response: bodies.setdefault(response.url, response.body()))

    page.goto(COATINGS + path, wait_until="networkidle")

    sizes = {url: len(brotli.compress(body, quality=5)) for url, body in bodies.items()}
    assert len(bodies) <= 8, list(bodies)
    assert sum(sizes.values()) <= 60_000, sizes
    assert _own_script(bodies) <= 8_000


def _own_script(bodies: dict[str, bytes]) -> int:
    return sum(len(body) for url, body in bodies.items() if re.search(r"/js/app[^/]*\.js$", url))


def test_a_persona_enters_with_one_click(visitor: Visitor, settings: Any) -> None:
    settings.DEMO_MODE = True
    page = visitor.open("/accounts/login/")

    page.locator(".personas button").first.click()

    page.wait_for_url("**/t/**")
    assert page.locator("h1").count() == 1
