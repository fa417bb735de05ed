"""The ways in: everything by which somebody may change what readers see, in groups of what it comes to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.core.management import call_command
from django.db import models, transaction
from django.db.models import F
from django.urls import reverse

from pagecast.pages import editing
from pagecast.pages.admin.desk.form import PageForm
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Content, Page, Placement, Text
from tests.pages.books_stage import Stage

#: A fixture fills nothing in.
DATES = dict.fromkeys(("created_at", "updated_at"), datetime(2026, 11, 23, 12, tzinfo=UTC))

# --- A content is switched on or off ---------------------------------------------------------------------

Switch = Callable[[Stage, str, bool], object]


def _saved(row: Any, on: bool, **options: Any) -> None:
    row.is_active = on
    row.save(**options)


def _changed(row: Any, on: bool) -> Any:
    row.is_active = on
    return row


def _rolled_back_first(stage: Stage, name: str, on: bool) -> None:
    with transaction.atomic():
        _saved(stage.content(name), on)
        transaction.set_rollback(True)
    _saved(stage.content(name), on)


SWITCHES: dict[str, Switch] = {
    "save": lambda stage, name, on: _saved(stage.content(name), on),
    "save of one field": lambda stage, name, on: _saved(stage.content(name), on, update_fields=["is_active"]),
    "save of the bare content": lambda stage, name, on: _saved(stage.base(name), on),
    "save at the second attempt": _rolled_back_first,
    "asave": lambda stage, name, on: async_to_sync(_changed(stage.content(name), on).asave)(),
    "update of contents": lambda stage, name, on: Content.objects.filter(title=name).update(is_active=on),
    "update of its kind": lambda stage, name, on: (
        type(stage.content(name)).objects.filter(title=name).update(is_active=on)
    ),
    "update of bare contents": lambda stage, name, on: (
        Content.objects.non_polymorphic().filter(title=name).update(is_active=on)
    ),
    "update by what it changes": lambda stage, name, on: Content.objects.filter(
        title=name, is_active=not on
    ).update(is_active=on),
    "update by where it stands": lambda stage, name, on: Content.objects.filter(
        title=name, placements__page__is_active=True
    ).update(is_active=on),
    "aupdate": lambda stage, name, on: async_to_sync(Content.objects.filter(title=name).aupdate)(
        is_active=on
    ),
    "bulk_update": lambda stage, name, on: Content.objects.bulk_update(
        [_changed(stage.content(name), on)], ["is_active"]
    ),
    "bulk_update of its kind": lambda stage, name, on: type(stage.content(name)).objects.bulk_update(
        [_changed(stage.content(name), on)], ["is_active"]
    ),
    "update_or_create": lambda stage, name, on: Content.objects.update_or_create(
        title=name, defaults={"is_active": on}
    ),
    "editing": lambda stage, name, on: editing.write_content(stage.content(name), {"is_active": on}),
    "fixture": lambda stage, name, on: load(_changed(stage.base(name), on)),
    "API": lambda stage, name, on: _api(
        stage.editor.patch, f"/api/content/{stage.contents[name]}/", is_active=on
    ),
    "admin": lambda stage, name, on: submit(
        stage,
        reverse("admin:pages_content_change", args=[stage.contents[name]]),
        is_active="on" if on else None,
    ),
}

# --- A content is deleted --------------------------------------------------------------------------------

Deletion = Callable[[Stage, str], object]

DELETIONS: dict[str, Deletion] = {
    "delete": lambda stage, name: stage.content(name).delete(),
    "delete of the bare content": lambda stage, name: stage.base(name).delete(),
    "adelete": lambda stage, name: async_to_sync(stage.content(name).adelete)(),
    "delete among contents": lambda stage, name: Content.objects.filter(title=name).delete(),
    "delete among its kind": lambda stage, name: (
        type(stage.content(name)).objects.filter(title=name).delete()
    ),
    "delete among bare contents": lambda stage, name: (
        Content.objects.non_polymorphic().filter(title=name).delete()
    ),
    "delete among several": lambda stage, name: Content.objects.filter(title__in=[name, "spare"]).delete(),
    "API": lambda stage, name: _api(stage.editor.delete, f"/api/content/{stage.contents[name]}/"),
    "admin": lambda stage, name: stage.admin.post(
        reverse("admin:pages_content_delete", args=[stage.contents[name]]), {"post": "yes"}
    ),
}

# --- A page is deleted -----------------------------------------------------------------------------------

PAGE_DELETIONS: dict[str, Deletion] = {
    "delete": lambda stage, name: stage.page(name).delete(),
    "delete among pages": lambda _stage, name: Page.objects.filter(title=name).delete(),
    "delete in a larger edit": lambda stage, name: _in_one_edit(stage.page(name).delete),
    "API": lambda stage, name: _api(stage.editor.delete, f"/api/page/content/{stage.pages[name]}/"),
    "admin": lambda stage, name: stage.admin.post(
        reverse("admin:pages_page_delete", args=[stage.pages[name]]), {"post": "yes"}
    ),
    "admin action": lambda stage, name: stage.admin.post(
        reverse("admin:pages_page_changelist"),
        {"action": "delete_selected", "_selected_action": stage.pages[name], "post": "yes"},
    ),
}

# --- The spare content is put on the first page, behind the others ----------------------------------------

Way = Callable[[Stage], object]


def _new(stage: Stage, **fields: Any) -> Placement:
    page, content = stage.pages["first"], stage.contents["spare"]
    return Placement(**{"page_id": page, "content_id": content, "position": 9} | fields)


PLACINGS: dict[str, Way] = {
    "save": lambda stage: _new(stage).save(),
    "create": lambda stage: Placement.objects.create(
        page=stage.page("first"), content=stage.content("spare"), position=9
    ),
    "get_or_create": lambda stage: Placement.objects.get_or_create(
        page=stage.page("first"), content=stage.content("spare"), defaults={"position": 9}
    ),
    "update_or_create": lambda stage: Placement.objects.update_or_create(
        page=stage.page("first"), content=stage.content("spare"), defaults={"position": 9}
    ),
    "bulk_create": lambda stage: Placement.objects.bulk_create([_new(stage)]),
    "bulk_create in spite of conflicts": lambda stage: Placement.objects.bulk_create(
        [_new(stage), _new(stage, content_id=stage.contents["film"])], ignore_conflicts=True
    ),
    "bulk_create over what is there": lambda stage: Placement.objects.bulk_create(
        [_new(stage), _new(stage, content_id=stage.contents["film"], position=1)],
        update_conflicts=True,
        unique_fields=["page", "content"],
        update_fields=["position"],
    ),
    "create on the page": lambda stage: stage.page("first").placements.create(
        content=stage.content("spare"), position=9
    ),
    "create on the content": lambda stage: stage.content("spare").placements.create(
        page=stage.page("first"), position=9
    ),
    "get_or_create on the page": lambda stage: stage.page("first").placements.get_or_create(
        content=stage.content("spare"), defaults={"position": 9}
    ),
    "add on the page, by save": lambda stage: stage.page("first").placements.add(_new(stage), bulk=False),
    "editing": lambda stage: editing.arrange(
        stage.page("first"), stage.ids("film", "hidden", "sound", "coming", "spare")
    ),
    "fixture": lambda stage: load(_new(stage, pk=1000)),
    "API": lambda stage: _api(
        stage.editor.patch,
        f"/api/page/content/{stage.pages['first']}/",
        contents=stage.ids("film", "hidden", "sound", "coming", "spare"),
    ),
    "admin": lambda stage: submit(
        stage,
        reverse("admin:pages_page_change", args=[stage.pages["first"]]),
        contents=stage.ids("film", "hidden", "sound", "coming", "spare"),
    ),
}

# --- The film is taken off the first page ------------------------------------------------------------------

REMOVALS: dict[str, Way] = {
    "delete": lambda stage: stage.placement("first", "film").delete(),
    "delete among placements": lambda stage: Placement.objects.filter(
        page=stage.pages["first"], content=stage.contents["film"]
    ).delete(),
    "delete on the page": lambda stage: stage.page("first").placements.filter(content__title="film").delete(),
    "delete on the content": lambda stage: (
        stage.content("film").placements.filter(page__title="first").delete()
    ),
    "editing": lambda stage: editing.arrange(stage.page("first"), stage.ids("hidden", "sound", "coming")),
    "API": lambda stage: _api(
        stage.editor.patch,
        f"/api/page/content/{stage.pages['first']}/",
        contents=stage.ids("hidden", "sound", "coming"),
    ),
    "admin": lambda stage: submit(
        stage,
        reverse("admin:pages_page_change", args=[stage.pages["first"]]),
        contents=stage.ids("hidden", "sound", "coming"),
    ),
}

# --- The sound goes from the first page to the third -------------------------------------------------------


def _placed(stage: Stage, **fields: Any) -> Placement:
    placement = stage.placement("first", "sound")
    for name, value in fields.items():
        setattr(placement, name, value)
    return placement


MOVES: dict[str, Way] = {
    "save": lambda stage: _placed(stage, page=stage.page("third")).save(),
    "save of one field": lambda stage: _placed(stage, page=stage.page("third")).save(update_fields=["page"]),
    "update": lambda stage: Placement.objects.filter(pk=_placed(stage).pk).update(page=stage.page("third")),
    "update on the page": lambda stage: (
        stage.page("first").placements.filter(content__title="sound").update(page=stage.pages["third"])
    ),
    "update on the content": lambda stage: stage.content("sound").placements.update(page=stage.page("third")),
    "bulk_update": lambda stage: Placement.objects.bulk_update(
        [_placed(stage, page=stage.page("third"))], ["page"]
    ),
    "bulk_create over what is there": lambda stage: Placement.objects.bulk_create(
        [_placed(stage, page=stage.page("third"))],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["page"],
    ),
    "update_or_create": lambda stage: Placement.objects.update_or_create(
        pk=_placed(stage).pk, defaults={"page": stage.page("third")}
    ),
    "add on the page": lambda stage: stage.page("third").placements.add(_placed(stage)),
    "add on the page, by save": lambda stage: stage.page("third").placements.add(_placed(stage), bulk=False),
    "delete and create": lambda stage: (
        _placed(stage).delete(),
        Placement.objects.create(page=stage.page("third"), content=stage.content("sound")),
    ),
    "two arrangements in one edit": lambda stage: _in_one_edit(
        lambda: editing.arrange(stage.page("first"), stage.ids("film", "hidden", "coming")),
        lambda: editing.arrange(stage.page("third"), stage.ids("sound")),
    ),
    "fixture": lambda stage: load(_placed(stage, page=stage.page("third"))),
}

# --- The first page shows the note where the sound was -----------------------------------------------------

REPLACEMENTS: dict[str, Way] = {
    "save": lambda stage: _placed(stage, content=stage.content("note")).save(),
    "update": lambda stage: Placement.objects.filter(pk=_placed(stage).pk).update(
        content=stage.contents["note"]
    ),
    "bulk_update": lambda stage: Placement.objects.bulk_update(
        [_placed(stage, content=stage.content("note"))], ["content"]
    ),
    "add on the content": lambda stage: stage.content("note").placements.add(_placed(stage)),
    "fixture": lambda stage: load(_placed(stage, content=stage.content("note"))),
}

# --- The first page shows the sound before the film --------------------------------------------------------

REORDERINGS: dict[str, Way] = {
    "save": lambda stage: _placed(stage, position=0).save(),
    "update": lambda stage: Placement.objects.filter(pk=_placed(stage).pk).update(position=F("position") - 3),
    "update on the page": lambda stage: stage.page("first").placements.update(position=10 - F("position")),
    "bulk_update": lambda stage: Placement.objects.bulk_update([_placed(stage, position=0)], ["position"]),
    "editing": lambda stage: editing.arrange(
        stage.page("first"), stage.ids("sound", "coming", "film", "hidden")
    ),
    "API": lambda stage: _api(
        stage.editor.patch,
        f"/api/page/content/{stage.pages['first']}/",
        contents=stage.ids("sound", "coming", "film", "hidden"),
    ),
    "admin": lambda stage: submit(
        stage,
        reverse("admin:pages_page_change", args=[stage.pages["first"]]),
        contents=stage.ids("sound", "hidden", "film", "coming"),
    ),
}

# --- A page, or what stands on it, changes otherwise -------------------------------------------------------


def _of_page(stage: Stage, **fields: Any) -> Page:
    page = stage.page("first")
    for name, value in fields.items():
        setattr(page, name, value)
    return page


PAGE_CHANGES: dict[str, Callable[[Stage, dict[str, Any]], object]] = {
    "save": lambda stage, fields: _of_page(stage, **fields).save(),
    "save of named fields": lambda stage, fields: _of_page(stage, **fields).save(update_fields=list(fields)),
    "update": lambda stage, fields: Page.objects.filter(title="first").update(**fields),
    "bulk_update": lambda stage, fields: Page.objects.bulk_update([_of_page(stage, **fields)], list(fields)),
    "bulk_create over what is there": lambda stage, fields: Page.objects.bulk_create(
        [_of_page(stage, **fields)], update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
    ),
    "bulk_create over its address": lambda stage, fields: Page.objects.bulk_create(
        [Page(slug="first", **{"title": "first"} | fields)],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=list(fields),
    ),
    "update_or_create": lambda stage, fields: Page.objects.update_or_create(slug="first", defaults=fields),
    "editing": lambda stage, fields: editing.change_page(stage.page("first"), fields),
    "fixture": lambda stage, fields: load(_of_page(stage, **fields)),
    "API": lambda stage, fields: _api(
        stage.editor.patch, f"/api/page/content/{stage.pages['first']}/", **fields
    ),
    "admin": lambda stage, fields: submit(
        stage,
        reverse("admin:pages_page_change", args=[stage.pages["first"]]),
        **{name: value or None for name, value in fields.items()},
    ),
}

# --- A page, and a content, are made -----------------------------------------------------------------------

NEW_PAGES: dict[str, Way] = {
    "save": lambda stage: Page(title="fourth").save(),
    "create": lambda stage: Page.objects.create(title="fourth"),
    "get_or_create": lambda stage: Page.objects.get_or_create(title="fourth"),
    "update_or_create": lambda stage: Page.objects.update_or_create(title="fourth"),
    "bulk_create": lambda stage: Page.objects.bulk_create([Page(title="fourth")]),
    "bulk_create in spite of conflicts": lambda stage: Page.objects.bulk_create(
        [Page(title="fourth")], ignore_conflicts=True
    ),
    "editing": lambda stage: editing.create_page({"title": "fourth"}),
    "fixture": lambda stage: load(_prepared(Page(pk=1000, title="fourth", **DATES))),
    "API": lambda stage: _api(stage.editor.post, "/api/page/content/", title="fourth"),
    "admin": lambda stage: submit(stage, reverse("admin:pages_page_add"), title="fourth"),
}

NEW_CONTENTS: dict[str, Way] = {
    "save": lambda stage: Text(title="new").save(),
    "create": lambda stage: Text.objects.create(title="new"),
    "get_or_create": lambda stage: Text.objects.get_or_create(title="new"),
    "update_or_create": lambda stage: Text.objects.update_or_create(title="new"),
    "bulk_create of bare contents": lambda stage: Content.objects.bulk_create([Content(title="new")]),
    "editing": lambda stage: editing.write_content(Text(), {"title": "new"}),
    "fixture": lambda stage: _load_new_text(),
    "API": lambda stage: _api(stage.editor.post, "/api/content/", title="new", content_type="text"),
    "admin": lambda stage: submit(
        stage,
        reverse("admin:pages_content_add") + f"?ct_id={ContentType.objects.get_for_model(Text).pk}",
        title="new",
    ),
}

# --- How ----------------------------------------------------------------------------------------------------


def load(*rows: models.Model) -> None:
    """`loaddata` with these rows."""
    with tempfile.TemporaryDirectory() as folder:
        fixture = Path(folder, "rows.json")
        fixture.write_text(serializers.serialize("json", rows))
        call_command("loaddata", fixture, verbosity=0)


def submit(stage: Stage, url: str, **changes: Any) -> None:
    """Open a form of the admin, change these fields (None: empty them), and save it."""
    shown = stage.admin.get(url).context
    form = shown["adminform"].form
    data = dict(_fields("", form))
    if isinstance(form, PageForm):
        data["loaded"] = form.loaded.to_json()
    for rows in (each.formset for each in shown["inline_admin_formsets"]):
        data.update(_fields("", rows.management_form))
        for form in rows.initial_forms:
            data.update(_fields("", form))
    filled = {
        name: value for name, value in (data | changes).items() if value is not None and value is not False
    }
    answer = stage.admin.post(url, filled)
    assert answer.status_code == 302, answer.context["errors"]


def _fields(_prefix: str, form: Any) -> Iterable[tuple[str, Any]]:
    for field in form:
        value = field.value()
        yield field.html_name, getattr(value, "pk", value)


def _api(method: Callable[..., Any], url: str, **fields: Any) -> None:
    answer = method(url, fields or None)
    assert answer.status_code in (200, 201, 204), answer.content


def _in_one_edit(*changes: Callable[[], object]) -> None:
    with one_edit():
        for change in changes:
            change()


def _prepared(row: Any) -> Any:
    row.prepare()
    return row


def _load_new_text() -> None:
    kind = ContentType.objects.get_for_model(Text)
    base = _prepared(Content(pk=1000, title="new", polymorphic_ctype=kind, **DATES))
    load(base, Text(pk=1000, polymorphic_ctype=kind))
