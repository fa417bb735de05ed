"""The language of a file, told from its name."""

import codecs
import re

_ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de "
    "dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id "
    "ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu "
    "lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu "
    "rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr "
    "ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
# ISO 639-2, as files of films name the languages that they are most often in; BCP 47 wants the short one.
_ISO_639_2 = (
    "ara=ar bul=bg cat=ca chi=zh zho=zh cze=cs ces=cs dan=da ger=de deu=de gre=el ell=el eng=en spa=es "
    "est=et baq=eu eus=eu per=fa fas=fa fin=fi fre=fr fra=fr heb=he hin=hi hrv=hr hun=hu arm=hy hye=hy "
    "ind=id ice=is isl=is ita=it jpn=ja geo=ka kat=ka kaz=kk kor=ko lit=lt lav=lv mac=mk mkd=mk may=ms "
    "msa=ms dut=nl nld=nl nor=no nob=nb nno=nn pol=pl por=pt rum=ro ron=ro rus=ru slo=sk slk=sk slv=sl "
    "alb=sq sqi=sq srp=sr swe=sv tam=ta tel=te tha=th tur=tr ukr=uk urd=ur vie=vi"
)
# What may stand between the language and the end of the name.
_QUALIFIERS = (
    "forced sdh cc hi default full captions subtitles chapters descriptions signs bom utf-8-bom utf-16-bom"
)
_TWO = frozenset(_ISO_639_1.split())
_THREE = dict(pair.split("=") for pair in _ISO_639_2.split())
_SAYING_NOTHING = frozenset(_QUALIFIERS.split())
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
_SUFFIX = re.compile(
    r"[-_ ]([A-Za-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Z]{2}|[0-9]{3})){0,2}|[a-z]{2}_[a-z]{2})$"
)
_LONGEST = 255


def language_of(name: str) -> str:
    """The BCP 47 tag that a file's name ends with before its suffix, or "" if it has none.

    >>> language_of("film.pt-BR.srt"), language_of("sintel-de.vtt"), language_of("Dawn.vtt")
    ('pt-BR', 'de', '')
    """
    parts = re.split(r"[/\\]", name)[-1][-_LONGEST:].split(".")
    if len(parts) > 1:
        parts.pop()
    while parts:
        part = parts.pop()
        if language := _tag(part):
            return language
        if not _says_nothing(part):
            suffix = _SUFFIX.search(part)
            return _tag(suffix[1]) if suffix else ""
    return ""


def _tag(text: str) -> str:
    found = _TAG.fullmatch(text)
    if found is None:
        return ""
    language = found[1].lower()
    language = _THREE.get(language, language)
    if language not in _TWO:
        return ""
    script, region = (found[2] or "").capitalize(), (found[3] or "").upper()
    return "-".join(filter(None, [language, script, region]))


def _says_nothing(part: str) -> bool:
    """Whether it tells the sort of the file, or its encoding."""
    if part.lower() in _SAYING_NOTHING:
        return True
    try:
        codecs.lookup(part)
    except (LookupError, ValueError):
        return False
    return True
