"""Counters that are filled in after a page was drawn."""

from __future__ import annotations

import pytest
from django.template import engines

from pagecast.site.marks import Mark, cut


def drawn(template: str) -> str:
    return str(engines["django"].from_string("{% load pagecast %}" + template).render({"counter": Mark(0)}))


def test_it_works() -> None:
    html = drawn('<b title="100%">{{ counter }}</b> {% views counter %}')
    assert cut(html, "en").fill(b"", [1234]) == b'<b title="100%">1234</b> 1,234 views'


@pytest.mark.parametrize("changed", ["upper", "title", "truncatechars:20", "urlencode", "slugify", "cut:':'"])
def test_what_a_template_makes_of_a_counter_is_noticed_before_anybody_is_counted(changed: str) -> None:
    with pytest.raises(ValueError, match="changes a counter"):
        cut(drawn("{{ counter|" + changed + " }}"), "en")


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        (1, "1 view", "1 просмотр"),
        (22, "22 views", "22 просмотра"),
        (112, "112 views", "112 просмотров"),
        (1_000_001, "1,000,001 views", "1 000 001 просмотр"),
        (2**63 - 6, "9,223,372,036,854,775,802 views", "9 223 372 036 854 775 802 просмотра"),
    ],
)
def test_large_numbers_are_said_with_the_right_plural(number: int, english: str, russian: str) -> None:
    html = drawn("{% views counter %}")
    for language, said in (("en", english), ("ru", russian)):
        filled = cut(html, language).fill(b"", [number]).decode()
        assert filled.replace("\N{NO-BREAK SPACE}", " ") == said
