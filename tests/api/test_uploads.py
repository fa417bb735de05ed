"""Resumable uploads: each rule of tus 1.0.0, asked of Django alone."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from pagecast.media import resuming
from pagecast.media.models import Upload
from pagecast.pages.models import Content, Video
from tests.api.problems import problem
from tests.api.tus import UPLOADS, Tus, checksum, encoded

Untouched = Callable[[], AbstractContextManager[None]]
STATES = Upload.State


@pytest.fixture
def tus(editor: APIClient) -> Tus:
    """alice's client."""
    return Tus(editor)


@pytest.fixture
def carol(db: None, token_of: Callable[[User], str]) -> Tus:
    """Another editor's client."""
    user = User.objects.create_superuser("carol", password="carol")
    return Tus(APIClient(headers={"Authorization": f"Bearer {token_of(user)}"}))


def row(address: str) -> Upload:
    """The upload at this address."""
    return Upload.objects.get(pk=UUID(urlsplit(address).path.removeprefix(UPLOADS).strip("/")))


def staged(folders: Path) -> list[bytes]:
    """What lies in the staging folder."""
    return sorted(path.read_bytes() for path in (folders / "staging").glob("*"))


def test_it_works(tus: Tus) -> None:
    address = tus.address(10, Upload_Metadata=f"filename {encoded('Рассвет.mp4')}")
    assert tus.patch(address, 0, b"01234").headers["Upload-Offset"] == "5"
    assert tus.offset(address) == 5
    assert tus.patch(address, 5, b"56789").headers["Upload-Offset"] == "10"
    upload = row(address)
    assert (upload.name, upload.size, upload.state) == ("Рассвет.mp4", 10, STATES.PENDING)
    assert upload.staged.read_bytes() == b"0123456789"


# --- OPTIONS and versions ---------------------------------------------------------------------------------


def test_anyone_may_ask_what_is_spoken(reader: APIClient, settings: Any) -> None:
    settings.PAGECAST_MAX_UPLOAD_BYTES = 4711
    answer = reader.options(UPLOADS)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == "4711"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1,md5"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
        "concatenation",
    }


def test_options_ask_for_no_version(tus: Tus) -> None:
    assert tus.ask("OPTIONS", UPLOADS, Tus_Resumable="0.2.2").status_code == 204


@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0", "1.0.0, 1.0.0"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
def test_another_version_is_refused_and_told_which_one_is_spoken(
    tus: Tus, method: str, version: str | None, untouched: Untouched
) -> None:
    address = UPLOADS if method == "POST" else tus.address(10)
    with untouched():
        answer = tus.ask(method, address, Upload_Length="10", Upload_Offset="0", Tus_Resumable=version)
    assert answer.status_code == 412
    assert answer.headers["Tus-Version"] == "1.0.0"


def test_every_answer_says_the_version(tus: Tus, reader: APIClient) -> None:
    address = tus.address(10)
    answers = [
        reader.post(UPLOADS),
        tus.ask("OPTIONS", UPLOADS),
        tus.begin(0),
        tus.begin(10),
        tus.ask("GET", address),
        tus.head(address),
        tus.head(f"{UPLOADS}{uuid4()}/"),
        tus.head(f"{UPLOADS}nonsense/"),
        tus.patch(address, 3, b"x"),
        tus.patch(address, 0, b"x"),
        tus.ask("DELETE", address),
        tus.ask("DELETE", address, Tus_Resumable="2"),
    ]
    assert [answer.headers["Tus-Resumable"] for answer in answers] == ["1.0.0"] * len(answers)


@pytest.mark.parametrize("method", ["GET", "PUT", "TRACE", "BREW"])
def test_other_methods_are_refused(tus: Tus, method: str) -> None:
    problem(tus.ask(method, tus.address(10)), 405)
    problem(tus.ask(method, UPLOADS), 405)


def test_the_method_may_be_named_by_a_header(tus: Tus) -> None:
    address = tus.address(10)
    answer = tus.ask("POST", address, b"01234", Upload_Offset="0", X_HTTP_Method_Override="PATCH")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "5")
    assert tus.ask("POST", address, X_HTTP_Method_Override="HEAD").headers["Upload-Offset"] == "5"
    assert tus.ask("GET", address, X_HTTP_Method_Override="delete").status_code == 204
    assert tus.head(address).status_code == 404


