"""What OPTIONS answers: what stands at the address. What it takes and gives is told by the schema."""

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class Metadata(BaseMetadata):
    """The name and the purpose of the address; `Allow` has the methods."""

    def determine_metadata(self, request: Request, view: Any) -> dict[str, str]:
        return {"name": view.get_view_name(), "description": view.get_view_description()}
