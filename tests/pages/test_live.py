"""Cells that change by themselves, another try, and previews, as Django's test client gets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pagecast.media import leases, told
from pagecast.media.models import Blob, Upload
from pagecast.media.retrying import can_retry
from pagecast.media.told import NOTHING
from pagecast.pages.admin import columns
from pagecast.pages.admin.live import MOST
from pagecast.pages.models import Audio, Content, Text
from tests.films import film, sound
from tests.uploading import add, add_subtitles, bytes_of, file, fresh, next_worker, upload_of

pytestmark = pytest.mark.django_db

State = Upload.State
CONTENTS = "/admin/pages/content/"
PROGRAM = {"Accept": "application/json"}


@pytest.fixture
def browse() -> Callable[..., Client]:
    """A browser in which somebody is logged in, and which asks for a language."""

    def browse(user: User, language: str = "en") -> Client:
        client = Client(headers={"Accept-Language": language})
        client.force_login(user)
        return client

    return browse


@pytest.fixture
def desk(alice: User, browse: Callable[..., Client]) -> Client:
    """alice at the admin: an editor, and no more."""
    return browse(alice)


@pytest.fixture
def onlooker(bob: User, browse: Callable[..., Client]) -> Client:
    """bob, who may look at contents and change nothing."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(*Permission.objects.filter(codename__in=["view_content", "view_video"]))
    return browse(bob)


@pytest.fixture
def worn_out(db: None) -> Content:
    """A film whose workers were killed again and again, until it was given up."""
    content = add(film("worn out"))
    Upload.objects.filter(pk=upload_of(content).pk).update(attempts=leases.ATTEMPTS)
    file(content)
    return content


def rows(client: Client, *names: str) -> dict[str, Any]:
    """What is told of these rows."""
    answer = client.get("/admin/live/", {"row": names})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["rows"]
    return found


def row(client: Client, name: str) -> Any:
    return rows(client, name)[name.rsplit("/", name.count("/") - 1)[0] if name.count("/") > 1 else name]


