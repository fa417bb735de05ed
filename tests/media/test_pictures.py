"""Still pictures of films, sounds and pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from pagecast.media.probing import Medium, draw
from tests.media import hostile, made
from tests.media.made import film, picture, sound, write

VIDEO, AUDIO, IMAGE = Medium.VIDEO, Medium.AUDIO, Medium.IMAGE
Colour = tuple[int, int, int]


class Drawn:
    """A drawn picture, decoded again."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path), format="jpeg_pipe") as container:
            frame = next(container.decode(video=0))
        self.pixels = frame.format.name
        rgb = frame.reformat(format="rgb24")
        self.width, self.height = rgb.width, rgb.height
        self.stride, self.data = rgb.planes[0].line_size, bytes(rgb.planes[0])

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    def at(self, across: float, down: float) -> Colour:
        """The colour at a place, both counted from 0 to 1."""
        start = int(down * (self.height - 1)) * self.stride + int(across * (self.width - 1)) * 3
        red, green, blue = self.data[start : start + 3]
        return red, green, blue


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "drawn.jpg"


def drawn(data: bytes, medium: Medium, target: Path) -> Drawn:
    assert draw(write(target.parent, "staged", data), medium, target) is True
    return Drawn(target)


def is_near(colour: Colour, wanted: Colour, by: int = 30) -> bool:
    return all(abs(one - other) <= by for one, other in zip(colour, wanted, strict=True))


RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


def test_a_film_is_a_jpeg_of_its_size(target: Path) -> None:
    still = drawn(film(), VIDEO, target)
    assert (still.size, still.pixels) == ((320, 180), "yuvj420p")


def test_a_film_gives_its_colours(target: Path) -> None:
    still = drawn(film(picture="color=color=red:size=320x180:rate=10"), VIDEO, target)
    assert is_near(still.at(0.5, 0.5), RED)


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_a_film_that_begins_in_black_does_not_give_black(container: str, target: Path) -> None:
    data = made.film_of_scenes(["black", "black", "testsrc2", "black"], container)
    still = drawn(data, VIDEO, target)
    assert max(max(still.at(place / 10, 0.3)) for place in range(10)) > 100


def test_a_film_that_is_in_one_colour_but_for_one_scene_gives_that_scene(target: Path) -> None:
    still = drawn(made.film_of_scenes(["white", "testsrc2", "white", "white"]), VIDEO, target)
    assert min(min(still.at(place / 10, 0.3)) for place in range(10)) < 100


def test_a_film_of_nothing_but_black_gives_black(target: Path) -> None:
    still = drawn(film(picture="color=color=black:size=320x180:rate=10"), VIDEO, target)
    assert is_near(still.at(0.5, 0.5), BLACK)


def test_a_film_that_can_not_be_sought_gives_a_picture(target: Path) -> None:
    data = film("webm", "libvpx", options={"live": "1"})
    assert drawn(data, VIDEO, target).size == (320, 180)


@pytest.mark.parametrize(("degrees", "bright"), [(90, (0.9, 0.5)), (180, (0.5, 0.9)), (270, (0.1, 0.5))])
def test_a_film_that_a_phone_turned_is_upright(
    degrees: int, bright: tuple[float, float], target: Path
) -> None:
    # The upper half is white as it lies in the file.
    data = film(picture=made.HALVES, turned=degrees)
    still = drawn(data, VIDEO, target)
    assert still.size == ((180, 320) if degrees != 180 else (320, 180))
    across, down = bright
    assert is_near(still.at(across, down), WHITE)
    assert is_near(still.at(1 - across, 1 - down), BLACK)


def test_pixels_that_are_not_square_become_square(target: Path) -> None:
    assert drawn(film(seconds=1, aspect=Fraction(4, 3)), VIDEO, target).size == (428, 180)


def test_a_wide_film_is_scaled_down(target: Path) -> None:
    data = film(picture="testsrc2=size=2560x1440:rate=10", seconds=0.3)
    assert drawn(data, VIDEO, target).size == (1280, 720)


