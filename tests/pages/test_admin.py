"""The editors' screens, as Django's test client gets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from pagecast.counting import ledger
from pagecast.counting.models import Tally
from pagecast.media import leases
from pagecast.media.errors import Refused
from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.pages import access, editing, filing, reading
from pagecast.pages.kinds import kinds, type_of
from pagecast.pages.models import Audio, Content, Page, Text, Video
from tests import films
from tests.pages.desk_forms import page_form, save, saved, send, shown

pytestmark = pytest.mark.django_db

PAGES, CONTENTS = "/admin/pages/page/", "/admin/pages/content/"
LANGUAGES = ["en", "ru"]


@pytest.fixture
def root(db: None) -> User:
    """The admin who was made at the first start."""
    return User.objects.create_superuser("root")


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """A browser in which somebody is logged in, and which asks for a language."""

    def sign_in(user: User, language: str = "en") -> Client:
        client = Client(headers={"Accept-Language": language})
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def desk(alice: User, sign_in: Callable[..., Client]) -> Client:
    """alice at the admin: an editor, and no more."""
    return sign_in(alice)


@pytest.fixture
def shelf(db: None) -> dict[str, Content]:
    """Titles in two alphabets, of every kind but the gallery's."""
    made: list[Content] = [
        Text.objects.create(title="Ёлка"),
        Video.objects.create(title="ежевика"),
        Audio.objects.create(title="École"),
        Text.objects.create(title="echo"),
        Video.objects.create(title="Rain"),
        Text.objects.create(title="1984"),
    ]
    return {content.title: content for content in made}


def view(*pages: Page, times: int = 1) -> None:
    """Readers open these pages."""
    for _ in range(times):
        reading.view([page.pk for page in pages], len)


def counters(*contents: Content) -> list[int]:
    found = ledger.counters([content.pk for content in contents])
    return [found[content.pk] for content in contents]


def titles(client: Client, **query: str) -> list[str]:
    """The titles in the list of contents."""
    answer = client.get(CONTENTS, query)
    assert answer.status_code == 200, answer.headers
    return [content.title for content in answer.context["cl"].result_list]


def add(client: Client, kind: str, **fields: Any) -> Any:
    """Send the form of a new content."""
    address = f"{CONTENTS}add/?ct_id={type_of(kind).pk}"
    return client.post(address, {"title": "New", "is_active": "on"} | NO_SUBTITLES | fields)


# What a browser sends of rows that are not there.
NO_SUBTITLES = {"tracks-TOTAL_FORMS": "0", "tracks-INITIAL_FORMS": "0"}


def a_file(name: str = "Dawn.mp4", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, films.film() if data is None else data)


def refuse(upload: Upload, reason: str) -> None:
    """What a worker does with what is not to be kept."""
    leases.refuse({upload: Refused(reason).words})


def file_newest() -> None:
    """What a worker does with the file that came last."""
    filing.file(Upload.objects.latest("created_at").pk)


class Words(HTMLParser):
    """What people read on a page: its text, and what its fields and buttons tell of themselves."""

    TOLD = ("placeholder", "title", "aria-label", "alt", "data-label")
    VOID = ("input", "br", "img", "link", "meta", "hr", "source", "path")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if not self._hidden:
            self.found += [told[name] or "" for name in self.TOLD if name in told]
        icon = "material-symbols" in (told.get("class") or "")
        # Django keeps the names of permissions in the database, in English.
        permissions = told.get("name") in {"permissions", "user_permissions"}
        foreign = tag in {"script", "style", "template"} or icon or permissions
        if tag not in self.VOID and (self._hidden or foreign):
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag in self._hidden:
            while self._hidden.pop() != tag:
                """An element that was left open ends with the one around it."""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def words(answer: Any) -> str:
    """What people read, on one line."""
    return " ".join(" ".join(Words(answer.content.decode()).found).split())