# --- Who may ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
def test_anyone_without_a_token_is_asked_for_one(
    tus: Tus, reader: APIClient, method: str, untouched: Untouched
) -> None:
    address = UPLOADS if method == "POST" else tus.address(10)
    with untouched():
        answer = Tus(reader).ask(method, address, b"01234", Upload_Length="10", Upload_Offset="0")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
def test_who_may_add_no_contents_may_not_upload(
    tus: Tus, bobs_client: APIClient, method: str, untouched: Untouched
) -> None:
    address = UPLOADS if method == "POST" else tus.address(10)
    with untouched():
        answer = Tus(bobs_client).ask(method, address, b"01234", Upload_Length="10", Upload_Offset="0")
    assert answer.status_code == 403


def test_the_session_of_the_admin_needs_its_csrf_token(alice: User, untouched: Untouched) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get("/admin/")
    tus, token = Tus(client), client.cookies["csrftoken"].value
    with untouched():
        assert "CSRF" in problem(tus.begin(5, b"01234"), 403)["detail"]
        answer = tus.ask("GET", UPLOADS, Upload_Length="5", X_HTTP_Method_Override="POST")
        assert "CSRF" in problem(answer, 403)["detail"]
    assert tus.begin(5, b"01234", X_CSRFToken=token).status_code == 201


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_of_others_uploads_there_is_nothing_to_be_known(
    tus: Tus, carol: Tus, method: str, untouched: Untouched
) -> None:
    address = tus.address(10)
    with untouched():
        there = carol.ask(method, address, b"01234", Upload_Offset="0")
        nowhere = carol.ask(method, f"{UPLOADS}{uuid4()}/", b"01234", Upload_Offset="0")
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content


# --- Creation ---------------------------------------------------------------------------------------------


def test_a_new_upload_is_told_by_its_whole_address(tus: Tus) -> None:
    answer = tus.begin(10)
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(f"http://testserver{UPLOADS}")
    assert "Upload-Offset" not in answer.headers


def test_the_limit_itself_is_allowed_and_a_byte_more_is_not(
    tus: Tus, settings: Any, untouched: Untouched
) -> None:
    settings.PAGECAST_MAX_UPLOAD_BYTES = 10
    assert tus.begin(10).status_code == 201
    with untouched():
        problem(tus.begin(11), 413, "file")
        problem(tus.begin(11, Upload_Length="9" * 5000), 413, "file")


def test_an_upload_without_bytes_is_refused(tus: Tus, untouched: Untouched) -> None:
    with untouched():
        answer = problem(tus.begin(0, Upload_Metadata=f"filename {encoded('Dawn.mp4')}"), 400, "file")
    assert "Dawn.mp4" in answer["errors"]["file"][0]


@pytest.mark.parametrize("size", [None, "", "-1", "+5", "5.0", "0x5", "five", "٥", "5,5", " "])
def test_a_size_that_is_no_number_is_refused(tus: Tus, size: str | None, untouched: Untouched) -> None:
    with untouched():
        problem(tus.ask("POST", UPLOADS, Upload_Length=size), 400, "Upload-Length")


def test_a_size_that_is_told_later_is_not_offered(tus: Tus, untouched: Untouched) -> None:
    with untouched():
        problem(tus.begin(5, Upload_Length=None, Upload_Defer_Length="1"), 400, "Upload-Defer-Length")


def test_what_the_disk_has_no_room_for_is_refused(
    tus: Tus, monkeypatch: pytest.MonkeyPatch, untouched: Untouched
) -> None:
    full = shutil.disk_usage("/")._replace(free=9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with untouched():
        assert "full" in problem(tus.begin(10), 507)["detail"]


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        (f"filename {encoded('Рассвет.mp4')}", "Рассвет.mp4"),
        (f"name {encoded('Dawn.mp4')}", "Dawn.mp4"),
        (f"name {encoded('a')},filename {encoded('b')}", "b"),
        (f"filename {encoded('../../etc/passwd')}", "passwd"),
        (f"filename {encoded(chr(0) + 'a' + chr(10) + 'b')}", "ab"),
        (f"filename {encoded(b'caf' + bytes([0xE9]))}", "caf�"),
        (f"filename {encoded('x' * 1000 + '.mp4')}", "x" * 496 + ".mp4"),
        ("filename", "file"),
        ("filename ", "file"),
        (f"is_confidential, filename {encoded('Dawn.mp4')}", "Dawn.mp4"),
        (f"type {encoded('video/mp4')}", "file"),
        ("", "file"),
        (None, "file"),
    ],
)
def test_the_name_comes_from_the_metadata(tus: Tus, metadata: str | None, name: str) -> None:
    address = tus.address(10, Upload_Metadata=metadata)
    assert row(address).name == name


