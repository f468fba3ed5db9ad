# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as a browser shows it: ``make page``. The screenshots are left in build/page, to be looked at."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page.browser import Browser
from page.sample import many, sample, spoilt

from ansible_collections.mailwright.mail.plugins.filter.evidence_page import evidence_page

BUILD = Path(__file__).resolve().parents[2] / "build/page"
LIGHT, DARK = False, True
VIEWS = [(1280, LIGHT), (1280, DARK), (360, LIGHT), (360, DARK)]

# How bright a screenshot is on average, from 0 to 255, and in how many colours, as the browser itself reads it.
PIXELS = """
(async () => {
  const image = new Image();
  image.src = "data:image/png;base64,%s";
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = Math.min(image.height, 2000);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    colours.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
    sum += 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
  }
  return {width: image.width, height: image.height, colours: colours.size, brightness: sum / (data.length / 4)};
})()
"""
# What is wider than the window, unless it lies in something that scrolls by itself.
TOO_WIDE = """
[...document.querySelectorAll("body *")].filter(one =>
  one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest(".scroll") && one.checkVisibility()
).map(one => one.outerHTML.slice(0, 200))
"""
# Texts whose contrast to what is behind them is less than WCAG 2.2 asks for at level AA (success criterion 1.4.3).
TOO_FAINT = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = colour => [...rgba(colour)].slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = one => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const found = [];
  let texts = 0;
  for (const one of document.querySelectorAll("body *")) {
    const text = [...one.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join("");
    if (!text) continue;
    texts += 1;
    const [a, b] = [luminance(getComputedStyle(one).color), luminance(behind(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([ratio, text.slice(0, 40)]);
  }
  return {texts, found};
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    BUILD.mkdir(parents=True, exist_ok=True)
    with Browser(BUILD / "profile") as found:
        yield found


def written(name: str, evidence: Any) -> Path:
    path = BUILD / f"{name}.html"
    path.write_text(evidence_page(evidence), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def report() -> Path:
    return written("report", sample())


def pixels(browser: Browser, picture: bytes) -> dict[str, Any]:
    """Return what can be told of a screenshot; the page itself would forbid to load it."""
    blank = BUILD / "blank.html"
    blank.write_text("<!DOCTYPE html><title>blank</title>")
    browser.open(blank, 1280)
    return dict(browser.evaluate(PIXELS % base64.b64encode(picture).decode()))


def test_screenshots_show_a_page_light_and_dark(browser: Browser, report: Path) -> None:
    shown = {}
    for width, dark in VIEWS:
        browser.open(report, width, dark)
        picture = browser.screenshot(BUILD / f"report-{width}-{'dark' if dark else 'light'}.png")
        shown[width, dark] = found = pixels(browser, picture)
        # Letters have many shades; a page without style, or with nothing on it, has few colours.
        assert found["width"] == width and found["height"] > 2000 and found["colours"] > 100, (width, dark, found)
    for width in (1280, 360):
        assert shown[width, LIGHT]["brightness"] > 200 and shown[width, DARK]["brightness"] < 70
    browser.open(BUILD / "blank.html", 1280)
    assert pixels(browser, browser.screenshot(BUILD / "blank.png"))["colours"] == 1


@pytest.mark.parametrize("width", [1280, 768, 360, 320])
@pytest.mark.parametrize("name", ["sample", "long words", "wide letters", "many"])
def test_nothing_is_wider_than_the_window(browser: Browser, name: str, width: int) -> None:
    evidence = {
        "sample": sample,
        "long words": lambda: spoilt("x" * 3000),
        "wide letters": lambda: spoilt("\ufdfd" * 300),
        "many": lambda: many(60, bad=55),
    }[name]()
    browser.open(written("width", evidence), width)
    browser.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert browser.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    assert browser.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("dark", [LIGHT, DARK])
def test_every_text_stands_out(browser: Browser, report: Path, dark: bool) -> None:
    browser.open(report, 1280, dark)
    browser.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = browser.evaluate(TOO_FAINT)
    assert found["found"] == [] and found["texts"] > 200
    browser.evaluate("document.querySelector('h2').style.color = 'var(--line)'")
    assert [text for _ratio, text in browser.evaluate(TOO_FAINT)["found"]] == ["What needs attention"]


def test_it_asks_for_nothing_and_runs_nothing(browser: Browser, report: Path) -> None:
    hostile = (
        "<img src=https://example.net/x.png onerror=document.title='taken'><script>document.title='taken'</script>"
    )
    for page in (report, written("hostile", spoilt(hostile))):
        browser.open(page, 1280)
        browser.evaluate("new Promise(done => setTimeout(done, 300))")
        assert browser.requests() == [page.as_uri()] and browser.complaints() == []
        assert browser.evaluate("document.title").endswith(("example.net", "</script>"))
        assert browser.evaluate("document.scripts.length + document.images.length") == 0


def test_its_policy_stops_what_would_slip_through(browser: Browser, report: Path) -> None:
    bad = BUILD / "bad.html"
    slipped = "<script>document.title='taken'</script><img src='https://example.net/x.png' alt=''></body>"
    bad.write_text(report.read_text(encoding="utf-8").replace("</body>", slipped), encoding="utf-8")
    browser.open(bad, 1280)
    browser.evaluate("new Promise(done => setTimeout(done, 300))")
    assert browser.evaluate("document.title") != "taken"
    assert len([text for text in browser.complaints() if "Content Security Policy" in text]) == 2
    # Without the policy, these tests see both.
    bad.write_text(bad.read_text(encoding="utf-8").replace("Content-Security-Policy", "x"), encoding="utf-8")
    browser.open(bad, 1280)
    browser.evaluate("new Promise(done => setTimeout(done, 300))")
    assert browser.evaluate("document.title") == "taken" and "https://example.net/x.png" in browser.requests()


def test_what_is_folded_is_printed(browser: Browser, report: Path) -> None:
    folded = "document.querySelector('details dd').checkVisibility({contentVisibilityAuto: true})"
    height = "document.querySelector('details dd').getBoundingClientRect().height"
    browser.open(report, 794)
    assert browser.evaluate(height) == 0 or not browser.evaluate(folded)
    browser.open(report, 794, media="print")
    assert browser.evaluate(height) > 0 and browser.evaluate(folded)
    assert browser.pdf().startswith(b"%PDF")
    assert browser.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"


def test_a_thousand_domains_open_at_once(browser: Browser) -> None:
    page = written("many", many(1000, bad=1000))
    assert page.stat().st_size < 30_000_000
    browser.open(page, 360)
    assert browser.evaluate("document.querySelectorAll('tbody tr').length") == 1000
