"""After all of it: whether everything became what was promised, by the API, on the disk and in the rows."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.acceptance.server import Server, wait_for

from .parcels import Parcel
from .register import Register
from .rows import Row, let_study_now, make_old, uploads_and_blobs
from .sending import CONTENTS, UPLOADS
from .small_disk import FILLER
from .world import World

DECIDED = {"completed", "failed"}
# Seconds within which every upload is decided after the last kill; tries after which one is given up.
IN_TIME, ATTEMPTS = 60.0, 5
# Seconds that lie between now and the time at which the test says that the files came.
OLD = 7200


class Inspection:
    """Of one world, whose senders are through. Each check says all that is wrong by itself."""

    def __init__(self, world: World, server: Server) -> None:
        self._world, self._server = world, server
        self._found: dict[str, dict[str, Any]] = {}

    def wait(self, last_kill: float) -> None:
        """Until every upload is decided, and then until every picture is drawn."""
        try:
            wait_for("all uploads to be decided", self.is_decided, IN_TIME - (time.monotonic() - last_kill))
        except TimeoutError as error:
            uploads, _blobs = uploads_and_blobs(self._server)
            waiting = [row for row in uploads if row["state"] in {"pending", "processing"}]
            message = f"{error}; of {len(uploads)} there wait {len(waiting)}: {waiting[:20]}"
            raise TimeoutError(message) from error
        self._world.figures["decided"] = len(self._found)
        self._world.figures["seconds from the last kill to the last decision"] = round(
            time.monotonic() - last_kill
        )
        let_study_now(self._server)
        wait_for(
            "all pictures", lambda: not any(blob["study_due"] for blob in uploads_and_blobs(self._server)[1])
        )
        # Of the first look a part may have come from before the last decision.
        self.is_decided()

    def is_decided(self) -> bool:
        """Look at all contents, and answer whether none of them waits for a worker."""
        found: dict[str, dict[str, Any]] = {}
        editor, number, more = self._server.editor(), 0, True
        while more:
            number += 1
            answer = editor.get(f"{CONTENTS}?page_size=100&page={number}", headers={"Accept-Language": "en"})
            assert answer.status_code == 200, answer.text
            data = answer.json()
            # Texts are of others, who upload nothing.
            for content in (each for each in data["results"] if each["content_type"] != "text"):
                if content["title"] in found and found[content["title"]]["id"] != content["id"]:
                    self._fail(f"there twice: {content}")
                found[content["title"]] = content
            more = bool(data["next"])
        self._found = found
        states = [
            each["upload_status"] for content in found.values() for each in (content, *_tracks(content))
        ]
        return set(states) <= DECIDED

    def inspect(self) -> None:
        """All of it."""
        self.contents()
        uploads, blobs = uploads_and_blobs(self._server)
        self.rows(uploads)
        self.bytes(blobs)
        self.sweep(_paths(blobs))

    def contents(self) -> None:
        """Each content that was acknowledged is there, each that was not is whole, none is too many."""
        register: Register = self._world.register
        for delivery in register:
            if delivery.must_be_there and delivery.title not in self._found:
                self._fail(f"{delivery.title} ({delivery.parcel.name}) was acknowledged, and is not there")
        paths: dict[str, set[str]] = {}
        for title, content in self._found.items():
            found = register.find(title)
            if found is None or not found.may_be_there:
                self._fail(f"nobody has made {title}: {content}")
            elif found.parcel.refusal:
                self._refused(found.parcel, content)
            elif content["upload_status"] != "completed":
                self._fail(f"{title} ({found.parcel.name}) is not kept: {content}")
            else:
                paths.setdefault(found.parcel.sha256, set()).add(self._kept(found.parcel, content))
        for sha256, places in paths.items():
            if len(places) > 1:
                self._fail(f"the bytes {sha256} are kept twice: {sorted(places)}")

    def rows(self, uploads: list[Row]) -> None:
        """Nobody holds what is decided, nothing was tried for ever, no place is reserved for nothing."""
        for upload in uploads:
            is_unused = upload["state"] in {"receiving", "pending"}
            if upload["state"] == "processing" or upload["holder"] or upload["path"]:
                self._fail(f"somebody who is dead still has {upload}")
            if upload["attempts"] > ATTEMPTS + 1:
                self._fail(f"tried too often: {upload}")
            self._world.figures["uploads that nobody used"] += is_unused

    def bytes(self, blobs: list[Row]) -> None:
        """Each blob has its file, with its bytes, and no two have the same."""
        sums: Counter[str] = Counter()
        for blob in blobs:
            path = self._media / blob["path"]
            if not path.is_file():
                self._fail(f"a blob without its file: {blob}")
                continue
            sums[hashlib.sha256(path.read_bytes()).hexdigest()] += 1
            if blob["poster_path"] and not (self._media / blob["poster_path"]).is_file():
                self._fail(f"a picture that is not there: {blob}")
            if "/video/" in blob["path"] and not blob["poster_path"]:
                self._fail(f"a film without a picture: {blob}")
        if set(sums) != {blob["sha256"] for blob in blobs} or sums.total() != len(sums):
            self._fail(f"blobs and their bytes do not agree: {sums} and {blobs}")
        self._world.figures["blobs"] = len(blobs)

    def sweep(self, known: set[str]) -> None:
        """What a sweep leaves are the blobs and their pictures, and what still comes in."""
        editor = self._server.editor()
        told = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
        address = editor.post(UPLOADS, headers=told).headers["Location"]
        half = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        }
        assert editor.patch(address, content=b"half", headers=half).status_code == 204
        wanted = address.rstrip("/").rpartition("/")[2]
        strangers = _tree(self._media) - known
        make_old(self._server, wanted)
        past = time.time() - OLD
        for path in [*self._staging.rglob("*"), *self._media.rglob("*")]:
            os.utime(path, (past, past))
        swept = self._server.run("sweep", "--older-than", "0")
        if swept.returncode:
            self._fail(f"the sweep has failed: {swept.stdout}{swept.stderr}")
        uploads, blobs = uploads_and_blobs(self._server)
        if (left := _tree(self._media)) != _paths(blobs):
            self._fail(f"in the media tree after a sweep: {sorted(left ^ _paths(blobs))}")
        if (left := _tree(self._staging)) != {wanted}:
            self._fail(f"staged after a sweep: {sorted(left)}, and only {wanted} is wanted")
        if lazy := [row for row in uploads if row["state"] not in DECIDED and row["id"] != wanted]:
            self._fail(f"swept, and still there: {lazy}")
        self._world.figures["strangers in the tree before the sweep"] = len(strangers)

    def _refused(self, parcel: Parcel, content: dict[str, Any]) -> None:
        if content["upload_status"] != "failed" or parcel.refusal not in (content["upload_error"] or ""):
            self._fail(f"{parcel.name} must be refused because of “{parcel.refusal}”: {content}")
        self._world.figures["refused"] += 1

    def _kept(self, parcel: Parcel, content: dict[str, Any]) -> str:
        """Where readers get it. They get the bytes that were sent."""
        path = str(content[f"{parcel.kind}_path"])
        answer = self._server.get(path)
        if hashlib.sha256(answer.content).hexdigest() != parcel.sha256:
            self._fail(f"other bytes than were sent ({answer.status_code}): {content}")
        tracks, lines = _tracks(content), [parcel.subtitles.line] if parcel.subtitles else []
        if len(tracks) != len(lines):
            self._fail(f"subtitles: {content}")
        for track, line in zip(tracks, lines, strict=False):
            text = self._server.get(track["path"]).content.decode() if track["path"] else ""
            if not text.startswith("WEBVTT") or line not in text:
                self._fail(f"these are not the subtitles that were sent: {track}: {text!r}")
        self._world.figures["kept"] += 1
        return path

    def _fail(self, message: str) -> None:
        self._world.fail(message)

    @property
    def _media(self) -> Path:
        return self._server.data / "media"

    @property
    def _staging(self) -> Path:
        return self._server.data / "staging"


def _tracks(content: dict[str, Any]) -> list[dict[str, Any]]:
    tracks: list[dict[str, Any]] = content.get("subtitles") or []
    return tracks


def _paths(blobs: list[Row]) -> set[str]:
    return {blob[name] for blob in blobs for name in ("path", "poster_path") if blob[name]}


def _tree(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != FILLER)
    return {str(path.relative_to(folder)) for path in files}