@pytest.mark.parametrize(
    "metadata",
    [
        "filename =",
        "filename %%%",
        "filename YQ",
        ",",
        "a YQ==,",
        "a YQ==,a Yg==",
        "a b c",
        "ключ YQ==",
        "a YQ== YQ==",
    ],
)
def test_metadata_that_is_none_is_refused(tus: Tus, metadata: str, untouched: Untouched) -> None:
    with untouched():
        problem(tus.begin(10, Upload_Metadata=metadata), 400, "Upload-Metadata")


def test_metadata_is_given_back_as_it_came(tus: Tus) -> None:
    metadata = f"b, a  ,filename {encoded('Dawn.mp4')}".replace("  ", " ")
    assert tus.head(tus.address(10, Upload_Metadata=metadata)).headers["Upload-Metadata"] == metadata
    assert "Upload-Metadata" not in tus.head(tus.address(10)).headers


def test_the_first_bytes_may_come_at_once(tus: Tus) -> None:
    answer = tus.begin(10, b"01234")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "5")
    assert tus.offset(answer.headers["Location"]) == 5


def test_all_bytes_may_come_at_once(tus: Tus) -> None:
    answer = tus.begin(5, b"01234", **checksum_words(b"01234"))
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "5")
    assert "Upload-Expires" not in answer.headers
    assert row(answer.headers["Location"]).state == STATES.PENDING


def checksum_words(data: bytes, algorithm: str = "sha1") -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in checksum(data, algorithm).items()}


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (415, b"01234", {"Content_Type": "text/plain"}),
        (413, b"01234567890", {}),
        (460, b"01234", checksum_words(b"others")),
        (400, b"01234", {"Upload_Checksum": "crc32 YQ=="}),
    ],
)
def test_first_bytes_that_are_refused_leave_no_upload(
    tus: Tus, status: int, body: bytes, headers: dict[str, str], untouched: Untouched
) -> None:
    with untouched():
        assert tus.begin(10, body, **headers).status_code == status


# --- HEAD and PATCH ---------------------------------------------------------------------------------------


def test_head_tells_how_far_it_has_come_and_is_kept_by_nobody(tus: Tus) -> None:
    address = tus.address(10)
    tus.patch(address, 0, b"012")
    answer = tus.head(address)
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == ("3", "10")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_file_tells_how_far_it_has_come(tus: Tus) -> None:
    address = tus.address(10)
    row(address).staged.write_bytes(b"0123456")
    assert tus.offset(address) == 7


@pytest.mark.parametrize("offset", [0, 2, 4, 10, 11, 10**30])
def test_another_offset_is_refused(tus: Tus, offset: int, untouched: Untouched) -> None:
    address = tus.address(10)
    tus.patch(address, 0, b"012")
    with untouched():
        problem(tus.patch(address, offset, b"345"), 409)


@pytest.mark.parametrize("offset", ["", "-1", "three", "3,3"])
def test_an_offset_that_is_no_number_is_refused(tus: Tus, offset: str, untouched: Untouched) -> None:
    address = tus.address(10)
    with untouched():
        problem(tus.patch(address, None, b"012"), 400, "Upload-Offset")
        problem(tus.patch(address, None, b"012", Upload_Offset=offset), 400, "Upload-Offset")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x"]
)
def test_another_type_is_refused(tus: Tus, content_type: str, untouched: Untouched) -> None:
    address = tus.address(10)
    with untouched():
        problem(tus.patch(address, 0, b"012", Content_Type=content_type), 415)


