"""Texts in Markdown: as they are meant, safe, and in bounded time."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.template import engines
from django.test import Client
from django.utils import translation
from django.utils.html import linebreaks
from hypothesis import given, settings
from hypothesis import strategies as st

from pagecast.pages import editing
from pagecast.pages.models import Page, Text
from pagecast.site import markdown_parser
from pagecast.site.markdown import bounded, to_html, to_words

from .hostile import REPEATED, TRICKS, UNSAFE_ADDRESSES
from .markup import Elements, read_safe

MEANT = {
    "One\ntwo\n\nthree": "<p>One<br>\ntwo</p>\n<p>three</p>\n",
    "*a* **b** ~~c~~ `d`": "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>\n",
    "[a](https://a.b/c)": '<p><a href="https://a.b/c" rel="noopener">a</a></p>\n',
    "[a](/pages/x/) [b](#c)": '<p><a href="/pages/x/">a</a> <a href="#c">b</a></p>\n',
    "[a]\n\n[a]: /b 'c'": '<p><a href="/b" title="c">a</a></p>\n',
    "[a](mailto:a@b.c)": '<p><a href="mailto:a@b.c">a</a></p>\n',
    "[a](tel:+7495)": '<p><a href="tel:+7495">a</a></p>\n',
    "<https://a.b>": '<p><a href="https://a.b" rel="noopener">https://a.b</a></p>\n',
    "<b>a</b>": "<p>&lt;b&gt;a&lt;/b&gt;</p>\n",
    "<div>\n*a*\n</div>": "<p>&lt;div&gt;<br>\n<em>a</em><br>\n&lt;/div&gt;</p>\n",
    "    a\n      b": "<pre><code>a\n  b\n</code></pre>\n",
    "```c++\na\n\n  b\n```": '<pre><code class="language-c++">a\n\n  b\n</code></pre>\n',
    "3. a\n   - b": '<ol start="3">\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ol>\n',
    "> a": "<blockquote>\n<p>a</p>\n</blockquote>\n",
    "![a *b*](/media/c.png 'd')": '<p><img src="/media/c.png" alt="a b" title="d" loading="lazy"></p>\n',
    "": "",
    "100% {{ a }} %b %s": "<p>100% {{ a }} %b %s</p>\n",
}

PLAIN_ADDRESSES = {
    "See https://a.b/c.": "https://a.b/c",
    "(https://a.b/c)": "https://a.b/c",
    "https://a.b/c_(d)!": "https://a.b/c_(d)",
    "(https://a.b/c_(d)).": "https://a.b/c_(d)",
    "https://a.b/__c__/d_e*f": "https://a.b/__c__/d_e*f",
    "_https://a.b_": "https://a.b",
    "**https://a.b/**": "https://a.b/",
    "«https://a.b»": "https://a.b",
    "HTTP://a.b": "HTTP://a.b",
    "https://a.b/?c=1&d=2": "https://a.b/?c=1&d=2",
    "| https://a.b |\n|-|": "https://a.b",
}

PIECES = st.sampled_from(
    [*TRICKS, *UNSAFE_ADDRESSES, *REPEATED, *MEANT, *PLAIN_ADDRESSES, "\n\n", "\n", " ", "](", ")"]
)


def shown_plainly(text: str) -> bool:
    return to_html(text) == linebreaks(text, autoescape=True)


@pytest.mark.parametrize("text", MEANT)
def test_markdown_is_understood(text: str) -> None:
    assert to_html(text) == MEANT[text]
    read_safe(to_html(text))


@pytest.mark.parametrize("text", PLAIN_ADDRESSES)
def test_an_address_in_a_text_is_a_link(text: str) -> None:
    elements = read_safe(to_html(text))
    assert [attributes["href"] for tag, attributes in elements.seen if tag == "a"] == [PLAIN_ADDRESSES[text]]


def test_an_address_in_other_letters_is_a_link_and_stays_readable() -> None:
    html = to_html("https://пример.рф/жук")
    assert 'href="https://xn--e1afmkfd.xn--p1ai/%D0%B6%D1%83%D0%BA"' in html
    assert ">https://пример.рф/жук<" in html


@pytest.mark.parametrize("text", ["xhttps://a.b", "`https://a.b`", "https://", "https://!", "ftp://a.b"])
def test_what_is_no_address_is_no_link(text: str) -> None:
    assert "<a" not in to_html(text)


@pytest.mark.parametrize("address", UNSAFE_ADDRESSES)
@pytest.mark.parametrize("form", ["[a]({})", "[a](<{}>)", "<{}>", "[a][b]\n\n[b]: {}", "![a]({})", "{}"])
def test_links_lead_nowhere_but_to_the_web_to_mail_to_telephones_and_here(form: str, address: str) -> None:
    elements = read_safe(to_html(form.format(address)))
    # What looks like an address of the web may be within: that one is a link of its own.
    assert [
        tag for tag, attributes in elements.seen if tag in {"a", "img"}
    ] == [] or "https://a.b/c" in address


@pytest.mark.parametrize("text", TRICKS)
def test_html_is_shown_and_never_run(text: str) -> None:
    for form in ("{}", "a {} b", "> {}", "- {}", "[{}](/x)", "![{}](/media/x)", "*{}*", "| {} |\n|-|"):
        read_safe(to_html(form.replace("{}", text)))


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
@settings(max_examples=1000, deadline=None)
def test_nothing_but_what_is_allowed_comes_of_any_text(text: str) -> None:
    with translation.override("en"):
        read_safe(to_html(text))
    words = to_words(text, 80)
    assert len(words) <= 80
    assert "\n" not in words


def test_the_naughty_strings_do_nothing(shared_media: Path) -> None:
    whole = (shared_media / "naughty" / "blns.txt").read_text(encoding="utf-8")
    for text in [*whole.split("\n"), whole, whole.replace("\n", "\n\n")]:
        read_safe(to_html(text))
        assert len(to_words(text)) <= 200


def test_headings_go_on_from_the_heading_around_them() -> None:
    tags = [tag for tag, _ in read_safe(to_html("## a\n# b\n### c\n## d\n\ne\n===\n\nf\n---", 3)).seen]
    assert tags == ["h3", "h3", "h4", "h4", "h3", "h4"]


def test_a_heading_without_words_stands_above_none() -> None:
    assert [tag for tag, _ in read_safe(to_html("#\n## a", 3)).seen] == ["h3"]


def test_headings_end_at_the_sixth_level() -> None:
    assert [tag for tag, _ in read_safe(to_html("# a\n## b\n### c", 5)).seen] == ["h5", "h6", "h6"]


@pytest.mark.parametrize("text", ["#", "## ##", "> #"])
def test_a_heading_without_words_is_none(text: str) -> None:
    assert "<h" not in to_html(text)


@pytest.mark.parametrize(
    "address", ["https://a.b/c.png", "/pages/x/", "/media/../pages/x/", "/media/%2e%2E/pages/x/", "/mediax"]
)
def test_a_picture_from_elsewhere_is_a_link(address: str) -> None:
    elements = read_safe(to_html(f"![a *b*]({address}) ![]({address})"))
    assert [attributes["href"] for _, attributes in elements.seen[1:]] == [address, address]
    assert elements.text.strip() == f"a b {address}"


def test_a_picture_from_elsewhere_in_a_link_is_its_words() -> None:
    assert to_html("[![a](https://b.c/d.png)](/e)") == '<p><a href="/e">a</a></p>\n'


def test_every_link_has_a_name() -> None:
    elements = read_safe(to_html("[](/a) [ ](/b) [![](/media/c)](/d)"))
    assert elements.text.split() == ["/a", "/b", "/d"]


def test_tables_and_long_code_can_be_scrolled_by_the_keyboard_and_have_a_name() -> None:
    elements = read_safe(to_html("| a | |\n|-|-:|\n| b |\n\n```\n" + "a" * 80 + "\n```"))
    reached = {"role": "group", "tabindex": "0"}
    assert elements.seen[0] == ("div", {"class": "wide", "aria-label": "Table"} | reached)
    assert ("pre", {"aria-label": "Code"} | reached) in elements.seen
    assert ("th", {"scope": "col"}) in elements.seen
    assert ("td", {"style": "text-align:right"}) in elements.seen


@pytest.mark.parametrize(
    "text",
    [
        "a <b>\n\n" * (markdown_parser.LONGEST // 8 + 1),
        "[" * (markdown_parser.MOST_MARKS + 1),
        "> " * markdown_parser.DEEPEST + "a",
        "- " * markdown_parser.DEEPEST + "a",
        ">```\na\n" * 2000,
        (">```\n" + ">b\n" * 40 + "a\n") * 240,
        ("|" + "x|" * 200 + "\n|" + "-|" * 200 + "\n" + "a\n" * 200 + "\n") * 10,
        "[a]: /" + "b" * 20_000 + "\n\n" + "[a]\n" * 5000,
        "[a]: /b '" + "c" * 20_000 + "'\n\n" + "[a]\n" * 5000,
    ],
    ids=[
        "long",
        "many marks",
        "quotes",
        "lists",
        "ends",
        "ends of long quotes",
        "cells",
        "addresses",
        "titles",
    ],
)
def test_a_text_that_would_take_too_much_is_shown_as_it_was_written(text: str) -> None:
    assert shown_plainly(text)


WIDE = "|" + "x|" * 200 + "\n|" + "-|" * 200 + "\n" + "a\n" * 200 + "\n"


@pytest.mark.parametrize(
    "text", ["*a* " * (markdown_parser.MOST_MARKS // 2), WIDE * 2], ids=["many marks", "many steps"]
)
def test_texts_that_are_shown_together_take_as_much_as_a_few(text: str) -> None:
    with bounded():
        assert [shown_plainly(text) for _ in range(5)] == [False] * 3 + [True] * 2
    assert not shown_plainly(text)


@pytest.mark.django_db
def test_a_page_of_heavy_texts_is_shown_whole_and_its_own_text_as_it_is_meant(client: Client) -> None:
    heavy = [f"*a{number}* " * (markdown_parser.MOST_MARKS // 2) for number in range(5)]
    page = editing.create_page(
        {"title": "Page", "text": "*begins*"},
        [Text.objects.create(title="Text", text=text).pk for text in heavy],
    )
    shown = client.get(page.get_absolute_url()).text
    assert "<em>begins</em>" in shown
    assert [f"<em>a{number}</em>" in shown for number in range(5)] == [True] * 3 + [False] * 2
    assert all(text.strip() in shown for text in heavy[3:])


@pytest.mark.parametrize("depth", range(1, markdown_parser.DEEPEST + 3))
@pytest.mark.parametrize("unit", ["> ", "- ", "1. ", "- > "])
def test_nothing_is_lost_however_deep_it_lies(unit: str, depth: int) -> None:
    assert "hidden treasure" in to_html(unit * depth + "hidden treasure")


def test_a_novel_is_markdown_still() -> None:
    novel = "# Chapter\n\n" + ("*Just* words, " + "of which there are many, and more, " * 20 + "\n\n") * 1200
    assert len(novel) > 800_000
    assert not shown_plainly(novel)


def lines_run(call: Callable[[], object]) -> int:
    """How many lines of Python that takes: a measure of time on which a busy machine has no influence."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("unit", REPEATED)
