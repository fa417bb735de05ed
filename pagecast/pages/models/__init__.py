"""Page, Content, Placement, and the kinds that come with Pagecast."""

from .content import Content
from .former_address import FormerAddress
from .kinds import Audio, Text, Video
from .page import Page
from .placement import Placement
from .subtitles import SubtitleTrack

__all__ = ["Audio", "Content", "FormerAddress", "Page", "Placement", "SubtitleTrack", "Text", "Video"]
