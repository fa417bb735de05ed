"""Every page of the site is valid HTML with valid CSS, by the checker of the W3C."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.test import Client

from pagecast.pages import editing
from pagecast.pages.models import Audio, Content, Page, SubtitleTrack, Text, Video
from tests.gallery.models import Image
from tests.site.blobs import blob
from tests.site.hostile import HOSTILE

VALIDATOR = Path(__file__).resolve().parents[1] / "validator"
