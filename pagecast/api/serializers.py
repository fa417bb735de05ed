"""The JSON of pages and contents. What a kind looks like follows from its class."""

from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from pagecast.media.models import STATES_OF_FILES, Blob
from pagecast.pages.kinds import kinds
from pagecast.pages.models import Content, Page, SubtitleTrack
from pagecast.pages.models.subtitles import language_tag
from pagecast.pages.reading import ShownContent, ShownPage

from .fields import StrictChar, StrictInteger, StrictModelSerializer, StrictUUID

SHARED = ("id", "title", "counter", "order", "content_type", "is_active")
OF_EDITORS = ("upload_status", "upload_error", "upload_notices", "pages")
LATER: dict[str, Any] = {"required": False, "write_only": True}


@extend_schema_field({"type": "string", "nullable": True, "description": "An address under /media/."})
class FileAddress(serializers.Field[Blob, None, str, Blob]):
    """Where the content's file is served."""

    def __init__(self) -> None:
        super().__init__(source="blob", read_only=True)

    def to_representation(self, value: Blob) -> str:
        return value.url


def kind_field(kind: str) -> serializers.Field[Any, Any, Any, Any]:
    """`content_type`: in the schema the one value that it can have, so that a union of kinds is exact."""

    @extend_schema_field({"type": "string", "enum": [kind]})
    class Kind(serializers.ChoiceField):
        def get_attribute(self, instance: Content) -> str:
            return kind

        def to_internal_value(self, data: Any) -> str:
            if data != kind:
                self.fail("invalid_choice", input=data if isinstance(data, str) else type(data).__name__)
            return kind

    return Kind(choices=[kind])


class ShownTrackSerializer(serializers.ModelSerializer[SubtitleTrack]):
    """Subtitles as readers get them: a file of ours at `path`, or a link at `url`."""

    path = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = SubtitleTrack
        fields: tuple[str, ...] = ("language", "path", "url")
        read_only_fields = fields
        ref_name = "Subtitles"


class EditedTrackSerializer(ShownTrackSerializer):
    """Subtitles as editors get them, filed or not."""

    upload_status = serializers.ChoiceField(
        choices=STATES_OF_FILES, source="upload.state", read_only=True, allow_null=True, default=None
    )
    upload_error = serializers.CharField(source="upload.error", read_only=True, allow_null=True, default=None)
    upload_notices = serializers.ListField(
        child=serializers.CharField(), source="upload.notices", read_only=True, default=list
    )

    class Meta(ShownTrackSerializer.Meta):
        fields = (*ShownTrackSerializer.Meta.fields, "upload_status", "upload_error", "upload_notices")
        read_only_fields = fields
        ref_name = "EditedSubtitles"

    def to_representation(self, instance: SubtitleTrack) -> dict[str, Any]:
        data = super().to_representation(instance)
        return data | {"upload_error": data["upload_error"] or None}


class WrittenTrackSerializer(StrictModelSerializer):
    """Subtitles as editors send them. Neither `upload` nor `url`: those that are there already stay."""

    upload = StrictUUID(required=False, help_text="The id of a finished upload.")

    class Meta:
        model = SubtitleTrack
        fields = ("language", "upload", "url")
        extra_kwargs = {"language": {"required": False, "default": ""}, "url": {"allow_null": False}}
        ref_name = "WrittenSubtitles"


class _ShownContentSerializer(serializers.ModelSerializer[Any]):
    counter = serializers.IntegerField(read_only=True)
    order = serializers.IntegerField(read_only=True)

    def to_representation(self, instance: ShownContent) -> dict[str, Any]:
        # One content may stand in several places of one answer, in each with an order of its own.
        content: Any = copy(instance.content)
        content.counter, content.order = instance.counter, instance.order
        return super().to_representation(content)


class _EditedContentSerializer(serializers.ModelSerializer[Any]):
    counter = serializers.IntegerField(read_only=True)
    order = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="null: it is the page that gives an order"
    )
    upload_status = serializers.ChoiceField(
        choices=STATES_OF_FILES, source="upload.state", read_only=True, allow_null=True, default=None
    )
    upload_error = serializers.CharField(source="upload.error", read_only=True, allow_null=True, default=None)
    upload_notices = serializers.ListField(
        child=serializers.CharField(),
        source="upload.notices",
        read_only=True,
        default=list,
        help_text="What is worth knowing of a file that is kept: here already, not for browsers, ….",
    )
    pages = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    def to_representation(self, instance: Content) -> dict[str, Any]:
        data = super().to_representation(instance)
        return data | {"upload_error": data["upload_error"] or None}


@cache
def shown_content(kind: type[Content]) -> type[serializers.ModelSerializer[Any]]:
    """How readers get a content of this kind."""
    tracks = ShownTrackSerializer(many=True, read_only=True, source="shown_subtitles")
    return _reading(kind, kind.__name__, _ShownContentSerializer, (), tracks)


@cache
def edited_content(kind: type[Content]) -> type[serializers.ModelSerializer[Any]]:
    """How editors get a content of this kind."""
    tracks = EditedTrackSerializer(many=True, read_only=True)
    return _reading(kind, f"Edited{kind.__name__}", _EditedContentSerializer, OF_EDITORS, tracks)