@pytest.fixture
def screens(root: User, alice: User) -> list[str]:
    """The address of every screen, and rows in Russian for them to show."""
    made: list[Content] = [
        editing.write_content(kind(title=f"Проба {number}"), {}, None)
        for number, kind in enumerate(kinds().values())
    ]
    filed = editing.write_content(Video(title="Рассвет"), {}, receive([films.film()], "рассвет.mp4"))
    refused = editing.write_content(Audio(title="Отказ"), {}, receive([b"sound"], "отказ.mp3"))
    assert filed.upload
    assert refused.upload
    filing.file(filed.upload.pk)
    refuse(refused.upload, "Не вышло")
    page = editing.create_page({"title": "Первая"}, [content.pk for content in (*made, filed, refused)])
    token = AuthToken.objects.create(user=alice)[0]
    group = Group.objects.get()
    types = [type_of(kind).pk for kind in kinds()]
    rows: list[tuple[str, Any]] = [
        *((CONTENTS, content.pk) for content in (*made, filed, refused)),
        (PAGES, page.pk),
        ("/admin/auth/user/", alice.pk),
        ("/admin/auth/group/", group.pk),
        ("/admin/knox/authtoken/", token.pk),
    ]
    return [
        "/admin/",
        "/admin/pages/",
        "/admin/media/",
        "/admin/auth/",
        "/admin/password_change/",
        f"/admin/auth/user/{alice.pk}/password/",
        *(f"{folder}{verb}" for folder in (PAGES, CONTENTS) for verb in ("", "?q=нет+такого", "add/")),
        *(f"{CONTENTS}add/?ct_id={each}" for each in types),
        *(f"/admin/auth/{each}/{verb}" for each in ("user", "group") for verb in ("", "add/")),
        "/admin/knox/authtoken/",
        "/admin/media/upload/",
        *(
            f"/admin/media/upload/{upload.pk}/{verb}/"
            for upload in Upload.objects.all()
            for verb in ("change", "history")
        ),
        *(f"{folder}{pk}/{verb}/" for folder, pk in rows for verb in ("change", "delete", "history")),
    ]


def test_it_works(desk: Client, handbook: Page) -> None:
    assert saved(save(desk, handbook, title="Handbook, second edition"))
    handbook.refresh_from_db()
    assert handbook.title == "Handbook, second edition"
    assert shown(handbook) == ["Dawn", "Rain", "Note"]


# --- Every screen ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_opens(
    root: User, sign_in: Callable[..., Client], screens: list[str], language: str
) -> None:
    client = sign_in(root, language)
    answers = {address: client.get(address) for address in screens}
    assert {address: each.status_code for address, each in answers.items() if each.status_code != 200} == {}
    spoken = {each.headers["Content-Language"] for each in answers.values()}
    assert spoken == {language}


# Names, and what has no other word in Russian.
LATIN = {
    *("alice", "editors", "root", "pagecast", "api", "english", "video", "mp3", "mp4"),
    # The gallery is somebody else's app, which brings no translation.
    *("caption", "gallery", "image", "images"),
    # Keys of the keyboard, and Django's sentence about single sign-on.
    *("esc", "escape", "control", "command", "mac", "single", "sing", "ldap"),
}


def test_no_screen_in_russian_shows_a_word_in_english(
    root: User, sign_in: Callable[..., Client], screens: list[str]
) -> None:
    client = sign_in(root, "ru")
    english: dict[str, set[str]] = {}
    # What goes with an account is told in Django's own names for its tables.
    for address in (each for each in screens if not re.search(r"/auth/.*/delete/", each)):
        # What stands for a token is no word.
        text = re.sub(r"(?i)\b[0-9a-f]{8,}\b", "", words(client.get(address)))
        found = set(re.findall("[A-Za-z]{3,}", text))
        if left := {word for word in found if word.lower() not in LATIN}:
            english[address] = left
    assert english == {}


def test_a_viewer_reads_no_word_in_english_either(sign_in: Callable[..., Client], screens: list[str]) -> None:
    viewer = User.objects.create_user("bob")
    access.give(viewer, access.Role.VIEWER)
    client = sign_in(viewer, "ru")
    english = {}
    for address in screens:
        answer = client.get(address)
        if answer.status_code == 200:
            text = re.sub(r"(?i)\b[0-9a-f]{8,}\b", "", words(answer))
            english[address] = {
                word for word in re.findall("[A-Za-z]{3,}", text) if word.lower() not in LATIN
            }
    assert len(english) > 20
    assert {address: found for address, found in english.items() if found - {"bob"}} == {}


