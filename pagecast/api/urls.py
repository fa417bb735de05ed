"""The addresses of the API."""

from rest_framework.routers import SimpleRouter

from .contents import ContentViewSet
from .pages import PageViewSet

app_name = "api"

router = SimpleRouter()
router.register("page/content", PageViewSet, basename="page")
router.register("content", ContentViewSet, basename="content")

urlpatterns = router.urls
