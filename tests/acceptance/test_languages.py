"""The admin speaks the language that it was asked for, on every screen, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.browser import WIDTHS, Visit, Visits
from tests.acceptance.screens import SCREENS, open_account, show
from tests.acceptance.server import Server

# Everything that is read or read out, each with the tag and the classes of where it stands.
TEXTS = """(exceptions) => {
  const found = [];
  const take = (element, text) => {
    const words = (text ?? "").trim().replace(/\\s+/g, " ");
    if (words) found.push([words, element.outerHTML.slice(0, 160)]);
  };
  const unread = ["script, style, template, .material-symbols-outlined", ...exceptions].join();
  const isSeen = (element) => element.checkVisibility() && !element.closest(unread);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isOurs = isSeen(element) && !element.matches("textarea, code, kbd");
    if (isOurs) take(element, walker.currentNode.nodeValue);
  }
  for (const element of document.querySelectorAll("body *")) {
    if (!isSeen(element)) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt", "data-label"]) {
      take(element, element.getAttribute(name));
    }
    if (element.matches("[type=submit], [type=button], input[disabled]")) take(element, element.value);
  }
  return [...found, [document.title, "<title>"]];
}"""

# Names that are the same in every language, keys of a keyboard, and who and what the tests have made.
NAMES = re.compile(
    "Pagecast|API|RSS|ID|URL|URI|HTTPS?|JSON|UTC|SHA|CSV|MP|MPEG|MOV|MKV|AVI|WebM|OGG|Ogg|FLAC|WAV|VTT|SRT|WebVTT"
    "|LDAP|Single|Sing|Sign|On|Control|Command|Ctrl|Mac|[Ee]sc|Escape|English|EN|en|RU|ru"
    "|[Aa]dmin|[Aa]lice|[Ee]ditors|[Vv]iewers"
)
# A path, a file or an address is a name, too, and so is the beginning of a hash (with a plus in it, perhaps).
PATH = re.compile(
    r"\S*[/\\]\S*|\S+\.[a-z0-9]{2,4}\b|pbkdf2_sha256|\S+@\S+|\S*\*{3,}|\b[0-9a-fA-F]{8}[-0-9a-f]*"
)
LATIN = re.compile(r"[A-Za-z]{2,}")
# One letter alone is a letter: titles are chosen by their first one.
CYRILLIC = re.compile(r"[А-Яа-яЁё]{2,}")

# What is told in another language, by where it stands, and why.
EXCEPTIONS = {
    "select.filtered": "Django keeps the names of permissions in the database, in English",
}
# Words of one screen that are told in another language, and why.
WORDS_OF_SCREENS = {
    # Django names the rows between users and groups when it starts, in English.
    "user-delete": {"User", "group", "groups", "relationship", "relationships", "object"},
}


def foreign_words(visit: Visit, name: str, language: str) -> list[tuple[list[str], str]]:
    """What is on the screen and not in its language, and where it stands."""
    found = []
    for text, place in visit.page.evaluate(TEXTS, list(EXCEPTIONS)):
        bare = PATH.sub(" ", text)
        if language == "ru":
            known = WORDS_OF_SCREENS.get(name, set())
            words = [each for each in LATIN.findall(bare) if not NAMES.fullmatch(each) and each not in known]
        else:
            words = [word for word in CYRILLIC.findall(bare) if word != "Русский"]
        if words:
            found.append((words, place))
    return found


@pytest.fixture(scope="module")
def visits(browser: Browser, server: Server) -> Iterator[dict[tuple[str, bool], Visit]]:
    """A visit in each language, logged in and not."""
    found: dict[tuple[str, bool], Visit] = {}
    for language in ("en", "ru"):
        for logged_in in (True, False):
            context = browser.new_context(locale=language)
            found[language, logged_in] = visit = Visit(context, server, language, language)
            if logged_in:
                visit.log_in()
    yield found
    for visit in found.values():
        visit.context.close()


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_speaks_one_language(
    visits: dict[tuple[str, bool], Visit], cast: dict[str, Any], name: str, language: str
) -> None:
    screen = SCREENS[name]
    visit = visits[language, screen.logged_in]
    for width in WIDTHS.values():
        size: Any = width
        visit.page.set_viewport_size(size)
        show(visit, screen, cast)
        assert foreign_words(visit, name, language) == []


def test_the_language_is_the_browser_s_until_another_one_is_chosen(visit: Visits) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    page = editor.page
    assert page.evaluate("document.documentElement.lang") == "en"
    open_account(page)
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Русский")).click()
    assert page.evaluate("document.documentElement.lang") == "ru"
    # It is kept by the browser, for every screen, and for the next one who logs in there.
    editor.go("/admin/pages/page/")
    expect(page.locator("#nav-sidebar")).to_contain_text("Содержимое")
    page.context.clear_cookies(name="sessionid")
    editor.go("/admin/login/")
    expect(page.locator("label[for=id_password]")).to_contain_text("Пароль")
    editor.ends_well()


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", r"[A-Z][a-z]+\.? \d{1,2}, \d{4}, (\d{1,2}(:\d\d)? [ap]\.m\.|noon|midnight)"),
        ("ru", r"\d{1,2} [а-я]+ \d{4} г\. \d{1,2}:\d\d"),
    ],
)
def test_a_moment_is_written_as_the_language_writes_it(
    visits: dict[tuple[str, bool], Visit], cast: dict[str, Any], language: str, written: str
) -> None:
    visit = visits[language, True]
    visit.go("/admin/media/upload/")
    cell = visit.page.locator("#result_list .field-created_at").first.inner_text().strip()
    assert re.fullmatch(written, cell), cell