def test_the_log_in_speaks_both_languages() -> None:
    assert "Password" in words(Client(headers={"Accept-Language": "en"}).get("/admin/login/"))
    assert "Пароль" in words(Client(headers={"Accept-Language": "ru"}).get("/admin/login/"))


# --- Finding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ёл", ["Ёлка"]),
        ("ЕЛ", ["Ёлка"]),
        ("Ё", ["ежевика", "Ёлка"]),
        ("ecole", ["École"]),
        ("É", ["echo", "École"]),
        ("EC", ["echo", "École"]),
        ("19", ["1984"]),
        ("  rain", ["Rain"]),
        ("ain", []),
        ("%", []),
        ("_ain", []),
    ],
)
def test_the_search_finds_the_beginning_of_a_title_in_any_case_and_alphabet(
    desk: Client, shelf: dict[str, Content], typed: str, found: list[str]
) -> None:
    assert sorted(titles(desk, q=typed)) == sorted(found)


def test_pages_are_found_alike(desk: Client) -> None:
    for title in ("Ёлка", "Rain"):
        Page.objects.create(title=title)
    answer = desk.get(PAGES, {"q": "ЕЛК"})
    assert [page.title for page in answer.context["cl"].result_list] == ["Ёлка"]


@pytest.mark.parametrize(
    ("letter", "found"),
    [
        ("е", {"Ёлка", "ежевика"}),
        ("ё", {"Ёлка", "ежевика"}),
        ("e", {"École", "echo"}),
        ("R", {"Rain"}),
        ("digit", {"1984"}),
        ("я", set()),
    ],
)
def test_the_first_letter_filters(
    desk: Client, shelf: dict[str, Content], letter: str, found: set[str]
) -> None:
    assert set(titles(desk, letter=letter)) == found


def test_the_kind_filters(desk: Client, shelf: dict[str, Content]) -> None:
    assert set(titles(desk, kind="video")) == {"Rain", "ежевика"}
    assert titles(desk, kind="image") == []


def test_the_status_filters(desk: Client, shelf: dict[str, Content]) -> None:
    editing.write_content(shelf["Rain"], {}, receive([films.film()], "Rain.mp4"))
    assert titles(desk, status="pending") == ["Rain"]
    assert "Rain" not in titles(desk, status="none")
    file_newest()
    assert (titles(desk, status="pending"), titles(desk, status="completed")) == ([], ["Rain"])


def test_filters_go_together_with_the_search(desk: Client, shelf: dict[str, Content]) -> None:
    assert titles(desk, letter="е", kind="video", q="еж") == ["ежевика"]


def test_contents_are_sorted_by_their_settled_counters_and_tell_the_live_ones(
    desk: Client, handbook: Page, note: Content, shelf: dict[str, Content]
) -> None:
    other = editing.create_page({"title": "Other"}, [note.pk, shelf["echo"].pk])
    view(handbook, times=3)
    view(handbook, other, times=2)
    ledger.settle_all()
    view(handbook)
    column = list(desk.get(CONTENTS).context["cl"].list_display).index("counter")
    expected = [0] * 5 + [2, 6, 6, 8]
    for query, numbers in (
        ({"o": f"{column}"}, expected),
        ({"o": f"-{column}"}, expected[::-1]),
        ({"shown": "least"}, expected),
        ({"shown": "most"}, expected[::-1]),
    ):
        answer = desk.get(CONTENTS, query)
        assert [content.live_counter for content in answer.context["cl"].result_list] == numbers
        cells = re.findall(r"field-counter[^>]*>(.*?)</td>", answer.content.decode(), re.DOTALL)
        assert [int(re.sub("<[^>]*>", "", cell)) for cell in cells] == numbers


# --- Pages -------------------------------------------------------------------------------------------


def test_a_page_is_made_with_its_contents_in_the_order_of_the_rows(
    desk: Client, film: Content, sound: Content, note: Content
) -> None:
    assert saved(save(desk, None, [note, film, sound], title="Handbook"))
    page = Page.objects.get()
    assert (page.title, page.slug, page.text, page.is_active) == ("Handbook", "handbook", None, True)
    assert shown(page) == ["Note", "Dawn", "Rain"]


