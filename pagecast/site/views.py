"""What a browser gets. Opening a page counts one view on each content shown, before the answer leaves."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from pagecast.pages import reading
from pagecast.pages.models import Page
from pagecast.pages.reading import ShownPage

ON_A_PAGE = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The pages, the newest first."""
    pages = Paginator(Page.objects.filter(is_active=True).order_by("-created_at", "-pk"), ON_A_PAGE)
    return render(request, "site/home.html", {"pages": pages.get_page(request.GET.get("page"))})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page with its contents in order."""
    key = Page.objects.filter(slug=slug, is_active=True).values_list("pk", flat=True).first()
    if key is None:
        raise Http404

    def answer(shown: list[ShownPage]) -> HttpResponse:
        if not shown:
            raise Http404
        return render(request, "site/page.html", {"page": shown[0].page, "contents": _drawn(shown[0])})

    return answer(reading.read([key])) if request.method == "HEAD" else reading.view([key], answer)


def _drawn(shown: ShownPage) -> list[dict[str, object]]:
    """Each content by the template of its kind, or by the one for kinds without."""
    return [
        {
            "shown": each,
            "html": render_to_string(
                [f"site/kinds/{each.content.kind()}.html", "site/kinds/default.html"],
                {"content": each.content, "fields": _fields(each)},
            ),
        }
        for each in shown.contents
    ]


def _fields(shown: reading.ShownContent) -> list[tuple[str, object]]:
    content = shown.content
    return [(str(field.verbose_name), getattr(content, field.name)) for field in content.own_fields()]