def test_twice_the_text_takes_twice_the_time(unit: str) -> None:
    text = unit * (600 // len(unit))
    to_html(text)
    once, twice = lines_run(lambda: to_html(text)), lines_run(lambda: to_html(text * 2))
    assert twice < 2.5 * once + 200


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "# One\n\n*Two* [three](https://a.b)\n\n- ![four](/media/a) `five`\n\n```\nsix\n```",
            "One Two three four five six",
        ),
        ("<b>a</b> & b", "<b>a</b> & b"),
        ("| a | b |\n|-|-|\n| c | d |", "a b c d"),
        ("a\u202eb\u2066 \x00c", "ab \N{REPLACEMENT CHARACTER}c"),
        ("", ""),
    ],
)
def test_a_description_has_no_markup(text: str, words: str) -> None:
    assert to_words(text) == words


def test_a_description_ends_with_a_word() -> None:
    assert to_words("One two, three four", 12) == "One two…"
    assert to_words("a" * 50, 10) == "a" * 9 + "…"
    assert to_words("word " * 10_000, 12) == "word word…"
    assert to_words("> " * 100 + "a", 10).startswith("> > ")


def test_templates_say_how_a_text_is_shown() -> None:
    template = (
        '{% load pagecast %}{{ text|markdown:2 }}{{ none|markdown }}<meta content="{{ text|plain:20 }}">'
    )
    shown = engines["django"].from_string(template).render({"text": '# "a"\n\n<b>', "none": None})
    assert shown == '<h2>&quot;a&quot;</h2>\n<p>&lt;b&gt;</p>\n<meta content="&quot;a&quot; &lt;b&gt;">'