def _reading(
    kind: type[Content],
    name: str,
    parent: type[serializers.ModelSerializer[Any]],
    more: tuple[str, ...],
    tracks: serializers.BaseSerializer[Any],
) -> type[serializers.ModelSerializer[Any]]:
    fields = [*SHARED, *kind.fields_of_kind(), *more]
    attributes: dict[str, Any] = {"content_type": kind_field(kind.kind())}
    if "subtitles" in fields:
        attributes["subtitles"] = tracks
    if kind.file_field:
        attributes[kind.file_field] = FileAddress()
    meta = {"model": kind, "fields": fields, "read_only_fields": fields, "ref_name": name}
    return type(name, (parent,), attributes | {"Meta": type("Meta", (), meta)})


@cache
def written_content(kind: type[Content], *, form: bool, new: bool) -> type[StrictModelSerializer]:
    """What editors send for a content of this kind: as JSON or as a form, whole or in part."""
    own = [field.name for field in kind.own_fields() if field.editable]
    content_type = kind_field(kind.kind())
    content_type.required = new
    attributes: dict[str, Any] = {"content_type": content_type}
    fields = ["content_type", "title", "is_active", *own]
    if kind.file_field:
        if form:
            attributes["file"] = serializers.FileField(required=False, write_only=True, allow_empty_file=True)
            fields.append("file")
        else:
            upload = StrictUUID(required=False, write_only=True, help_text="The id of a finished upload.")
            attributes["upload"] = upload
            fields.append("upload")
    if kind.takes_subtitles:
        attributes |= (
            _subtitles_of_form() if form else {"subtitles": WrittenTrackSerializer(many=True, **LATER)}
        )
        fields += ["subtitles", "subtitles_language"] if form else ["subtitles"]
    kwargs: dict[str, Any] = {"title": {"required": new}, "is_active": {"required": False}}
    if form:
        # A form has no null: what is absent is left out.
        kwargs |= {name: {"allow_null": False} for name in own}
    meta = {"model": kind, "fields": fields, "extra_kwargs": kwargs}
    name = f"{'' if new else 'Patched'}{kind.__name__}{'Form' if form else ''}"
    return type(name, (StrictModelSerializer,), attributes | {"Meta": type("Meta", (), meta)})


def _subtitles_of_form() -> dict[str, Any]:
    language = SubtitleTrack._meta.get_field("language")
    return {
        "subtitles": serializers.FileField(allow_empty_file=True, **LATER),
        "subtitles_language": StrictChar(
            max_length=language.max_length,
            validators=[language_tag],
            help_text="Such as en, ru or pt-BR. Left out: as the name of the file says.",
            **LATER,
        ),
    }


def union(name: str, build: Any, *, many: bool = False) -> PolymorphicProxySerializer:
    """The schema of "one of the kinds"."""
    return PolymorphicProxySerializer(
        component_name=name,
        serializers=lambda: {kind: build(model) for kind, model in kinds().items()},
        resource_type_field_name="content_type",
        many=many,
    )


@extend_schema_field(union("Content", shown_content, many=True))
class ShownContents(serializers.Field[Any, None, list[dict[str, Any]], Any]):
    """The contents of a page in their order, each as its kind."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # One a kind serves for all pages of an answer: making its fields takes longer than using them.
        self._of_kind: dict[type[Content], serializers.ModelSerializer[Any]] = {}

    def to_representation(self, value: list[ShownContent]) -> list[dict[str, Any]]:
        for kind in {type(shown.content) for shown in value} - self._of_kind.keys():
            self._of_kind[kind] = shown_content(kind)(context=self.context)
        return [self._of_kind[type(shown.content)].to_representation(shown) for shown in value]


class ShownPageSerializer(serializers.ModelSerializer[Any]):
    """A page as readers get it."""

    url = serializers.SerializerMethodField()
    contents = ShownContents(read_only=True)

    class Meta:
        model = Page
        fields = ("id", "url", "title", "slug", "text", "created_at", "updated_at", "contents")
        read_only_fields = fields

    def get_url(self, page: Page) -> str:
        return reverse("api:page-detail", args=[page.pk], request=self.context["request"])

    def to_representation(self, instance: ShownPage) -> dict[str, Any]:
        page: Any = instance.page
        page.contents = instance.contents
        return super().to_representation(page)


class WrittenPageSerializer(StrictModelSerializer):
    """A page as editors send it."""

    contents = serializers.ListField(
        child=StrictInteger(min_value=1),
        required=False,
        help_text="The ids of its contents in their order; replaces the list and the order at once.",
    )

    class Meta:
        model = Page
        fields = ("title", "slug", "text", "is_active", "contents")
        extra_kwargs = {
            # A taken slug is found when the page is written, where two editors may meet.
            "slug": {"required": False, "validators": [], "allow_blank": False},
            "is_active": {"required": False},
        }


class CounterSerializer(serializers.Serializer[Any]):
    """A content's counter, and nothing else of it."""

    id = serializers.IntegerField()
    counter = serializers.IntegerField()


class PageCountersSerializer(serializers.Serializer[Any]):
    """The counters of a page's contents, in its order, and how often the page itself was viewed."""

    id = serializers.IntegerField()
    contents = CounterSerializer(many=True)
    views = serializers.IntegerField()


def told_counters(page: int, counters: Mapping[int, int], views: int) -> dict[str, Any]:
    """What `PageCountersSerializer` describes."""
    contents = [{"id": content, "counter": counter} for content, counter in counters.items()]
    return {"id": page, "contents": contents, "views": views}


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # the name that RFC 9457 suggests
        required=False, help_text="By field: what is wrong and what would be right."
    )