def test_a_title_is_kept_as_it_was_typed_white_space_and_all(desk: Client) -> None:
    assert saved(save(desk, None, title="  two  spaces "))
    assert saved(add(desk, "text", title="\ttab "))
    assert (Page.objects.get().title, Content.objects.get().title) == ("  two  spaces ", "\ttab ")


def test_an_address_that_is_taken_is_refused_in_words(desk: Client, handbook: Page) -> None:
    answer = save(desk, None, title="Other", slug=handbook.slug)
    assert not saved(answer)
    assert "already exists" in words(answer)


# --- Contents and their files ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            "video",
            {"video_url": "https://films.example.org/1", "subtitles_url": "https://films.example.org/2"},
        ),
        ("audio", {"audio_url": "https://sounds.example.org/1", "text": "drip"}),
        ("text", {"text": "Read me\r\n" * 10_000 + "."}),
        ("image", {"caption": "A picture"}),
    ],
)
def test_every_kind_is_made_and_changed_by_its_form(desk: Client, kind: str, fields: dict[str, str]) -> None:
    assert saved(add(desk, kind, title="Ёлка", **fields))
    content = Content.objects.get()
    assert (content.kind(), content.title, content.title_key) == (kind, "Ёлка", "елка")
    assert {name: getattr(content, name) for name in fields} == fields
    form = {"title": "Other", "is_active": "on", **NO_SUBTITLES, **dict.fromkeys(fields, "")}
    assert saved(desk.post(f"{CONTENTS}{content.pk}/change/", form))
    content.refresh_from_db()
    assert {content.title, *(getattr(content, name) for name in fields)} == {"Other", None}


def test_the_choice_of_a_kind_leads_to_its_form(desk: Client) -> None:
    answer = desk.post(f"{CONTENTS}add/", {"ct_id": type_of("image").pk}, follow=True)
    assert "caption" in answer.context["adminform"].form.fields


def test_a_file_waits_is_filed_and_is_shown(desk: Client) -> None:
    assert saved(add(desk, "video", title="Dawn", file=a_file("Рассвет.mp4")))
    content = Content.objects.get()
    address = f"{CONTENTS}{content.pk}/change/"
    assert "Pending" in words(desk.get(CONTENTS))
    assert "Pending" in words(desk.get(address))
    file_newest()
    assert "Completed" in words(desk.get(CONTENTS))
    assert "video/Рассвет.mp4" in words(desk.get(address))


def test_a_file_that_is_here_already_says_so_with_the_way_to_it(desk: Client) -> None:
    for name in ("Dawn.mp4", "Рассвет.mp4"):
        assert saved(add(desk, "video", title=name, file=a_file(name)))
        file_newest()
    content = Content.objects.get(title="Рассвет.mp4")
    answer = desk.get(f"{CONTENTS}{content.pk}/change/")
    assert content.blob
    assert f'Already here, as “<a href="{content.blob.url}"' in answer.content.decode()


def test_a_second_file_takes_the_place_of_the_first_once_it_is_filed(desk: Client) -> None:
    add(desk, "image", file=a_file("1.jpg", films.picture(1)))
    file_newest()
    content = Content.objects.get()
    form = {"title": "New", "is_active": "on", "file": a_file("2.jpg", films.picture(2))}
    assert saved(desk.post(f"{CONTENTS}{content.pk}/change/", form))
    assert Content.objects.get().blob == content.blob
    file_newest()
    blob = Content.objects.get().blob
    assert blob
    assert blob.path.endswith("2.jpg")


def test_a_form_without_a_file_leaves_the_file_alone(desk: Client) -> None:
    add(desk, "video", file=a_file())
    before = Content.objects.get()
    form = {"title": "Other", "is_active": "on"} | NO_SUBTITLES
    assert saved(desk.post(f"{CONTENTS}{before.pk}/change/", form))
    after = Content.objects.get()
    assert (after.title, after.upload_id) == ("Other", before.upload_id)


