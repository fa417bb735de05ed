"""Editors who send parcels, each from a thread of their own, until every one is acknowledged."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from .parcels import Parcel
from .register import Delivery, Word
from .sending import CONTENTS, Connection, CutError, FullError, NotSentError
from .world import World

# By which ways a parcel goes, and how often.
WAYS = {"form": 5, "in pieces": 3, "in parallel": 2}
# Of the contents that were made, so many are soon deleted: their files are for the sweeps.
DELETED = 0.15


class Sender:
    """One of them."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._chance = random.Random(f"{world.seed} {number}")
        self._connection = Connection(world.url, world.token, self._chance, world.count, world.away)

    def run(self) -> None:
        """Send one parcel after the other until there are no more."""
        try:
            while (parcel := self._world.next()) is not None:
                way = self._chance.choices(list(WAYS), list(WAYS.values()))[0]
                delivery = self._send_form(parcel) if way == "form" else self._send_resumable(parcel, way)
                self._world.count(f"sent {way}")
                if delivery.content and self._chance.random() < DELETED:
                    self._delete(delivery)
        finally:
            self._connection.close()

    def _send_form(self, parcel: Parcel) -> Delivery:
        def body(title: str) -> dict[str, Any]:
            files = {"file": (parcel.name, self._connection.slow(parcel.data))}
            if parcel.subtitles:
                files["subtitles"] = (parcel.subtitles.name, self._connection.slow(parcel.subtitles.data))
            return {"data": {"content_type": parcel.kind, "title": title}, "files": files}

        return self._insist(parcel, body)

    def _send_resumable(self, parcel: Parcel, way: str) -> Delivery:
        send = self._connection.upload if way == "in pieces" else self._connection.parallel_upload
        fields: dict[str, Any] = {"content_type": parcel.kind, "upload": send(parcel.name, parcel.data)}
        if parcel.subtitles:
            key = self._connection.upload(parcel.subtitles.name, parcel.subtitles.data)
            fields["subtitles"] = [{"language": "ru", "upload": key}]
        return self._insist(parcel, lambda title: {"json": fields | {"title": title}})

    def _insist(self, parcel: Parcel, body: Callable[[str], dict[str, Any]]) -> Delivery:
        while not (delivery := self._try(parcel, body)):
            time.sleep(self._chance.uniform(0.1, 0.4))
        return delivery

    def _try(self, parcel: Parcel, body: Callable[[str], dict[str, Any]]) -> Delivery | None:
        """Make a content of it; None when that did not work out, or nobody knows."""
        delivery = self._world.register.begin(parcel)
        try:
            answer = self._connection.ask("POST", CONTENTS, 201, 409, **body(delivery.title))
        except CutError:
            """It is made, or not."""
        except (NotSentError, FullError):
            delivery.made = Word.NO
        else:
            return self._read(delivery, answer)
        return None

    def _read(self, delivery: Delivery, answer: httpx.Response) -> Delivery:
        data: Mapping[str, Any] = answer.json()
        if answer.status_code == 201:
            delivery.made, delivery.content = Word.GIVEN, int(data["id"])
            return delivery
        # An earlier try was cut off and took place, and its file was refused meanwhile.
        refusal = delivery.parcel.refusal
        assert refusal, f"{delivery.title}: {answer.text}"
        assert refusal in json.dumps(data, ensure_ascii=False), f"{delivery.title}: {answer.text}"
        delivery.made = Word.NO
        return delivery

    def _delete(self, delivery: Delivery) -> None:
        time.sleep(self._chance.uniform(0, 2))
        delivery.deleted = Word.OPEN
        try:
            self._connection.ask("DELETE", f"{CONTENTS}{delivery.content}/", 204)
        except NotSentError:
            delivery.deleted = Word.NO
        except CutError:
            """It is gone, or not."""
        else:
            delivery.deleted = Word.GIVEN
            self._world.count("deleted")
