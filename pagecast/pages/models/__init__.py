"""Page, Content, Placement, and the kinds that come with Pagecast."""

from .content import Content
from .kinds import Audio, Text, Video
from .page import Page
from .placement import Placement
from .subtitles import SubtitleTrack

__all__ = ["Audio", "Content", "Page", "Placement", "SubtitleTrack", "Text", "Video"]
