from django.urls import include, path

from .views import PageView

urlpatterns = [
    path("plain/<int:pk>/", PageView.as_view()),
    # What answers before Django asks for its own addresses.
    path("", include("pagecast.conf.urls")),
]
