"""The addresses of the API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from .contents import ContentViewSet
from .pages import PageViewSet
from .uploads.views import UploadsView, UploadView

app_name = "api"

# Path converters, so that an id is a number before any view is asked.
router = SimpleRouter(use_regex_path=False)
router.register("page/content", PageViewSet, basename="page")
router.register("content", ContentViewSet, basename="content")

urlpatterns = [
    *router.urls,
    path("upload/", UploadsView.as_view(), name="upload-list"),
    path("upload/<str:pk>/", UploadView.as_view(), name="upload-detail"),
]
