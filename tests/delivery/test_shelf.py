"""Memory for what is ready has a bound, and what nobody wants goes first."""

from __future__ import annotations

from dataclasses import dataclass

from pagecast.counting.expected import Counted
from pagecast.delivery.documents import cut, web_document
from pagecast.delivery.shared import pack, unpack
from pagecast.delivery.shelf import Shelf
from pagecast.site import marks
from pagecast.site.drawing import Drawn
from pagecast.site.marks import ORIGIN, Mark


@dataclass(frozen=True)
class Thing:
    """Something of a size."""

    size: int


def test_it_works() -> None:
    shelf: Shelf[int, Thing] = Shelf(100)
    thing = Thing(10)
    shelf.put(1, thing)
    assert shelf.get(1) is thing
    assert shelf.get(2) is None


def test_what_was_wanted_longest_ago_goes_first() -> None:
    shelf: Shelf[int, Thing] = Shelf(100)
    for key in range(4):
        shelf.put(key, Thing(25))
    shelf.get(0)
    shelf.put(4, Thing(30))
    assert [key for key in range(5) if shelf.get(key)] == [0, 3, 4]


def test_what_takes_the_place_of_another_takes_its_room_too() -> None:
    shelf: Shelf[int, Thing] = Shelf(100)
    for _ in range(50):
        shelf.put(1, Thing(60))
    shelf.put(2, Thing(40))
    assert shelf.get(1)
    assert shelf.get(2)


def test_what_is_larger_than_the_shelf_is_not_kept() -> None:
    shelf: Shelf[int, Thing] = Shelf(100)
    shelf.put(1, Thing(90))
    shelf.put(2, Thing(101))
    assert shelf.get(2) is None
    assert shelf.get(1)
    shelf.put(1, Thing(101))
    assert shelf.get(1) is None
    shelf.put(2, Thing(100))
    assert shelf.get(2)


def test_a_document_comes_out_of_its_bytes_as_it_was() -> None:
    page = f'{{"url":"{ORIGIN}/1/","title":"50 % ä","contents":[{{"counter":99}},{{"counter":99}}]}}'
    document = cut(page.encode(), (5, 12), 99, {7: 30, 8: 40}, 10, {8})
    again = unpack(pack(document))
    assert (again.expected, again.pieces, again.bases) == (document.expected, document.pieces, document.bases)
    filled = again.fill(b"http://here", Counted({(5, 12): 11}, {8: 77}))
    assert filled.decode() == (
        '{"url":"http://here/1/","title":"50 % ä","contents":[{"counter":31},{"counter":77}]}'
    )


def test_a_document_of_the_site_comes_out_of_its_bytes_as_it_was() -> None:
    html = f"<a href='{ORIGIN}/1/'>50 %</a> {Mark(0)} {Mark(1).said(marks.WORDS)} {Mark(2).said(marks.WORDS)}"
    drawn = Drawn("fünf", (7, 8), marks.cut(html, "ru"))
    document = web_document(drawn, (5, 12), {7: 30, 8: 40}, 10, {8})
    again = unpack(pack(document))
    assert (again.is_at("fünf"), again.is_at("funf"), again.size) == (True, False, document.size)
    filled = again.fill(b"http://here", Counted({(5, 12): 11}, {8: 1077}))
    assert filled.decode() == "<a href='http://here/1/'>50 %</a> 31 1\u00a0077 просмотров 11 просмотров"