def test_bytes_past_the_announced_size_are_refused(tus: Tus, untouched: Untouched) -> None:
    address = tus.address(10)
    tus.patch(address, 0, b"01234")
    with untouched():
        assert "10 bytes" in problem(tus.patch(address, 5, b"567890"), 413)["detail"]


def test_a_finished_upload_takes_nothing_more(tus: Tus, untouched: Untouched) -> None:
    address = tus.whole(b"0123456789")
    with untouched():
        assert tus.patch(address, 10, b"").headers["Upload-Offset"] == "10"
        problem(tus.patch(address, 10, b"x"), 413)
        problem(tus.patch(address, 9, b"x"), 409)
    assert tus.offset(address) == 10


@pytest.mark.parametrize(
    "ask", [Tus.head, lambda tus, address: tus.patch(address, 5, b"")], ids=["HEAD", "PATCH"]
)
def test_what_a_crash_left_unfinished_behind_the_last_byte_is_finished(
    tus: Tus, ask: Callable[[Tus, str], Any]
) -> None:
    address = tus.address(5)
    row(address).staged.write_bytes(b"01234")
    assert ask(tus, address).headers["Upload-Offset"] == "5"
    assert row(address).state == STATES.PENDING


def test_an_upload_whose_bytes_are_gone_is_gone(tus: Tus) -> None:
    address = tus.address(5)
    row(address).staged.unlink()
    assert tus.head(address).status_code == 410
    problem(tus.patch(address, 0, b"01234"), 410)
    assert not row(address).staged.exists()


# --- Checksums --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_a_piece_that_is_what_its_checksum_says_is_kept(tus: Tus, algorithm: str) -> None:
    address = tus.address(10)
    tus.patch(address, 0, b"012")
    assert tus.patch(address, 3, b"3456789", **checksum_words(b"3456789", algorithm)).status_code == 204
    assert row(address).staged.read_bytes() == b"0123456789"


def test_nothing_of_a_piece_that_is_not_is_kept(tus: Tus, folders: Path) -> None:
    address = tus.address(10)
    tus.patch(address, 0, b"012")
    answer = tus.patch(address, 3, b"3456789", **checksum_words(b"3456788"))
    assert (answer.status_code, answer.json()["title"]) == (460, "Checksum Mismatch")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert staged(folders) == [b"012"]
    assert tus.offset(address) == 3


@pytest.mark.parametrize(
    "told",
    ["", "sha1", "sha1 ", "sha1 %", "sha1 YQ==", "crc32 YQ==", "SHA1 x", f"sha512 {encoded(bytes(64))}"],
)
def test_a_checksum_that_is_none_is_refused(tus: Tus, told: str, untouched: Untouched) -> None:
    address = tus.address(10)
    with untouched():
        problem(tus.patch(address, 0, b"012", Upload_Checksum=told), 400, "Upload-Checksum")


# --- Expiration and termination ---------------------------------------------------------------------------


def expire(address: str) -> None:
    Upload.objects.filter(pk=row(address).pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))


def test_it_is_told_until_when_the_rest_is_waited_for(tus: Tus) -> None:
    answer = tus.begin(10)
    left = parsedate_to_datetime(answer.headers["Upload-Expires"]) - timezone.now()
    assert resuming.EXPIRY - dt.timedelta(minutes=1) < left <= resuming.EXPIRY
    assert answer.headers["Upload-Expires"].endswith(" GMT")


def test_every_piece_moves_it_on(tus: Tus) -> None:
    address = tus.address(10)
    early = timezone.now() + dt.timedelta(hours=1)
    Upload.objects.filter(pk=row(address).pk).update(expires_at=early)
    answer = tus.patch(address, 0, b"012")
    assert parsedate_to_datetime(answer.headers["Upload-Expires"]) > early + dt.timedelta(days=1)
    assert tus.head(address).headers["Upload-Expires"] == answer.headers["Upload-Expires"]


def test_what_is_finished_does_not_expire(tus: Tus) -> None:
    address = tus.whole(b"0123456789")
    assert "Upload-Expires" not in tus.head(address).headers
    expire(address)
    assert tus.offset(address) == 10


def test_what_has_expired_is_gone(tus: Tus, untouched: Untouched) -> None:
    address = tus.address(10)
    tus.patch(address, 0, b"012")
    expire(address)
    with untouched():
        assert tus.head(address).status_code == 410
        problem(tus.patch(address, 3, b"345"), 410)
        assert "Upload-Offset" not in tus.head(address).headers