def test_a_high_picture_is_scaled_down(target: Path) -> None:
    assert drawn(picture("png", (100, 6000)), IMAGE, target).size == (42, 2560)


def test_a_sound_without_a_cover_gives_its_waves(target: Path) -> None:
    still = drawn(made.sound_of_a_bang(), AUDIO, target)
    assert still.size == (640, 160)
    ground = still.at(0.1, 0.2)
    assert {is_near(still.at(0.2 + step / 640, 0.2), ground) for step in range(40)} == {True}
    assert {is_near(still.at(0.5 + step / 640, 0.2), ground) for step in range(40)} == {True, False}


def test_the_colours_of_waves_stand_out_on_white_and_on_black(target: Path) -> None:
    still = drawn(sound(seconds=1), AUDIO, target)
    ground = still.at(0.5, 0.01)
    assert not is_near(ground, WHITE, 100)
    assert not is_near(ground, BLACK, 50)


def test_silence_gives_a_line(target: Path) -> None:
    still = drawn(made.sound_of_a_bang(loudness=0), AUDIO, target)
    assert is_near(still.at(0.5, 0.1), still.at(0.1, 0.1))


def test_a_sound_gives_its_cover_and_not_the_bytes_of_it(target: Path) -> None:
    cover = picture("mjpeg", (200, 200))
    cover += b"<script>alert(1)</script>"
    assert drawn(made.with_cover(sound(), cover), AUDIO, target).size == (200, 200)
    assert b"<script>" not in target.read_bytes()


def test_a_cover_that_is_damaged_gives_way_to_the_waves(target: Path) -> None:
    data = made.with_cover(sound(), b"\xff\xd8\xff\xe0" + bytes(500))
    assert drawn(data, AUDIO, target).size == (640, 160)


def test_a_long_sound_is_sampled(target: Path) -> None:
    data = made.long_wave(hours=3)
    still = drawn(data, AUDIO, target)
    assert still.size == (640, 160)


@pytest.mark.parametrize("kind", made.PICTURES)
def test_a_picture_gives_a_copy(kind: str, target: Path) -> None:
    assert drawn(picture(kind, (80, 64)), IMAGE, target).size == (80, 64)


def test_what_is_transparent_becomes_white(target: Path) -> None:
    still = drawn(hostile.png(64, 64), IMAGE, target)
    assert is_near(still.at(0.5, 0.5), WHITE)


@pytest.mark.parametrize("medium", list(Medium))
@pytest.mark.parametrize("data", [b"", b"Hello", b"\0" * 5000, film()[:3000], made.PLAIN["svg"][0]])
def test_what_has_no_picture_gives_none(data: bytes, medium: Medium, target: Path) -> None:
    assert draw(write(target.parent, "staged", data), medium, target) is False
    assert [path.name for path in target.parent.iterdir()] == ["staged"]


def test_a_picture_that_was_there_is_replaced_at_once(target: Path) -> None:
    target.write_bytes(b"old")
    before = target.stat().st_ino
    assert drawn(film(seconds=1), VIDEO, target).size == (320, 180)
    assert target.stat().st_ino != before


def test_a_picture_is_readable_like_any_new_file(target: Path) -> None:
    drawn(film(seconds=1), VIDEO, target)
    other = write(target.parent, "other", b"")
    assert target.stat().st_mode == other.stat().st_mode


def test_a_folder_that_is_not_there_is_no_fault_of_the_film(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        draw(write(tmp_path, "staged", film(seconds=1)), VIDEO, tmp_path / "gone" / "drawn.jpg")


def test_real_films_and_sounds_give_pictures(shared_media: Path, target: Path) -> None:
    for folder, medium in (("video", VIDEO), ("audio", AUDIO)):
        for path in (shared_media / folder).rglob("*.*"):
            assert draw(path, medium, target) is (path.suffix != ".vtt"), path