def elements_of(client: Client, page: Page) -> list[tuple[str, list[str]]]:
    seen = Elements(client.get(page.get_absolute_url()).text.partition(">")[2]).seen
    for tag, attributes in seen:
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").lower().strip().startswith(("javascript:", "vbscript:"))
        assert tag not in {"base", "embed", "iframe", "object"}
    return [(tag, sorted(attributes)) for tag, attributes in seen]


@pytest.mark.django_db
def test_hostile_titles_and_texts_leave_a_page_whole(client: Client, shared_media: Path) -> None:
    naughty = (shared_media / "naughty" / "blns.txt").read_text(encoding="utf-8").split("\n")
    lines = [
        line[:300]
        for line in [*naughty, *TRICKS[:15]]
        if re.search(r"[^\w\s.,-]", line) and "\x00" not in line
    ]
    made = [Text.objects.create(title=line, text=line) for line in lines]
    for line, start in zip(lines, range(0, len(made), 40), strict=False):
        elements_of(
            client,
            editing.create_page(
                {"title": line, "text": line}, [text.pk for text in made[start : start + 40]]
            ),
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "title", ["</title><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "%s{{ a }}%"]
)
def test_a_hostile_title_makes_no_element(client: Client, title: str) -> None:
    def page(title: str) -> Page:
        return editing.create_page({"title": title}, [Text.objects.create(title=title, text="a").pk])

    assert elements_of(client, page(title)) == elements_of(client, page("harmless"))
