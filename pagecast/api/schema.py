"""The OpenAPI schema, and what the views say about themselves in it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from .serializers import ProblemSerializer

# What no database keeps.
NO_NUL = r"^[^\x00]*$"

# The parts of forms that are files.
FILES = ("file", "subtitles")

_WHEN = {
    400: "The request is not right; `errors` names the field.",
    401: "No token, or a wrong one.",
    403: "You may not do this.",
    404: "There is no such thing, or readers may not see it.",
    409: "It does not go with what is there: a taken slug, a content that does not exist.",
    413: "Too large.",
    415: "Neither JSON nor multipart.",
    507: "The disk is full. Nothing was kept; have space made, then try again.",
    503: "The database does not answer, or the server is full. Nothing was counted; try again.",
}


def problems(*statuses: int) -> dict[Any, Any]:
    """The errors that an operation may answer with."""
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemSerializer, description=_WHEN[status])
        for status in sorted({*statuses, 503})
    }


def choice(name: str, choices: list[str], description: str) -> OpenApiParameter:
    """A query parameter that is one of these words."""
    return OpenApiParameter(name, str, enum=choices, description=description)


def tighten(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Say what the generator does not.

    Requests take no unknown names, ids in a list differ, a file has bytes, texts have no NUL, a form has a
    part, a new thing has a body, and a change in part may fit several kinds.
    """
    for name, schema in result["components"]["schemas"].items():
        properties = schema.get("properties", {})
        if properties.get("slug", {}).pop("pattern", None) and name.endswith("Request"):
            # In a pattern of JSON Schema \w is ASCII alone.
            properties["slug"]["pattern"] = r"^[-\p{L}\p{N}_]+$"
        if name.endswith("Request") and schema.get("type") == "object":
            _tighten_request(schema, form=name.endswith("FormRequest"), change=name.startswith("Patched"))
        elif name.endswith("FormRequest"):
            # Files of any kind: tools look for the parts of a form here, and not in its alternatives.
            files = {name: {"type": "string", "format": "binary"} for name in FILES}
            schema |= {"type": "object", "properties": files}
        if name.startswith("Patched") and "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")
            schema.pop("discriminator", None)
    for operations in result["paths"].values():
        if body := operations.get("post", {}).get("requestBody"):
            body["required"] = True
    return result


def _tighten_request(schema: dict[str, Any], *, form: bool, change: bool) -> None:
    schema["additionalProperties"] = False
    if form and change:
        schema["minProperties"] = 1
    properties = schema["properties"]
    for each in properties.values():
        if each.get("type") == "string" and not each.keys() & {"format", "enum", "pattern"}:
            each["pattern"] = NO_NUL
    if "contents" in properties:
        properties["contents"]["uniqueItems"] = True
    if "subtitles_language" in properties:
        # The language of what? Without a file it says nothing.
        alone = {"not": {"required": ["subtitles_language"]}}
        schema["anyOf"] = [{"required": ["subtitles"]}, alone]
    for name in FILES:
        if properties.get(name, {}).get("format") == "binary":
            properties[name]["minLength"] = 1
