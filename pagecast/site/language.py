"""Another language than the one that the browser asks for, by choice."""

from http import HTTPStatus
from unicodedata import category

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from . import errors


class SeeOther(HttpResponseRedirect):
    """What was asked for is done, and here is what to look at next."""

    status_code = HTTPStatus.SEE_OTHER


# Pages are drawn once for all readers, so there is no token in them. Another site can do no more with this
# than show a reader the other language, and he can choose again.
@method_decorator(csrf_exempt, name="dispatch")
class ChosenLanguage(View):
    """`POST /language/` with `language`, and with the path to go on to as `next`: kept for a year."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it in the cookie that Django reads, and send the reader back to where he was."""
        language = request.POST.get("language", "")
        if language not in dict(settings.LANGUAGES):
            return errors.plain(400, _("This site does not speak that language."))
        answer = SeeOther(_path_of_ours(request.POST.get("next", "")) or "/")
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=settings.LANGUAGE_COOKIE_PATH,
            samesite="Lax",
        )
        return answer


def _path_of_ours(address: str) -> str | None:
    """The address, if it is a path of this site, whatever browsers make of it."""
    is_path = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_path and not any(category(sign) == "Cc" for sign in address) else None
