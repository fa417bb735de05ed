"""Where the address in the browser is not what this server knows of itself: what to say, and what to set."""

from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .hosts import LOCAL, Origin, parse_host, parse_origin

# What is shown and logged of a header at most.
SHOWN = 200
# The cures that the log names.
UNKNOWN_HOST = "if this is an address of yours, set it; if a proxy uses it, have that pass on Host"
TAKE_OUT = "let no proxy set Referrer-Policy; without one, open the page outside of any frame"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What is told to the person, and what to the log: the cure, and fields with the setting to paste."""

    text: str
    cure: str
    fields: dict[str, str] = field(default_factory=dict)


def unknown_host(asked: str) -> Mismatch:
    """A request for a host that is none of ours."""
    fields = host_fields(asked)
    told = fields | {"known": ", ".join(settings.PAGECAST_ORIGIN or LOCAL), "asked": fields["host"]}
    if "setting" in fields:
        text = _(
            "This server knows itself as %(known)s, and was asked as %(asked)s.\n\n"
            "If that is an address of this server, whoever runs it sets %(setting)s "
            "(with http:// where there is no TLS) and starts it again. If it is a name that only a proxy in "
            "front of it uses, the proxy has to pass on what the browser asked for; in nginx: "
            "proxy_set_header Host $http_host;"
        )
    else:
        text = _(
            "This server knows itself as %(known)s; it was asked as %(asked)s, which is no host.\n\n"
            "If that is a name that only a proxy in front of it uses, the proxy has to pass on what the "
            "browser asked for; in nginx: proxy_set_header Host $http_host;"
        )
    return Mismatch(text % told, UNKNOWN_HOST, fields)


def host_fields(asked: str) -> dict[str, str]:
    """What the log gets of a host that is none of ours; with the line to paste, if it is a host at all."""
    fields = {"host": asked[:SHOWN]}
    if host := parse_host(asked):
        # With TLS, as most addresses are; nothing tells how the browser came to a proxy that says nothing.
        fields["setting"] = _setting(Origin("https", host))
    return fields


def refused_form(request: HttpRequest) -> Mismatch:
    """A form that Django refused for its origin or its token: which of the two, and why."""
    sender, host = _sender(request), request.get_host()[:SHOWN]
    own = f"{request.scheme}://{host}"
    fields = {"origin": sender[:SHOWN], "host": own}
    if sender == "null" or not sender:
        return Mismatch(_hidden(sender), TAKE_OUT, {"why": "origin is hidden"} | fields)
    if sender != own and sender not in settings.CSRF_TRUSTED_ORIGINS:
        return _another_origin(sender, own, fields)
    if settings.CSRF_COOKIE_NAME not in request.COOKIES:
        text = _(
            "The browser sent no cookie with a CSRF token along with the form, so it was not accepted. "
            "Nothing was changed.\n\n"
            "Allow cookies for %(host)s, go back, reload the page and send the form again. If that does not "
            "help, something between the browser and this server takes cookies away: it has to pass on "
            "Cookie and Set-Cookie."
        )
        cure = "let the proxy pass on Cookie and Set-Cookie; else the browser takes no cookies"
        return Mismatch(text % {"host": host}, cure, {"why": "no cookie"} | fields)
    text = _(
        "The CSRF token of the form is missing, or older than the login that it belongs to: somebody has "
        "logged in or out in this browser since the page was loaded. Nothing was changed.\n\n"
        "Go back, reload the page and send the form again. If that happens with pages that were just "
        "loaded, a cache between the browser and this server keeps pages of the admin, which it must not."
    )
    cure = "if it happens with fresh pages, let no cache keep pages of /admin/"
    return Mismatch(text, cure, {"why": "token is missing or old"} | fields)


def _sender(request: HttpRequest) -> str:
    """The origin that the browser names: in Origin, or else (over TLS, where Django looks) in Referer."""
    if said := request.headers.get("Origin"):
        return said
    if not request.is_secure():
        return f"{request.scheme}://{request.get_host()}"
    scheme, _colon, rest = request.headers.get("Referer", "").partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if rest else ""


def _hidden(sender: str) -> str:
    text = _(
        "The browser hides from which page this form comes (%(said)s), so it was not accepted. Nothing was "
        "changed.\n\n"
        "Either something between the browser and this server sets the header Referrer-Policy: no-referrer, "
        "or an extension of the browser does: it has to leave that header as this server sends it, "
        "same-origin. Or the page is shown inside of another one, in a frame with sandbox: open it in a "
        "window of its own."
    )
    return text % {"said": f"Origin: {sender}" if sender else "no Origin, no Referer"}


def _another_origin(sender: str, own: str, fields: dict[str, str]) -> Mismatch:
    theirs, ours = parse_origin(sender), parse_origin(own)
    if theirs is None or ours is None:
        text = _("The form comes from %(origin)s, which is no address of a page. Nothing was changed.")
        return Mismatch(text % fields, "none: no browser sends this", {"why": "no origin"} | fields)
    if theirs == ours:
        # With a dot at the end of the name, say.
        text = _(
            "The form comes from %(origin)s, which is another way to write %(host)s, so it was not accepted. "
            "Nothing was changed.\n\nOpen %(host)s, just as it is written here."
        )
        return Mismatch(
            text % fields, "open the host as it is written here", {"why": "another spelling"} | fields
        )
    why, what_to_do = _what_differs(theirs, ours)
    fields = {"why": why, **fields, "setting": _setting(theirs)}
    head = _(
        "The browser says that this form comes from %(origin)s, and this server knows itself as %(host)s, "
        "so it was not accepted. Nothing was changed."
    )
    cure = "if the origin is an address of yours, set it; if not, another site tried to send a form"
    return Mismatch(f"{head}\n\n{what_to_do}" % fields, cure, fields)


def _what_differs(theirs: Origin, ours: Origin) -> tuple[str, str]:
    """A word for the log, and what to do."""
    if theirs.host.name != ours.host.name:
        return "another host", _(
            "If %(origin)s is where you see this server, whoever runs it sets %(setting)s and starts it "
            "again; nothing else has to be set. If not, another site tried to send this form in your name."
        )
    if (theirs.scheme, ours.scheme) == ("http", "https"):
        return "http instead of https", _(
            "Open the https:// address. If there is no TLS here, whoever runs this server sets %(setting)s "
            "and starts it again."
        )
    if theirs.scheme != ours.scheme:
        return "https instead of http", _(
            "A proxy in front of this server ends TLS. Whoever runs it sets %(setting)s and starts it again; "
            "the proxy has to say nothing about it."
        )
    return "another port", _(
        "Whoever runs this server sets %(setting)s, with the port, and starts it again; nothing else has to "
        "be set."
    )


def _setting(origin: Origin) -> str:
    """The line that makes this origin one of ours, in the place of another one at the same host."""
    ours = [each for each in map(parse_origin, settings.PAGECAST_ORIGIN) if each]
    names = [each.host.name for each in ours]
    place = names.index(origin.host.name) if origin.host.name in names else len(ours)
    ours[place : place + 1] = [origin]
    return f"PAGECAST_ORIGIN={','.join(dict.fromkeys(map(str, ours)))}"