def text(html: str) -> str:
    """What people read."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def try_again(client: Client, content: Content, **headers: str) -> Any:
    return client.post(f"/admin/retry/{upload_of(content).pk}/", headers=headers)


def test_it_works(desk: Client) -> None:
    content = add(film(1), "Dawn.mp4")
    name = f"content/{content.pk}"
    waiting = row(desk, name)
    assert (waiting["pending"], waiting["state"]) == (True, "pending")
    assert text(waiting["cells"]["status"]) == "Pending"
    file(content)
    filed = row(desk, name)
    assert text(filed["cells"]["status"]) == "Completed"
    assert filed["said"] == "Dawn.mp4: completed"
    assert filed["pending"]  # its picture is still to be drawn
    next_worker()
    drawn = row(desk, name)
    assert not drawn["pending"]
    assert str(fresh(content).poster) in drawn["cells"]["picture"]
    assert text(drawn["cells"]["length"]) == "0:01"
    assert text(drawn["cells"]["filed"]) == upload_of(content).blob.path  # type: ignore[union-attr]  # it is filed


def test_a_cell_says_whose_it_is_and_whether_there_is_anything_to_wait_for() -> None:
    content = add(film(1))
    frame = '<div data-live="content/{}" data-cell="size" data-state="pending" data-pending>{}</div>'
    assert columns.cell(content, "size") == frame.format(content.pk, NOTHING)
    next_worker()
    assert "data-pending" not in columns.cell(fresh(content), "size")
    upload = upload_of(content)
    assert told.cell(upload, "state").startswith(f'<div data-live="upload/{upload.pk}" data-cell="state"')
    assert "data-pending" not in told.cell(upload, "state")


def test_every_cell_is_what_the_screen_has_shown(desk: Client) -> None:
    content = add(film(1))
    track = add_subtitles(content, "Dawn")
    next_worker()
    upload = upload_of(content)
    answer = rows(desk, f"content/{content.pk}", f"upload/{upload.pk}", f"track/{track.pk}")
    shown: dict[str, Any] = {
        f"content/{content.pk}": lambda name: columns.cell(fresh(content), name),
        f"upload/{upload.pk}": lambda name: told.cell(upload, name),
        f"track/{track.pk}": lambda name: columns.track_cell(type(track).objects.get(pk=track.pk), name),
    }
    assert set(answer) == set(shown)
    for name, told_of in answer.items():
        for cell, html in told_of["cells"].items():
            assert shown[name](cell).endswith(f">{html}</div>"), (name, cell)
    assert tuple(answer[f"content/{content.pk}"]["cells"]) == columns.CELLS
    assert tuple(answer[f"upload/{upload.pk}"]["cells"]) == told.CELLS


def test_a_row_that_has_not_changed_comes_without_its_cells(desk: Client) -> None:
    content = add(film(1))
    version = row(desk, f"content/{content.pk}")["version"]
    known = f"content/{content.pk}/{version}"
    assert row(desk, known) == {"pending": True, "state": "pending", "version": version}
    file(content)
    assert row(desk, known)["cells"]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: Upload.objects.update(reason={"text": "It waits."}),
        lambda content: Upload.objects.update(state=State.PROCESSING),
        lambda content: Blob.objects.update(study_due=None),
        lambda content: Blob.objects.update(poster_path="poster.jpg"),
        lambda content: Blob.objects.update(playable=False),
        lambda content: Upload.objects.update(is_duplicate=True),
        lambda content: Content.objects.update(blob=None),
    ],
)
def test_whatever_a_cell_shows_makes_another_version(change: Any) -> None:
    content = add(film(1))
    file(content)
    before = columns.version_of(fresh(content))
    assert columns.version_of(fresh(content)) == before
    change(content)
    assert columns.version_of(fresh(content)) != before


@pytest.mark.parametrize(
    "name",
    [
        "content/0",
        f"content/{2**70}",
        "content/x",
        "content/",
        "content",
        f"upload/{uuid4()}",
        "upload/x",
        "page/1",
        "track/1",
        "",
        "/",
        "content/1\0",
        "content/-1",
        "content/٣",
    ],
)
def test_rows_that_do_not_exist_are_left_out(name: str, desk: Client) -> None:
    assert rows(desk, name) == {}


def test_two_hundred_rows_are_told_of_at_once_and_no_more(desk: Client) -> None:
    assert rows(desk, *[f"content/{number}" for number in range(1, MOST + 1)]) == {}
    answer = desk.get("/admin/live/", {"row": ["content/1"] * (MOST + 1)})
    assert answer.status_code == 400
    assert "200" in answer.json()["error"]


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(desk: Client) -> None:
    contents = [add(film(number % 3), f"{number}.mp4") for number in range(12)]
    tracks = [add_subtitles(content, "Dawn") for content in contents[:4]]
    next_worker()
    broken = add(b"no film")
    file(broken)
    names = [f"content/{content.pk}" for content in [broken, *contents]]
    names += [f"upload/{upload.pk}" for upload in Upload.objects.all()]
    names += [f"track/{track.pk}" for track in tracks]

    def queries(*asked: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            rows(desk, *asked)
        return len(captured)

    few = queries(names[1], f"upload/{upload_of(contents[0]).pk}", names[-1])
    assert queries(*names) == few <= 8


def test_who_may_not_see_a_row_is_told_nothing_of_it(onlooker: Client) -> None:
    content = add(film(1))
    track = add_subtitles(content, "Dawn")
    names = [f"content/{content.pk}", f"upload/{upload_of(content).pk}", f"track/{track.pk}"]
    assert list(rows(onlooker, *names)) == names[:1]


@pytest.mark.parametrize("address", ["/admin/live/", f"/admin/retry/{uuid4()}/", "/admin/preview/content/1/"])
def test_who_is_not_logged_in_is_sent_to_the_login(address: str, client: Client) -> None:
    answer = client.post(address) if "retry" in address else client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


def test_rows_are_told_of_in_the_language_of_the_reader(alice: User, browse: Callable[..., Client]) -> None:
    content = add(b"no film", "Рассвет.mp4")
    file(content)
    assert "не видео" in text(row(browse(alice, "ru"), f"content/{content.pk}")["cells"]["status"])


def test_a_file_that_was_refused_asks_for_another_one(desk: Client) -> None:
    content = add(b"no film")
    file(content)
    cell = row(desk, f"content/{content.pk}")["cells"]["status"]
    assert "not a video" in text(cell)
    assert "Choose another file" in text(cell)
    assert f'href="{CONTENTS}{content.pk}/change/#id_file"' in cell
    assert "Try again" not in text(cell)
    form = desk.get(f"{CONTENTS}{content.pk}/change/").content.decode()
    assert 'id="id_file"' in form
    assert "Choose another file" in form


def test_a_replacement_that_failed_says_that_readers_get_the_earlier_file(desk: Client) -> None:
    content = add(film(1))
    file(content)
    sent = desk.post(
        f"/admin/pages/video/{content.pk}/change/",
        {"title": "Dawn", "file": a_file(b"no film"), "is_active": "on"}
        | {"tracks-TOTAL_FORMS": "0", "tracks-INITIAL_FORMS": "0"},
    )
    assert sent.status_code == 302
    file(content)
    cell = row(desk, f"content/{content.pk}")["cells"]["status"]
    assert text(cell).count("Readers still get the earlier file.") == 1
    assert bytes_of(content) == film(1)


def a_file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("Dawn.mp4", data)


def test_a_first_file_that_failed_says_nothing_of_an_earlier_one(worn_out: Content) -> None:
    assert "earlier" not in columns.cell(fresh(worn_out), "status")


def test_a_failed_upload_is_tried_again_by_a_button(desk: Client, worn_out: Content) -> None:
    form = desk.get(f"{CONTENTS}{worn_out.pk}/change/", follow=True).content.decode()
    address = f"/admin/retry/{upload_of(worn_out).pk}/"
    button = re.search(r"<button[^>]*data-retry[^>]*>", form)
    assert button
    assert f'formaction="{address}"' in button[0]
    # The form that the button belongs to stands beside all others, with its token.
    assert re.search(r'<form id="live-retry" method="post"[^>]*><input[^>]*csrfmiddlewaretoken', form)
    answer = desk.post(address, headers={"Referer": f"http://testserver{CONTENTS}"}, follow=True)
    assert answer.redirect_chain == [(f"http://testserver{CONTENTS}", 302)]
    assert "“Dawn.mp4” is tried again." in text(answer.content.decode())
    next_worker()
    assert bytes_of(worn_out) == film("worn out")


def test_an_upload_is_tried_again_from_its_own_screen(desk: Client, worn_out: Content) -> None:
    upload = upload_of(worn_out)
    form = desk.get(f"/admin/media/upload/{upload.pk}/change/").content.decode()
    assert f'formaction="/admin/retry/{upload.pk}/"' in form
    assert f'data-live="upload/{upload.pk}" data-cell="error"' in form


def test_a_program_is_answered_in_json(desk: Client, worn_out: Content) -> None:
    answer = try_again(desk, worn_out, **PROGRAM)
    assert answer.json() == {"retried": True, "said": "“Dawn.mp4” is tried again."}
    assert upload_of(worn_out).state == State.PENDING


def test_two_clicks_are_one_retry_and_both_are_well(desk: Client, worn_out: Content) -> None:
    assert try_again(desk, worn_out, **PROGRAM).json()["retried"] is True
    second = try_again(desk, worn_out, **PROGRAM)
    assert (second.status_code, second.json()["retried"]) == (200, False)
    next_worker()
    assert upload_of(worn_out).attempts == 1


def test_the_worker_is_told(
    desk: Client, worn_out: Content, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PAGECAST_QUEUE = "tests.pages.test_live.send"
    SENT.clear()
    with django_capture_on_commit_callbacks(execute=True):
        try_again(desk, worn_out)
        try_again(desk, worn_out)
    assert [str(upload_of(worn_out).pk)] == SENT


SENT: list[str] = []


def send(upload_id: str) -> None:
    """The queue of a test."""
    SENT.append(upload_id)


def test_what_can_not_be_tried_again_says_what_to_do(desk: Client, worn_out: Content) -> None:
    broken = add(b"no film")
    file(broken)
    answer = try_again(desk, broken, **PROGRAM)
    assert answer.status_code == 409
    assert "Send it again." in answer.json()["said"]
    assert upload_of(broken).state == State.FAILED
    upload = upload_of(worn_out)
    worn_out.delete()
    answer = desk.post(f"/admin/retry/{upload.pk}/", headers=PROGRAM)
    assert answer.status_code == 409
    assert "Nothing needs" in answer.json()["said"]
    assert can_retry(Upload.objects.get(pk=upload.pk))


def test_who_may_change_nothing_is_refused_a_retry(onlooker: Client, worn_out: Content) -> None:
    assert try_again(onlooker, worn_out).status_code == 403
    assert upload_of(worn_out).state == State.FAILED
    # Without the form that its button belongs to, the style sheet hides the button.
    assert 'id="live-retry"' not in onlooker.get(CONTENTS).content.decode()


def test_who_may_only_look_sees_the_form_with_its_preview_and_no_field_for_a_file(
    onlooker: Client, worn_out: Content
) -> None:
    html = onlooker.get(f"/admin/pages/video/{worn_out.pk}/change/").content.decode()
    assert "data-live-preview" in html
    assert "tried 5 times" in text(html)
    assert 'name="file"' not in html


def test_a_retry_comes_by_post_and_with_a_token(alice: User, desk: Client, worn_out: Content) -> None:
    address = f"/admin/retry/{upload_of(worn_out).pk}/"
    assert desk.get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(address).status_code == 403
    assert upload_of(worn_out).state == State.FAILED


def test_nobody_is_sent_to_another_site(desk: Client, worn_out: Content) -> None:
    answer = try_again(desk, worn_out, Referer="https://evil.example.org/")
    assert answer.headers["Location"] == f"/admin/media/upload/{upload_of(worn_out).pk}/change/"


def test_an_upload_that_does_not_exist_is_not_tried_again(desk: Client) -> None:
    assert desk.post(f"/admin/retry/{uuid4()}/").status_code == 404


def test_a_film_is_previewed_in_a_player_with_its_subtitles(desk: Client) -> None:
    content = add(film(1))
    add_subtitles(content, "Dawn", "en")
    next_worker()
    html = desk.get(f"/admin/preview/content/{content.pk}/").content.decode()
    found = fresh(content)
    assert f'<video controls preload="none" src="{found.blob.url}" poster="{found.poster}"' in html  # type: ignore[union-attr]  # it is filed
    assert f'<track kind="subtitles" src="{found.subtitles[0].path}" srclang="en"' in html
    assert html.strip() in desk.get(f"/admin/pages/video/{content.pk}/change/").content.decode()


def test_a_sound_is_previewed_with_the_beginning_of_its_text(desk: Client) -> None:
    content = add(sound(1), "Rain.m4a", Audio)
    Audio.objects.filter(pk=content.pk).update(text="drip " * 1000)
    file(content)
    html = desk.get(f"/admin/preview/content/{content.pk}/").content.decode()
    assert "<audio controls" in html
    assert "drip drip" in text(html)
    assert len(html) < 1500
    assert "drip" not in desk.get(f"/admin/preview/content/{content.pk}/?only=file").content.decode()


def test_a_text_is_previewed_by_its_beginning_and_harms_nobody(desk: Client) -> None:
    content = Text.objects.create(title="Note", text="<script>alert(1)</script>")
    html = desk.get(f"/admin/preview/content/{content.pk}/").content.decode()
    assert html.strip() == '<div class="live-text"><p>&lt;script&gt;alert(1)&lt;/script&gt;</p></div>'


def test_a_film_that_browsers_do_not_play_is_offered_for_download(desk: Client) -> None:
    content = add(film(1))
    file(content)
    Blob.objects.update(playable=False)
    html = desk.get(f"/admin/preview/content/{content.pk}/").content.decode()
    assert "<video" not in html
    assert f'href="{fresh(content).blob.url}?download"' in html  # type: ignore[union-attr]  # it is filed
    assert "Browsers do not play this file" in text(html)


def test_what_has_no_file_yet_says_so(desk: Client) -> None:
    content = add(film(1))
    assert (
        "There is no file to show yet." in desk.get(f"/admin/preview/content/{content.pk}/").content.decode()
    )


def test_what_lies_elsewhere_is_previewed_by_its_address(desk: Client, film: Content) -> None:
    html = desk.get(f"/admin/preview/content/{film.pk}/").content.decode()
    assert text(html) == "https://films.example.org/dawn.mp4"


@pytest.mark.parametrize("key", ["0", str(2**63 - 1), str(2**70)])
def test_a_content_that_does_not_exist_has_no_preview(key: str, desk: Client) -> None:
    assert desk.get(f"/admin/preview/content/{key}/").status_code == 404


def test_who_may_not_see_contents_gets_no_preview(
    bob: User, browse: Callable[..., Client], film: Content
) -> None:
    bob.is_staff = True
    bob.save()
    assert browse(bob).get(f"/admin/preview/content/{film.pk}/").status_code == 403


def test_every_screen_of_the_admin_brings_the_script_and_its_words(desk: Client) -> None:
    for address in ("/admin/", CONTENTS, "/admin/media/upload/", f"{CONTENTS}add/"):
        html = desk.get(address).content.decode()
        assert '<script type="module" src="/static/pages/live.js">' in html, address
        assert '<script id="live-words" type="application/json">' in html, address
    assert "live-words" not in Client().get("/admin/login/").content.decode()


@pytest.mark.parametrize(
    ("seconds", "told_as"),
    [
        (None, ""),
        (0.2, "0:00"),
        (59.6, "1:00"),
        (245, "4:05"),
        (3599.4, "59:59"),
        (3600, "1:00:00"),
        (90061, "25:01:01"),
    ],
)
def test_lengths_are_told_as_clocks_tell_them(seconds: float | None, told_as: str) -> None:
    assert columns.length(seconds) == told_as


def test_a_link_elsewhere_has_nothing_to_wait_for(film: Content, desk: Client) -> None:
    answer = row(desk, f"content/{film.pk}")
    assert (answer["pending"], answer["state"], text(answer["cells"]["status"])) == (False, "", "–")
