"""What files are found to be."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pagecast.media.errors import Empty, Refused
from pagecast.media.probing import Facts, Medium, probe, require
from pagecast.media.probing.child import kinds
from pagecast.media.probing.wording import WORDS
from tests.media import made
from tests.media.made import film, picture, sound

VIDEO, AUDIO, IMAGE, TEXT, OTHER = Medium.VIDEO, Medium.AUDIO, Medium.IMAGE, Medium.TEXT, Medium.OTHER

# file, medium, media type, seconds, size, codecs, whether browsers play it
REAL: list[tuple[str, Medium, str, float | None, tuple[int, int] | None, str, bool | None]] = [
    ("audio/bear.mp3", AUDIO, "audio/mpeg", 6.235, None, "mp3", True),
    ("audio/bear.ogg", AUDIO, "audio/ogg", 6.235, None, "vorbis", True),
    ("audio/dtmf.mp3", AUDIO, "audio/mpeg", 0.499, None, "mp3", True),
    ("audio/t-rex-roar.mp3", AUDIO, "audio/mpeg", 2.074, None, "mp3", True),
    ("audio/viper.mp3", AUDIO, "audio/mpeg", 40.984, None, "mp3", True),
    ("audio/viper.ogg", AUDIO, "audio/ogg", 40.984, None, "vorbis", True),
    ("audio/flac/23 - 8 bit per sample.flac", AUDIO, "audio/flac", 7.709, None, "flac", True),
    ("audio/flac/38 - 3 channels (3.0).flac", AUDIO, "audio/flac", 3.814, None, "flac", True),
    ("audio/flac/47 - only STREAMINFO.flac", AUDIO, "audio/flac", 4.846, None, "flac", True),
    ("audio/flac/59 - AVIF PICTURE.flac", AUDIO, "audio/flac", 5.021, None, "flac", True),
    ("audio/flac/60 - mono audio.flac", AUDIO, "audio/flac", 5.153, None, "flac", True),
    # Its pixels are 63:44, not square.
    ("formats/fixture.3gp", VIDEO, "video/3gpp", 5.574, (504, 288), "h263, amr_nb", False),
    ("formats/fixture.avi", VIDEO, "video/x-msvideo", 0.042, (640, 356), "msmpeg4v2, adpcm_ms", False),
    ("formats/fixture.flac", AUDIO, "audio/flac", 1.225, None, "flac", True),
    ("formats/fixture.m4a", AUDIO, "audio/mp4", 0.811, None, "aac", True),
    ("formats/fixture.mid", OTHER, "audio/midi", None, None, "", None),
    ("formats/fixture.mkv", VIDEO, "video/x-matroska", 0.092, (640, 356), "h264, aac", False),
    ("formats/fixture.mov", VIDEO, "video/quicktime", 0.099, (268, 156), "h264", True),
    ("formats/fixture.mp3", AUDIO, "audio/mpeg", 0.767, None, "mp3", True),
    ("formats/fixture.ogg", AUDIO, "audio/ogg", 0.767, None, "vorbis", True),
    ("formats/fixture.opus", AUDIO, "audio/ogg", 2.92, None, "opus", True),
    ("formats/fixture.wav", AUDIO, "audio/wav", 1.225, None, "pcm_s16le", True),
    ("formats/fixture.webm", VIDEO, "video/webm", 0.072, (640, 356), "vp8, vorbis", True),
    # Header and index, and not one frame.
    ("tiny/AudioVideoInterleave.avi", VIDEO, "video/x-msvideo", None, (1, 1), "mpeg4", False),
    # Whole, and without a single track.
    ("tiny/Mpeg4.mp4", VIDEO, "video/mp4", None, None, "", False),
    ("tiny/gif.gif", IMAGE, "image/gif", None, (1, 1), "", None),
    ("tiny/html5.html", TEXT, "text/html", None, None, "", None),
    ("tiny/jpeg.jpg", IMAGE, "image/jpeg", None, (1, 1), "", None),
    ("tiny/mp3.mp3", AUDIO, "audio/mpeg", 0.072, None, "mp3", True),
    ("tiny/mp4-with-audio.mp4", AUDIO, "audio/mp4", 0.046, None, "aac", True),
    ("tiny/pdf.pdf", OTHER, "application/pdf", None, None, "", None),
    ("tiny/png-truncated.png", IMAGE, "image/png", None, (1, 1), "", None),
    ("tiny/svg.svg", IMAGE, "image/svg+xml", None, None, "", None),
    ("tiny/wav.wav", AUDIO, "audio/wav", None, None, "pcm_s16le", True),
    ("tiny/webm.webm", VIDEO, "video/webm", 1.0, (8, 8), "vp8", True),
    ("tiny/xhtml5.xhtml", TEXT, "text/html", None, None, "", None),
    ("video/flower-fragmented.mp4", VIDEO, "video/mp4", 5.123, (960, 540), "h264, aac", True),
    ("video/flower.mp4", VIDEO, "video/mp4", 5.055, (960, 540), "h264, aac", True),
    ("video/flower.webm", VIDEO, "video/webm", 5.059, (960, 540), "vp8, vorbis", True),
    ("video/friday.mp4", VIDEO, "video/mp4", 6.166, (640, 480), "h264, aac", True),
    ("video/rabbit320.mp4", VIDEO, "video/mp4", 7.8, (320, 240), "h264, aac", True),
    ("video/rabbit320.webm", VIDEO, "video/webm", 7.8, (320, 240), "vp8, vorbis", True),
    ("video/stream-of-water-audioless.webm", VIDEO, "video/webm", 3.963, (640, 360), "vp8, vorbis", True),
    ("video/stream-of-water.mp4", VIDEO, "video/mp4", 3.158, (480, 360), "h264, aac", True),
    ("video/stream-of-water.webm", VIDEO, "video/webm", 3.119, (480, 360), "vp8, vorbis", True),
    ("video/stream-of-water.vtt", TEXT, "text/vtt", None, None, "", None),
    (
        "video/tears-of-steel-battle-clip-medium.webm",
        VIDEO,
        "video/webm",
        70.542,
        (798, 332),
        "vp8, vorbis",
        True,
    ),
]
REFUSED = {"formats/fixture.ogv"}  # its headers, cut off in their middle


def facts_of(folder: Path, data: bytes, name: str = "Dawn.mp4") -> Facts:
    return probe(made.write(folder, "staged", data), name)


@pytest.mark.parametrize("row", REAL, ids=[row[0] for row in REAL])
def test_a_real_file_is_what_it_is(row: tuple[Any, ...], shared_media: Path) -> None:
    name, medium, media_type, seconds, size, codecs, playable = row
    facts = probe(shared_media / name, name)
    assert (facts.medium, facts.media_type, facts.codecs) == (medium, media_type, codecs)
    assert facts.duration == (None if seconds is None else pytest.approx(seconds, abs=0.001))
    assert (facts.width, facts.height) == (size or (None, None))
    assert facts.playable is playable


def test_no_real_file_is_forgotten(shared_media: Path) -> None:
    folders = [shared_media / name for name in ("audio", "formats", "tiny", "video")]
    there = {str(path.relative_to(shared_media)) for folder in folders for path in folder.rglob("*.*")}
    assert there == {row[0] for row in REAL} | REFUSED


@pytest.mark.parametrize("name", REFUSED)
def test_a_real_file_that_is_cut_off_is_refused(name: str, shared_media: Path) -> None:
    with pytest.raises(Refused, match="cut off or damaged"):
        probe(shared_media / name, name)


def test_real_subtitles_are_texts_in_every_encoding(shared_media: Path) -> None:
    for path in (shared_media / "subtitles").rglob("*.*"):
        facts = probe(path, path.name)
        assert (facts.medium, "subtitle file" in facts.what) == (TEXT, True), path


def test_naughty_strings_are_texts(shared_media: Path) -> None:
    for path in (shared_media / "naughty").iterdir():
        assert probe(path, path.name).what == "a text", path


@pytest.mark.parametrize("name", made.PLAIN)
def test_what_is_no_film_is_called_by_its_name(name: str, tmp_path: Path) -> None:
    data, what = made.PLAIN[name]
    assert facts_of(tmp_path, data).what == what


@pytest.mark.parametrize("name", made.SOUNDS)
def test_a_sound_has_its_length_and_plays(name: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, sound(*made.SOUNDS[name]))
    assert (facts.medium, facts.playable, facts.width) == (AUDIO, True, None)
    assert facts.duration == pytest.approx(2, abs=0.1)


FILMS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "mp4": ({"sound": "aac"}, "h264, aac", True),
    "mov": ({"container": "mov", "sound": "aac"}, "h264, aac", True),
    "mov of a camera": ({"container": "mov", "sound": "pcm_s16le"}, "h264, pcm_s16le", False),
    "vp8": ({"container": "webm", "codec": "libvpx", "sound": "libopus"}, "vp8, opus", True),
    "vp9": ({"container": "webm", "codec": "libvpx-vp9"}, "vp9", True),
    "av1": ({"codec": "libsvtav1"}, "av1", True),
    "ten bits": ({"pixels": "yuv420p10le"}, "h264", False),
    "4:4:4": ({"pixels": "yuv444p"}, "h264", False),
    "hevc": ({"codec": "libx265"}, "hevc", False),
    "mpeg-4 part 2": ({"codec": "mpeg4"}, "mpeg4", False),
    "prores": ({"container": "mov", "codec": "prores_ks", "pixels": "yuv422p10le"}, "prores", False),
    "ac-3": ({"sound": "ac3"}, "h264, ac3", False),
    "avi": ({"container": "avi", "codec": "mpeg4"}, "mpeg4", False),
    "matroska": ({"container": "matroska"}, "h264", False),
    "transport stream": ({"container": "mpegts"}, "h264", False),
    "program stream": ({"container": "vob", "codec": "mpeg2video"}, "mpeg2video", False),
    "flash video": ({"container": "flv", "codec": "flv"}, "flv1", False),
    "windows media": ({"container": "asf", "codec": "wmv2"}, "wmv2", False),
}


@pytest.mark.parametrize("name", FILMS)
def test_a_film_plays_where_all_browsers_play_it(name: str, tmp_path: Path) -> None:
    made, codecs, playable = FILMS[name]
    facts = facts_of(tmp_path, film(**made))
    assert (facts.medium, facts.codecs.replace("flv", "flv1").replace("flv11", "flv1")) == (VIDEO, codecs)
    assert (facts.width, facts.height) == (320, 180)
    assert facts.duration == pytest.approx(2, abs=0.15)
    assert facts.playable is playable


@pytest.mark.parametrize("kind", made.PICTURES)
def test_a_picture_has_its_size(kind: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, picture(kind, (80, 64)))
    assert (facts.medium, facts.width, facts.height, facts.playable) == (IMAGE, 80, 64, None)
    assert facts.media_type == f"image/{ {'mjpeg': 'jpeg', 'apng': 'png'}.get(kind, kind) }"


@pytest.mark.parametrize(("degrees", "size"), [(90, (180, 320)), (180, (320, 180)), (270, (180, 320))])
def test_a_film_that_a_phone_turned_has_the_size_that_is_seen(
    degrees: int, size: tuple[int, int], tmp_path: Path
) -> None:
    facts = facts_of(tmp_path, film(seconds=1, turned=degrees))
    assert (facts.width, facts.height) == size


def test_pixels_that_are_not_square_are_counted_as_seen(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, film(seconds=1, aspect=Fraction(4, 3)))
    assert (facts.width, facts.height) == (427, 180)


def test_a_cover_makes_no_film_of_a_sound(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, made.with_cover(sound(), picture("mjpeg")))
    assert (facts.medium, facts.codecs, facts.width) == (AUDIO, "mp3", None)


def test_an_mp3_without_a_table_is_counted_to_its_end(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, made.mp3_of_two_rates())
    assert facts.duration == pytest.approx(8, abs=0.3)


def test_a_webm_without_a_length_is_counted_to_its_end(tmp_path: Path) -> None:
    data = film("webm", "libvpx", options={"live": "1"})
    assert b"\x44\x89\x88" not in data
    assert facts_of(tmp_path, data).duration == pytest.approx(2, abs=0.15)


def test_a_guess_of_a_matroska_without_a_length_is_not_believed(tmp_path: Path) -> None:
    data = made.remuxed(made.mp3_of_two_rates(), "matroska", live="1")
    assert facts_of(tmp_path, data).duration == pytest.approx(8, abs=0.3)


def test_a_fragmented_film_has_its_length(tmp_path: Path) -> None:
    data = film(options={"movflags": "frag_keyframe+empty_moov"})
    assert facts_of(tmp_path, data).duration == pytest.approx(2, abs=0.15)


def test_a_length_that_can_not_be_is_none(tmp_path: Path) -> None:
    data = sound("wav", "pcm_s16le")
    slow = data[:24] + struct.pack("<II", 1, 1) + data[32:]
    duration = facts_of(tmp_path, slow).duration
    assert duration is None or 0 < duration < 366 * 24 * 3600


def test_a_file_without_bytes_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(Empty, match=r"Dawn\.mp4"):
        facts_of(tmp_path, b"")


@pytest.mark.parametrize("left", [40, 2000])
def test_a_film_whose_index_is_lost_is_refused(left: int, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"“Dawn\.mp4” is cut off or damaged"):
        facts_of(tmp_path, film()[:left])


def test_a_film_with_nothing_but_its_index_is_refused(tmp_path: Path) -> None:
    data = film(options={"moov_size": "20000"})
    with pytest.raises(Refused, match="cut off or damaged"):
        facts_of(tmp_path, data[: data.index(b"mdat") + 4])


@pytest.mark.parametrize(
    ("container", "codec"), [("mp4", "libx264"), ("webm", "libvpx"), ("matroska", "mpeg4")]
)
def test_a_film_that_is_cut_off_at_its_end_is_kept(container: str, codec: str, tmp_path: Path) -> None:
    options = {"moov_size": "20000"} if container == "mp4" else {}
    data = film(container, codec, options=options)
    facts = facts_of(tmp_path, data[: len(data) * 2 // 3])
    assert (facts.medium, facts.width) == (VIDEO, 320)


def test_a_sound_whose_samples_are_lost_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cut off or damaged"):
        facts_of(tmp_path, sound("flac", "flac")[:60])


def test_the_name_plays_no_part(tmp_path: Path) -> None:
    path = made.write(tmp_path, "report.pdf", film(seconds=1))
    assert probe(path, "report.pdf").medium == VIDEO


def test_noise_is_of_unknown_kind(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, bytes(range(256)) * 20)
    assert (facts.medium, facts.media_type) == (OTHER, "application/octet-stream")


def test_text_that_begins_like_a_bitmap_is_text(tmp_path: Path) -> None:
    assert facts_of(tmp_path, b"BMW is a car.").what == "a text"


def test_every_kind_has_its_words() -> None:
    assert kinds.KINDS.keys() == WORDS.keys()


def test_what_is_not_wanted_is_refused_in_words() -> None:
    pdf = Facts(OTHER, "a PDF", "application/pdf")
    with pytest.raises(Refused) as refused:
        require(pdf, VIDEO, "Dawn.mp4")
    assert str(refused.value) == (
        "“Dawn.mp4”: This is a PDF, not a video. Choose a video file, such as an MP4 or a WebM."
    )


@pytest.mark.parametrize("wanted", [VIDEO, OTHER])
def test_what_is_wanted_passes(wanted: Medium) -> None:
    require(Facts(VIDEO, "a film (MP4)", "video/mp4"), wanted, "Dawn.mp4")
