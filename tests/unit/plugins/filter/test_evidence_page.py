# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that makes a page of what the role verify has collected, read as a browser would read it."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from jinja2.utils import markupsafe
from page.sample import many, sample, spoilt

from ansible_collections.mailwright.mail.plugins.filter import evidence_page as plugin

evidence_page = plugin.FilterModule().filters()["evidence_page"]
VOID = {"meta", "rect"}
ALLOWED = set(
    re.findall(
        r"\w+",
        "html head meta title style body a header div p h1 h2 h3 h4 span nav main section article ol ul li dl dt dd"
        " code pre details summary table thead tbody tr th td svg rect time strong footer",
    )
)


class Page(HTMLParser):
    """A page in its parts; what is not closed in its order raises."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", " ".join(data.split())))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def values(self, name: str) -> list[str]:
        return [str(attrs[name]) for _tag, attrs in self.tags if name in attrs]

    def shapes(self) -> list[tuple[str, ...]]:
        """Return the tags with the names of their attributes, in their order."""
        return [(tag, *attrs) for tag, attrs in self.tags]


HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=https://example.net/x onerror=alert(1)>",
    "</style></title></pre></code><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}<!-- <![CDATA[",
    "&lt;b&gt; &#60;i&#62; &amp",
    "javascript:alert(1)//\u2028\u202e\x00\udcff",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_no_word_becomes_a_tag_or_an_attribute(words: str) -> None:
    plain = Page(evidence_page(spoilt("w" * len(words))))
    source = evidence_page(spoilt(words))
    hostile = Page(source)
    assert hostile.shapes() == plain.shapes()
    # What is not seen stands as an escape; everything else stands there as it came.
    shown = words.replace("\u2028", "\\u{2028}").replace("\u202e", "\\u{202e}").replace("\x00", "\\x00")
    shown = shown.replace("\udcff", "\\xff")
    assert sum(text.count(shown) for _tag, text in hostile.texts) > 100
    source.encode("utf-8")


def test_what_says_that_it_is_safe_is_escaped_too() -> None:
    page = Page(evidence_page(spoilt(lambda text: markupsafe.Markup(f"<b>{text}</b>"))))
    assert "b" not in {tag for tag, _attrs in page.tags}


@pytest.mark.parametrize(
    "evidence", [sample(), spoilt(HOSTILE[1]), many(60, 3), {}], ids=["sample", "hostile", "many", "none"]
)
def test_it_needs_nothing_from_elsewhere(evidence: Any) -> None:
    source = evidence_page(evidence)
    page = Page(source)
    assert {tag for tag, _attrs in page.tags} <= ALLOWED
    names = {name for _tag, attrs in page.tags for name in attrs}
    assert not {name for name in names if name.startswith("on")} | names & {
        "src",
        "srcset",
        "action",
        "xlink:href",
        "style",
    }
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in page.values("href")} <= set(ids)
    assert all(link.startswith("#") for link in page.values("href"))
    assert set(page.values("aria-labelledby")) <= set(ids)
    style = "".join(text for tag, text in page.texts if tag == "style")
    assert "url(" not in style and "@import" not in style and "--page" in style
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    # It counts only for what comes after it.
    assert source.index("Content-Security-Policy") < source.index("<style>")


@pytest.mark.parametrize("evidence", [sample(), {}, many(60)], ids=["sample", "none", "many"])
def test_headings_and_landmarks_are_in_order(evidence: Any) -> None:
    page = Page(evidence_page(evidence))
    tags = [tag for tag, _attrs in page.tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert [tags.count(tag) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert dict(page.tags[0][1]) == {"lang": "en"}


def test_the_verdict_is_first_then_what_is_wrong_then_the_rest() -> None:
    page = Page(evidence_page(sample()))
    texts = [text for tag, text in page.texts if tag not in {"style", "title"}]
    order = [
        "The service is not what was declared.",
        "What needs attention",
        "service dovecot",
        "What comes next",
        "Hosts",
        "Probes",
        "Domains",
    ]
    places = [texts.index(text, 8 if text in {"Hosts", "Probes", "Domains"} else 0) for text in order[:4]]
    headings = [text for tag, text in page.texts if tag == "h2"]
    assert places == sorted(places) and headings == [
        "What needs attention",
        "What comes next",
        "Hosts",
        "Probes",
        "Domains",
    ]
    # Among hosts and domains too, failures come first.
    source = evidence_page(sample())
    hosts = source[source.index('id="hosts"') :]
    assert hosts.index("mx2.example.net") < hosts.index("mx1.example.net")
    domains = source[source.index("<tbody>") :]
    assert domains.index("example.org") < domains.index("bücher.example") < domains.index("example.com")
    assert Page(source).texts.count(("dd", "reject")) == 2


def test_every_colour_has_a_word_beside_it() -> None:
    source = evidence_page(sample())
    badges = re.findall(r'<span class="badge (\w+)">([^<]*)</span>', source)
    words = {"success": "passed", "warning": "warning", "unknown": "unknown", "error": "failed"}
    assert len(badges) > 50 and all(words[status] == word for status, word in badges)
    marks = re.findall(r'<span class="mark (\w+)">([^<]*)</span>', source)
    assert len(marks) == 36 and {status for status, _word in marks} == set(words)
    assert all(
        {"success": "ok", "warning": "warn", "unknown": "?", "error": "fail"}[one] == word for one, word in marks
    )


def test_a_bar_of_each_step_is_drawn_where_it_was() -> None:
    evidence = sample()
    evidence["probes"] = [one for one in evidence["probes"] if one["kind"] == "delivery"]
    source = evidence_page(evidence)
    bars = re.findall(r'<rect class="fill" x="([\d.]+)" width="([\d.]+)"', source)
    assert [(float(x), float(width)) for x, width in bars] == [
        (0.0, pytest.approx(312.4 / 2380 * 1000, abs=0.1)),
        (pytest.approx(312.4 / 2380 * 1000, abs=0.1), pytest.approx(1874 / 2380 * 1000, abs=0.1)),
        (pytest.approx(2186.4 / 2380 * 1000, abs=0.1), pytest.approx(148.2 / 2380 * 1000, abs=0.1)),
        (pytest.approx(2334.6 / 2380 * 1000, abs=0.1), pytest.approx(45.4 / 2380 * 1000, abs=0.1)),
    ]


@pytest.mark.parametrize(
    ("started", "duration", "drawn"),
    [(0, 0, None), (5, 0, ("996.0", "4.0")), (-50, 10, ("0.0", "1000.0")), (0, -3, ("0.0", "4.0")), (None, 5, None)],
)
def test_strange_times_are_drawn_within_the_drawing(started: Any, duration: Any, drawn: Any) -> None:
    step = {"name": "connect", "success": True, "started_ms": started, "duration_ms": duration}
    probe = {
        "kind": "smtp",
        "host": "mx1",
        "status": "success",
        "duration_ms": 5 if started == 5 else None,
        "steps": [step],
    }
    if started == -50 or duration == -3:
        probe["duration_ms"] = 10
    found = re.findall(r'<rect class="fill" x="([\d.]+)" width="([\d.]+)"', evidence_page({"probes": [probe]}))
    assert found == ([drawn] if drawn else [])


def test_lifetimes_are_drawn_up_to_the_day_of_the_evidence() -> None:
    evidence = sample()
    evidence["hosts"] = evidence["hosts"][:1]
    source = evidence_page(evidence)
    # 52 days and 2:14 of 90 days; 20 days and 4:14 of 180.
    fills = [float(one) for one in re.findall(r'<rect class="fill" width="([\d.]+)"', source)]
    assert fills[0] == pytest.approx((52 + 134 / 1440) / 90 * 1000, abs=0.1)
    assert fills[1] == pytest.approx((20 + 254 / 1440) / 180 * 1000, abs=0.1)
    assert "ends in 37 days" in source and "Next: retiring, due in 159 days." in source
    evidence["made_at"] = "2027-05-10T22:00:00Z"
    source = evidence_page(evidence)
    assert "ended 131 days ago" in source and "Next: retiring, was due 10 days ago." in source
    assert '<rect class="fill" width="1000.0"' in source


def test_what_comes_next_is_in_order() -> None:
    source = evidence_page(sample())
    found = source[source.index('<ol class="dates">') :]
    days = re.findall(r'<time datetime="([\d-]+)">', found)
    assert days == ["2026-11-24", "2026-11-25", "2026-12-30", "2027-04-30", "2027-04-30"]
    assert re.findall(r'<span class="quiet">(in [^<]*)</span>', found)[:2] == ["in 1 day", "in 3 days"]


def test_long_records_are_folded_and_cut() -> None:
    evidence = many(1)
    evidence["domains"][0]["checks"] = {
        "spf": {
            "status": "success",
            "message": "",
            "record": "v=spf1 " + "a" * 65529,
            "includes": [["x" * 65536]] * 100,
        }
    }
    source = evidence_page(evidence)
    assert len(source) < len(evidence_page(many(1))) + 15_000
    assert "(65,536 characters)" in source and re.search("<details><summary>Record: v=spf1 a+…</summary><pre>", source)
    endless: list[Any] = []
    endless.append(endless)
    evidence["domains"][0]["checks"]["spf"]["includes"] = endless
    assert "cannot be shown" in evidence_page(evidence)


def test_of_many_domains_the_green_ones_are_only_named() -> None:
    page = Page(evidence_page(many(1000, bad=3)))
    assert len([1 for tag, _attrs in page.tags if tag == "tr"]) == 4
    assert ("summary", "997 domains where everything passed") in page.texts
    assert any("d500.example" in text for _tag, text in page.texts)


def test_incomplete_evidence_is_a_page() -> None:
    texts = [text for _tag, text in Page(evidence_page({"hosts": [{"name": "mx1", "unreachable": True}]})).texts]
    assert "the host was not reached" in texts and "No probe was run." in texts and "No domain was looked at." in texts
    assert "The service is not what was declared." in texts


def test_a_wrong_type_is_told_with_its_place() -> None:
    with pytest.raises(AnsibleFilterError, match=r"evidence\.probes\[1\]\.steps 'str': is no list"):
        evidence_page({"probes": [{"steps": "none"}]})
