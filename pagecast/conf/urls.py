"""Every address that Django answers."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import (
    SpectacularJSONAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
    SpectacularYAMLAPIView,
)
from rest_framework.permissions import AllowAny

PUBLIC = {"permission_classes": [AllowAny], "authentication_classes": []}

# It hides from strangers which models there are, which is no secret here, by answering every path for them.
admin.site.final_catch_all_view = False

urlpatterns = [
    path("admin/jsi18n/", JavaScriptCatalog.as_view(), name="jsi18n"),
    path("admin/", admin.site.urls),
    path("api/", include("pagecast.api.urls")),
    path("swagger/", SpectacularSwaggerSplitView.as_view(url_name="schema", **PUBLIC), name="swagger"),
    path("redoc/", SpectacularRedocView.as_view(url_name="schema", **PUBLIC), name="redoc"),
    path("swagger.json/", SpectacularJSONAPIView.as_view(**PUBLIC), name="schema"),
    path("swagger.yaml/", SpectacularYAMLAPIView.as_view(**PUBLIC), name="schema-yaml"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("pagecast.site.urls")),
]

handler400 = "pagecast.conf.failures.bad_request"
handler403 = "pagecast.conf.failures.permission_denied"
handler404 = "pagecast.conf.failures.not_found"
handler500 = "pagecast.conf.failures.server_error"