def test_what_is_given_up_is_removed_with_its_bytes(tus: Tus, folders: Path) -> None:
    address = tus.address(10)
    tus.patch(address, 0, b"012")
    answer = tus.ask("DELETE", address)
    assert (answer.status_code, answer.content) == (204, b"")
    assert staged(folders) == []
    assert tus.head(address).status_code == tus.ask("DELETE", address).status_code == 404
    problem(tus.patch(address, 3, b"345"), 404)


def test_what_a_content_has_is_not_removed(tus: Tus, untouched: Untouched) -> None:
    address = tus.whole(b"0123456789")
    Video.objects.create(title="Dawn", upload=row(address))
    with untouched():
        problem(tus.ask("DELETE", address), 409)


def test_what_a_worker_has_in_hand_is_not_removed(tus: Tus, untouched: Untouched) -> None:
    address = tus.whole(b"0123456789")
    Upload.objects.update(state=STATES.PROCESSING)
    with untouched():
        problem(tus.ask("DELETE", address), 409)


# --- Concatenation ----------------------------------------------------------------------------------------


def part(tus: Tus, data: bytes) -> str:
    return tus.whole(data, Upload_Concat="partial")


def join(tus: Tus, *addresses: str, **headers: str | None) -> Any:
    return tus.ask("POST", UPLOADS, Upload_Concat=f"final;{' '.join(addresses)}", **headers)


def test_parts_are_put_together(tus: Tus) -> None:
    parts = [part(tus, data) for data in (b"012", b"3456", b"789")]
    answer = join(tus, *parts, Upload_Metadata=f"filename {encoded('Dawn.mp4')}")
    assert answer.status_code == 201
    whole = row(answer.headers["Location"])
    assert (whole.name, whole.size, whole.sha256, whole.state) == ("Dawn.mp4", 10, "", STATES.PENDING)
    assert not whole.is_part
    assert list(whole.parts.order_by("part_number")) == [row(address) for address in parts]


def test_a_whole_says_what_it_was_put_together_from(tus: Tus) -> None:
    parts = [urlsplit(part(tus, b"012")).path, part(tus, b"345")]
    head = tus.head(join(tus, *parts, Upload_Metadata="a").headers["Location"])
    assert head.headers["Upload-Concat"] == f"final;{' '.join(parts)}"
    assert head.headers["Upload-Offset"] == head.headers["Upload-Length"] == "6"
    assert head.headers["Upload-Metadata"] == "a"
    assert tus.head(parts[1]).headers["Upload-Concat"] == "partial"


def test_a_whole_takes_no_bytes(tus: Tus, untouched: Untouched) -> None:
    address = join(tus, part(tus, b"012")).headers["Location"]
    with untouched():
        problem(tus.patch(address, 3, b"345"), 403)
        problem(tus.patch(address, 3, b""), 403)


def test_parts_are_named_by_addresses_with_and_without_a_host(tus: Tus) -> None:
    addresses = [part(tus, data) for data in (b"0", b"1", b"2", b"3")]
    path = urlsplit(addresses[1]).path
    named = [addresses[0], path, path_of(addresses[2]), addresses[3].rstrip("/")]
    assert row(join(tus, *named).headers["Location"]).size == 4


def path_of(address: str) -> str:
    """Relative to where uploads begin."""
    return urlsplit(address).path.removeprefix(UPLOADS)


@pytest.mark.parametrize("named", ["nonsense", "http://[", f"{UPLOADS}12/", "/api/content/1/", "../"])
def test_what_is_no_address_of_an_upload_is_refused(tus: Tus, named: str, untouched: Untouched) -> None:
    with untouched():
        problem(join(tus, named), 400, "Upload-Concat")


def test_only_ones_own_parts_are_put_together(tus: Tus, carol: Tus, untouched: Untouched) -> None:
    mine, theirs, no_part = part(tus, b"012"), part(carol, b"345"), tus.whole(b"678")
    with untouched():
        for named in ([], [theirs], [mine, theirs], [mine, mine], [no_part], [f"{UPLOADS}{uuid4()}/"]):
            problem(join(tus, *named), 400)