@pytest.mark.parametrize(
    ("language", "data", "reason"),
    [
        ("en", b"eleven byte", "“Dawn.mp4” is too large: this server takes files of up to 10"),
        ("ru", b"eleven byte", "Файл «Dawn.mp4» слишком большой"),
        ("en", b"", "The submitted file is empty."),
        ("ru", b"", "Отправленный файл пуст."),
    ],
)
def test_a_file_too_large_or_empty_is_refused_in_words(
    alice: User,
    sign_in: Callable[..., Client],
    settings: Any,
    folders: Path,
    language: str,
    data: bytes,
    reason: str,
) -> None:
    settings.PAGECAST_MAX_UPLOAD_BYTES = 10
    answer = add(sign_in(alice, language), "video", file=a_file(data=data))
    assert not saved(answer)
    assert reason in words(answer).replace("\N{NO-BREAK SPACE}", " ")
    assert not Content.objects.exists()
    assert [path for path in folders.rglob("*") if path.is_file()] == []


def test_a_refused_form_keeps_no_file(desk: Client, folders: Path) -> None:
    assert not saved(add(desk, "video", title="", file=a_file()))
    assert not Upload.objects.exists()
    assert [path for path in folders.rglob("*") if path.is_file()] == []


def test_why_a_file_was_refused_stands_on_the_form(desk: Client) -> None:
    add(desk, "video", file=a_file())
    refuse(Upload.objects.get(), "The film has no end.")
    assert "Failed" in words(desk.get(CONTENTS))
    assert "The film has no end." in words(desk.get(f"{CONTENTS}{Content.objects.get().pk}/change/"))


