"""Which kinds of content there are: every subclass of Content in the installed apps."""

from functools import cache

from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from .models import Content


@cache
def kinds() -> dict[str, type[Content]]:
    """The kinds by name, those of Pagecast first, then in the order of the installed apps."""
    return {
        model.kind(): model
        for model in apps.get_models()
        if issubclass(model, Content) and model is not Content and not model._meta.proxy
    }


def type_of(kind: str) -> ContentType:
    """How the database tells contents of this kind."""
    return ContentType.objects.get_for_model(kinds()[kind], for_concrete_model=False)


def kind_of_file(name: str) -> type[Content] | None:
    """The kind whose files end like this name, if there is one."""
    lower = name.lower()
    return next((kind for kind in kinds().values() if lower.endswith(kind.suffixes or ("\0",))), None)