def test_parts_that_have_not_arrived_are_refused(tus: Tus, untouched: Untouched) -> None:
    named = [part(tus, b"012"), tus.address(3, Upload_Concat="partial")]
    with untouched():
        problem(join(tus, *named), 409)


def test_a_part_belongs_to_one_whole(tus: Tus, untouched: Untouched) -> None:
    first, second = part(tus, b"012"), part(tus, b"345")
    join(tus, first, second)
    with untouched():
        problem(join(tus, second, first), 409)
        problem(join(tus, second), 409)
        problem(tus.ask("DELETE", first), 409)


def test_who_did_not_hear_the_answer_asks_again_and_gets_the_same_whole(tus: Tus) -> None:
    parts = [part(tus, b"012"), part(tus, b"345")]
    answers = [join(tus, *parts) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert Upload.objects.count() == 3


def test_the_whole_has_the_limit_of_any_file(tus: Tus, settings: Any, untouched: Untouched) -> None:
    settings.PAGECAST_MAX_UPLOAD_BYTES = 5
    parts = [part(tus, b"012"), part(tus, b"345")]
    with untouched():
        problem(join(tus, *parts), 413, "file")


def test_a_whole_has_no_size_and_no_bytes_of_its_own(tus: Tus, untouched: Untouched) -> None:
    named = part(tus, b"012")
    with untouched():
        problem(join(tus, named, Upload_Length="3"), 400, "Upload-Concat")
        answer = tus.ask("POST", UPLOADS, b"012", Upload_Concat=f"final;{named}")
        problem(answer, 400, "Upload-Concat")


@pytest.mark.parametrize("told", ["final", "partially", "x"])
def test_other_words_about_putting_together_are_refused(tus: Tus, told: str, untouched: Untouched) -> None:
    with untouched():
        problem(tus.begin(10, Upload_Concat=told), 400, "Upload-Concat")


def test_a_whole_that_is_given_up_takes_its_parts_along(tus: Tus, folders: Path) -> None:
    address = join(tus, part(tus, b"012"), part(tus, b"345")).headers["Location"]
    assert tus.ask("DELETE", address).status_code == 204
    assert staged(folders) == []
    assert not Upload.objects.exists()


# --- What becomes of it -----------------------------------------------------------------------------------


def attach(tus: Tus, address: str) -> Any:
    fields = {"content_type": "video", "title": "Dawn", "upload": str(row(address).pk)}
    return tus.client.post("/api/content/", fields)


def test_a_finished_upload_becomes_the_file_of_a_content(tus: Tus) -> None:
    address = tus.whole(b"0123456789")
    answer = attach(tus, address)
    assert answer.status_code == 201, answer.content
    assert Content.objects.get(pk=answer.json()["id"]).upload == row(address)


def test_an_upload_that_has_not_arrived_does_not(tus: Tus, untouched: Untouched) -> None:
    address = tus.address(10)
    with untouched():
        problem(attach(tus, address), 409, "upload")


def test_a_part_does_not(tus: Tus, untouched: Untouched) -> None:
    address = part(tus, b"0123456789")
    with untouched():
        problem(attach(tus, address), 409, "upload")


# --- From other sites -------------------------------------------------------------------------------------


def test_clients_of_named_sites_may_send_and_read_the_words_of_the_protocol(
    tus: Tus, reader: APIClient, settings: Any
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [home := "https://editing.example.org"]
    words = (
        "tus-resumable, upload-length, upload-offset, upload-metadata, upload-concat, upload-checksum, "
        "x-http-method-override, content-type, authorization"
    )
    asked = {"Origin": home, "Access-Control-Request-Method": "PATCH"}
    answer = reader.options(UPLOADS, headers=asked | {"Access-Control-Request-Headers": words})
    allowed = {word.strip() for word in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed >= {word.strip() for word in words.split(",")}
    exposed = tus.begin(10, Origin=home).headers["Access-Control-Expose-Headers"]
    assert {word.strip().lower() for word in exposed.split(",")} >= {
        *("location", "tus-resumable", "tus-version", "tus-extension", "tus-max-size"),
        *("upload-offset", "upload-length", "upload-expires", "upload-metadata", "upload-concat"),
    }