@pytest.mark.django_db(transaction=True)
def test_a_file_is_on_disk_before_the_transaction_begins(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get(f"{CONTENTS}add/")
    synced: list[bool] = []
    monkeypatch.setattr("os.fsync", lambda _handle: synced.append(connection.in_atomic_block))
    token = client.cookies["csrftoken"].value
    assert saved(add(client, "video", file=a_file(), csrfmiddlewaretoken=token))
    # Readers wait while an edit is open, and a large file may take a disk minutes.
    assert synced[0] is False


def test_a_content_that_is_deleted_leads_back_to_the_list_of_all_kinds(desk: Client, note: Content) -> None:
    answer = desk.post(f"{CONTENTS}{note.pk}/delete/", {"post": "yes"}, follow=True)
    assert (answer.request["PATH_INFO"], answer.request["QUERY_STRING"]) == (CONTENTS, "")
    assert not Content.objects.exists()


def test_a_content_made_in_a_window_of_the_form_of_a_page_is_handed_to_it(desk: Client) -> None:
    address = f"{CONTENTS}add/?ct_id={type_of('text').pk}&_popup=1&_to_field=id"
    answer = desk.post(address, {"title": "New", "is_active": "on", "_popup": "1", "_to_field": "id"})
    assert answer.status_code == 200
    assert f"&quot;value&quot;: &quot;{Content.objects.get().pk}&quot;" in answer.content.decode()


# --- The books ---------------------------------------------------------------------------------------


def test_a_content_taken_off_keeps_the_views_it_had_and_gets_no_more(
    desk: Client, handbook: Page, film: Content, sound: Content, note: Content
) -> None:
    view(handbook, times=3)
    save(desk, handbook, [film, note])
    view(handbook, times=2)
    assert counters(film, sound, note) == [5, 3, 5]


def test_a_content_put_on_gets_the_views_from_then_on(desk: Client, handbook: Page, film: Content) -> None:
    new = Text.objects.create(title="New")
    view(handbook, times=3)
    save(desk, handbook, [film, new])
    view(handbook, times=2)
    assert counters(film, new) == [5, 2]


def test_a_content_switched_off_is_not_counted_meanwhile(
    desk: Client, handbook: Page, film: Content, note: Content
) -> None:
    for state, views in (("on", 1), ("", 2), ("on", 4)):
        form = {"title": "Note", "text": "", **({"is_active": "on"} if state else {})}
        assert saved(desk.post(f"{CONTENTS}{note.pk}/change/", form))
        view(handbook, times=views)
    assert counters(film, note) == [7, 5]


def test_a_content_that_waits_for_its_file_is_not_counted(
    desk: Client, handbook: Page, film: Content
) -> None:
    add(desk, "video", title="New", file=a_file())
    new = Content.objects.get(title="New")
    save(desk, handbook, [film, new])
    view(handbook, times=2)
    file_newest()
    view(handbook, times=3)
    assert counters(film, new) == [5, 3]


def test_a_content_that_is_deleted_leaves_the_others_their_views(
    desk: Client, handbook: Page, film: Content, sound: Content, note: Content
) -> None:
    view(handbook, times=3)
    desk.post(f"{CONTENTS}{sound.pk}/delete/", {"post": "yes"})
    view(handbook, times=2)
    assert counters(film, sound, note) == [5, 0, 5]


def test_a_page_that_is_deleted_leaves_its_contents_their_views(
    desk: Client, handbook: Page, film: Content
) -> None:
    view(handbook, times=3)
    assert saved(desk.post(f"{PAGES}{handbook.pk}/delete/", {"post": "yes"}))
    assert counters(film) == [3]
    assert not Tally.objects.exists()


def test_pages_that_are_deleted_together_leave_their_contents_their_views(
    desk: Client, handbook: Page, film: Content, note: Content
) -> None:
    other = editing.create_page({"title": "Other"}, [note.pk])
    view(handbook, other, times=3)
    form = {"action": "delete_selected", "_selected_action": [handbook.pk, other.pk]}
    assert "Handbook" in words(desk.post(PAGES, form))
    assert saved(desk.post(PAGES, form | {"post": "yes"}))
    assert counters(film, note) == [3, 6]
    assert not Page.objects.exists()
    assert not Tally.objects.exists()


def test_whatever_readers_see_rises_the_edition(desk: Client, handbook: Page, note: Content) -> None:
    editions = [Tally.objects.get().edition]
    for edit in (
        lambda: save(desk, handbook, title="Other"),
        lambda: save(desk, handbook, [note]),
        lambda: desk.post(f"{CONTENTS}{note.pk}/change/", {"title": "Other", "is_active": "on"}),
    ):
        assert saved(edit())
        editions.append(Tally.objects.get().edition)
    assert editions == sorted(set(editions))


def test_a_form_that_is_only_looked_at_or_refused_leaves_the_books_alone(
    desk: Client, handbook: Page, note: Content
) -> None:
    view(handbook)
    before = list(Tally.objects.values())
    assert not saved(save(desk, handbook, [note], title=""))
    desk.get(f"{PAGES}{handbook.pk}/change/")
    desk.get(f"{CONTENTS}{note.pk}/change/")
    assert list(Tally.objects.values()) == before


# --- Who, and what they may send ---------------------------------------------------------------------


def test_an_editor_sees_pages_contents_and_uploads(desk: Client, handbook: Page, note: Content) -> None:
    add(desk, "video", file=a_file())
    upload = Upload.objects.get()
    for address in (
        "/admin/",
        *(PAGES, f"{PAGES}add/", f"{PAGES}{handbook.pk}/change/", f"{PAGES}{handbook.pk}/delete/"),
        *(CONTENTS, f"{CONTENTS}add/", f"{CONTENTS}{note.pk}/change/", f"{CONTENTS}{note.pk}/history/"),
        *("/admin/media/upload/", f"/admin/media/upload/{upload.pk}/change/"),
    ):
        assert desk.get(address).status_code == 200, address


ACCOUNTS = ["/admin/auth/user/", "/admin/auth/group/", "/admin/knox/authtoken/"]


@pytest.mark.parametrize("address", ACCOUNTS)
def test_an_editor_sees_nothing_of_accounts(desk: Client, alice: User, address: str) -> None:
    assert desk.get(address).status_code == 403
    assert desk.get(f"{address}add/").status_code == 403
    assert desk.post(f"{address}{alice.pk}/change/", {"is_superuser": "on"}).status_code in {302, 403}
    alice.refresh_from_db()
    assert not alice.is_superuser


def test_an_editor_is_shown_no_way_to_what_is_closed(desk: Client, handbook: Page) -> None:
    for screen in ("/admin/", PAGES, f"{PAGES}{handbook.pk}/change/"):
        links = set(re.findall(r'href="(/admin/[^"?]*)', desk.get(screen).content.decode()))
        assert links
        assert {link for link in links if desk.get(link).status_code in {403, 404}} == set()


def test_an_admin_is_shown_the_way_to_accounts(root: User, sign_in: Callable[..., Client]) -> None:
    links = sign_in(root).get("/admin/").content.decode()
    assert [address for address in ACCOUNTS if f'href="{address}"' not in links] == []


def test_without_the_permission_to_edit_nothing_opens(
    bob: User, sign_in: Callable[..., Client], handbook: Page
) -> None:
    client = sign_in(bob)
    for address in ("/admin/", PAGES, CONTENTS, f"{PAGES}{handbook.pk}/change/", "/admin/autocomplete/"):
        assert client.get(address).status_code in {302, 403}
    assert not client.get("/admin/", follow=True).context["user"].is_staff
    assert client.post(f"{PAGES}{handbook.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Page.objects.exists()


def test_a_form_from_another_site_is_refused(alice: User, handbook: Page) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"{PAGES}{handbook.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 403
    assert Page.objects.exists()


HOSTILE = ["", "abc", "%00", "-1", "1.2.-99", "99999999999999999999999", "²", "'\"<x>"]
QUERIES = {
    CONTENTS: ["letter", "q", "p", "o", "kind", "status", "is_active__exact", "title__startswith",
               "polymorphic_ctype", "created_at__gte", "_to_field"],
    PAGES: ["letter", "p", "o", "is_active__exact", "placements__content", "id__in"],
    f"{CONTENTS}add/": ["ct_id", "_to_field"],
    f"{PAGES}add/": ["title", "_changelist_filters"],
    "/admin/media/upload/": ["state__exact", "o", "size", "id"],
}  # fmt: skip


@pytest.mark.parametrize("address", QUERIES)
def test_no_query_breaks_a_screen(
    root: User, sign_in: Callable[..., Client], handbook: Page, address: str
) -> None:
    client = sign_in(root)
    client.raise_request_exception = False
    broken = [
        f"{address}?{name}={value}"
        for name in QUERIES[address]
        for value in [*HOSTILE, *(["9" * 5000] if name == "ct_id" else [])]
        if client.get(f"{address}?{name}={value}").status_code >= 500
    ]
    assert broken == []


@pytest.mark.parametrize(
    "folder", [PAGES, CONTENTS, "/admin/pages/text/", "/admin/media/upload/", "/admin/auth/user/"]
)
def test_no_key_breaks_a_screen(
    root: User, sign_in: Callable[..., Client], handbook: Page, folder: str
) -> None:
    client = sign_in(root)
    client.raise_request_exception = False
    keys = ["abc", "0", "-1", "99999999999999999999999", "9" * 5000, "%00", "_00", "²", "null"]
    addresses = [f"{folder}{key}/{verb}/" for key in keys for verb in ("change", "delete", "history")]
    assert [address for address in addresses if client.get(address).status_code not in {302, 403, 404}] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "\0"},
        {"title": "x" * 301},
        {"slug": "no spaces"},
        {"text": "\0"},
        {"contents": ["abc"]},
        {"contents": ["99999999999999999999999"]},
        {"loaded": ""},
        {"loaded": "null"},
        {"loaded": '{"fields": [], "contents": ["x"]}'},
    ],
    ids=str,
)
def test_a_hostile_form_is_refused_and_changes_nothing(
    desk: Client, handbook: Page, changed: dict[str, Any]
) -> None:
    before = list(Page.objects.values()), list(handbook.placements.values())
    assert not saved(send(desk, handbook, page_form(handbook) | changed))
    assert (list(Page.objects.values()), list(handbook.placements.values())) == before


def test_a_kind_that_is_none_is_not_added(root: User, sign_in: Callable[..., Client]) -> None:
    client = sign_in(root)
    users = ContentType.objects.get_for_model(User).pk
    assert client.get(f"{CONTENTS}add/?ct_id={users}").status_code in {403, 404}
    assert client.get(f"{CONTENTS}add/?ct_id=999999").status_code == 404


def test_a_content_opens_on_the_screen_of_its_own_kind_only(desk: Client, note: Content) -> None:
    assert desk.get(f"/admin/pages/video/{note.pk}/change/").status_code == 302
    assert desk.get(f"/admin/pages/text/{note.pk}/change/").status_code == 200
