"""Films and sounds for the demonstration pages, drawn and played on the spot.

`make_media` writes five short films and four sounds into a folder: pleasant, each unlike the others, the same
every time, and playable in every current browser. Nothing is downloaded and nothing but PyAV is needed: pictures
and notes are formulas, which FFmpeg's own filters turn into frames and samples.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import av
from av.audio.frame import AudioFrame
from av.video.frame import PictureType, VideoFrame

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import OutputContainer
    from av.video.stream import VideoStream

RATE: Final = 24
STILL: Final = f"r={RATE}:d=0.04"
FOREVER: Final = f"loop=-1:1,settb=1/{RATE},setpts=N"

AUDIO_CODECS: Final[dict[str, Literal["aac", "flac", "libmp3lame", "libopus"]]] = {
    ".flac": "flac",
    ".m4a": "aac",
    ".mp3": "libmp3lame",
    ".mp4": "aac",
    ".ogg": "libopus",
    ".webm": "libopus",
}
VIDEO_CODECS: Final[dict[str, tuple[Literal["libx264", "libvpx-vp9"], dict[str, str]]]] = {
    ".mp4": ("libx264", {"preset": "superfast", "crf": "20"}),
    ".webm": (
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "28", "b:v": "0"},
    ),
}


@dataclass(frozen=True)
class Layer:
    """A cut-out on the stage: how opaque each point X, Y is (0 to 255), its colours from the top, its way."""

    shape: str
    colours: str
    width: int = 640
    height: int = 360
    x: str = "0"
    y: str = "H-h"
    effects: str = "null"
    # Only a shape that itself changes with T is drawn for every frame, and coarsely: formulas are slow.
    grain: int = 0


@dataclass(frozen=True)
class Voice:
    """An instrument; a partial is its multiple of the pitch, its loudness and its decay per second."""

    partials: tuple[tuple[float, float, float], ...]
    attack: float
    seconds: float


@dataclass(frozen=True)
class Part:
    """What an instrument plays, as "beat:pitch" with pitches numbered as in MIDI."""

    voice: Voice
    notes: str
    beat: float = 1
    loudness: float = 0.1


@dataclass(frozen=True)
class Work:
    """A film when it has a sky (colours from the top), otherwise a sound."""

    seconds: float
    sky: str = ""
    layers: tuple[Layer, ...] = ()
    finish: str = "null"
    music: tuple[Part, ...] = ()
    noise: str = ""


def chance(value: str, seed: float = 0) -> str:
    return f"mod(abs(sin({value}+{seed})*43758.5453),1)"


def below(curve: str) -> str:
    return f"clip((Y-({curve}))*128,0,255)"


def hill(top: float, *waves: tuple[float, float, float]) -> str:
    return f"{top}" + "".join(f"+{size}*sin(X/{length}+{phase})" for length, size, phase in waves)


def firs(ground: str, spacing: int, tall: int, seed: float) -> str:
    tallness = f"{tall}*(0.35+0.65*{chance(f'floor(X/{spacing})*12.9898', seed)})"
    taper = f"(1-abs(mod(X,{spacing})-{spacing / 2})*{2 / spacing}*(1.05+0.3*mod(Y,8)/8))"
    return f"if(lt(Y,st(0,{ground})-{tall}),0,if(gt(Y,ld(0)),255,{below(f'ld(0)-{tallness}*{taper}')}))"


def dots(cell: int, radius: float, softness: float, seed: float) -> str:
    luck = f"st(0,{chance(f'floor(X/{cell})*12.9898+floor(Y/{cell})*78.233', seed)})"
    right, down = (
        f"mod({axis},{cell})-{cell}*(0.15+0.7*mod(ld(0)*{n},1))" for axis, n in (("X", 61), ("Y", 367))
    )
    return f"clip(255*({radius}*(0.3+0.7*{luck})-hypot({right},{down}))/{softness},0,255)"


def disc(radius: float, halo: int) -> str:
    away = f"(hypot(X-W/2,Y-H/2)-{radius})"
    return f"clip(max(255-255*{away},{halo}*pow(clip(1-{away}/(W/2-{radius}),0,1),2.5)),0,255)"


def box(left: float, top: float, right: float, bottom: float) -> str:
    return f"255*between(X,{left},{right})*between(Y,{top},{bottom})"


def curtain(height: int, phase: float) -> str:
    """Light that is sharp at its waving lower edge and fades upwards in rays."""
    edge = f"{height}+7*sin(X/19+T*0.3+{phase})+4*sin(X/9-T*0.45+{phase})"
    rays = f"(0.62+0.38*sin(X/1.7+3*sin(X/11+T*0.5+{phase})))*(0.65+0.35*sin(X/23-T*0.6+{phase}))"
    light = f"if(gt(ld(0),0),exp(-ld(0)/(8+4*sin(X/15+T*0.5))),exp(ld(0)*0.9))*{rays}"
    return f"if(gt(st(0,{edge}-Y),-5),{light},0)"


def sunbeams(centre: int) -> str:
    slant = f"(X-{centre})/(Y+170)"
    return f"110*clip(1-Y/320,0,1)*pow(0.5+0.5*sin({slant}*11+2*sin({slant}*7)),3)"


def wave(top: int, colours: str, x: str, phase: float) -> tuple[Layer, Layer]:
    """A paper wave and the soft shadow that it casts upon what is behind it."""
    crest = f"22-15*pow(abs(sin(X/52+{phase})),1.5)"
    y, width, height = f"{top}+3*sin(1.1*t+{phase})", 880, 380 - top
    return (
        Layer(f"clip((Y-({crest}))*9,0,70)", "06304A 06304A", width, height, x, f"{y}-7"),
        Layer(below(crest), colours, width, height, x, y),
    )


def boat(shape: str, colours: str) -> Layer:
    return Layer(
        shape, colours, 130, 110, "150+26*t", "160+5*sin(1.5*t)", "rotate=0.09*sin(1.5*t+0.8):c=none"
    )


def house(shape: str, colours: str) -> Layer:
    return Layer(shape, colours, 160, 130, "380", "172")


def snow(cell: int, radius: float, softness: float, sway: int, pixels: int) -> Layer:
    # A little over whole pixels a frame: rounding must never make a flake stand still and then jump.
    fall = f"scroll=v=-{pixels / 400 + 0.00002:.5f}"
    return Layer(
        dots(cell, radius, softness, sway), "FFFFFF FFFFFF", 720, 400, f"-40+{sway}*sin(t+{cell})", "0", fall
    )


def fish(number: int) -> Layer:
    tail = "255*between(X,40,58)*lt(abs(Y-16),(X-37)*0.55)"
    body = "clip((1-hypot((X-24)/20,(Y-16)/9))*900,0,255)*gt(hypot(X-13,Y-13),1.8)"
    x, y = f"{290 + 68 * number}-{34 + number}*t", f"{78 + 67 * number % 150}+6*sin(2*t+{number})"
    return Layer(f"max({body},{tail})", ("FF7A3D FFC35B", "FFB52E FFE9A0")[number % 3 == 1], 60, 34, x, y)


BELL: Final = Voice(
    ((0.5, 0.3, 0.6), (1, 1, 0.9), (1.19, 0.3, 1.6), (2, 0.45, 1.8), (2.74, 0.2, 3)), 300, 4.5
)
BOX: Final = Voice(((1, 1, 2.2), (2, 0.3, 4), (4.02, 0.15, 9)), 400, 2.2)
PAD: Final = Voice(((1, 1, 0), (1.005, 0.8, 0), (2.003, 0.3, 0), (3, 0.08, 0)), 1.2, 5.5)
ORGAN: Final = Voice(((1, 1, 0), (2.003, 0.5, 0), (3, 0.25, 0), (4.005, 0.15, 0)), 7, 3.6)

CLOUD: Final = (
    "clip(60*max(max(26-hypot(X-40,Y-52),38-hypot(X-88,Y-46)),24-hypot(X-134,Y-54)),0,235)*lt(Y,62)"
)
PANE: Final = "255*lt(abs(X-{0}),15)*lt(abs(Y-90),15)*gt(abs(X-{0}),1)*gt(abs(Y-87),1)"
SMOKE: Final = "90*Y/30*(0.8+0.2*sin(Y/2.2+T*3))*exp(-pow((X-10-3*sin(T*0.8+Y/7)*(1-Y/30))/(1.1+(30-Y)/8),2))"
SEAWEED: Final = (
    f"if(gt(st(0,Y-4-32*{chance('floor(X/8)*12.9898')}),0),"
    "clip(240*(min(1.7,ld(0)/6)-abs(mod(X,8)-4-(40-Y)*0.07*sin(T*1.3+Y/6+floor(X/8)))),0,255),0)"
)

DAWN: Final = Work(
    8,
    "5470B8 A99BC9 F6BFA6 FFE0A8",
    (
        Layer(disc(-2, 210), "FFC9A0 FFB98C", 420, 420, "210", "24-13*t"),
        Layer(disc(19, 120), "FFF8E4 FFEBC4", 160, 160, "340", "154-13*t"),
        Layer(below(hill(38, (81, 15, 1), (34, 6, 2.3))), "C98FA0 F4C9B4", 760, 190, "-4*t"),
        Layer(below(hill(38, (100, 20, 3), (44, 7, 6.9))), "8A6C93 E0A9A4", 800, 150, "-9*t"),
        Layer(below(hill(32, (125, 22, 5), (51, 5, 1.5))), "53507E A67F98", 860, 120, "-16*t"),
        Layer(firs(hill(70, (158, 16, 2), (64, 5, 4.6)), 15, 44, 3), "2B2850 3A3160", 920, 110, "-30*t"),
        Layer(
            "(200-Y*0.25)*(1-0.75*exp(-pow(hypot(X-420,Y-195)/85,2)))",
            "120F3A 2A1550",
            effects="fade=out:st=0:d=5:alpha=1",
        ),
    ),
    music=(
        Part(PAD, "0:48 0:55 0:64 3.4:53 3.4:60 3.4:69", loudness=0.05),
        Part(BOX, "1:76 2:79 3:83 4:84 5:88 6:91", loudness=0.08),
    ),
)
AURORA: Final = Work(
    7.5,
    "050A20 0A2148 1D5A70 2A6A77",
    (
        Layer(f"clip(1.3-Y/190,0,1)*{dots(20, 1.5, 1.2, 1)}", "DDE8FF DDE8FF", y="0"),
        Layer(
            f"min(235*{curtain(34, 0)}+150*{curtain(22, 2.4)},255)",
            "9A5BE8 6FA0E0 3DFFA0 3DFFA0",
            640,
            240,
            y="0",
            grain=5,
        ),
        Layer(below(hill(42, (61, 18, 4), (23, 9, 2), (7, 2, 1))), "1B3A57 0E2036", 720, 190, "-3*t"),
        Layer(firs(hill(48, (90, 9, 1), (37, 3, 2)), 12, 38, 1), "0A1830 060D1C", 800, 130, "-9*t"),
    ),
    "split[whole][part];[part]crop=640:170:0:108,scale=640:82,vflip,gblur=2:sigmaV=1,hue=s=0.8:b=-0.6[lake];"
    "[whole][lake]overlay=0:278",
    (
        Part(PAD, "0:45 0:52 0:60 3.4:41 3.4:48 3.4:57", loudness=0.05),
        Part(BELL, "1:88 2.5:83 4:84 5.5:81", loudness=0.04),
    ),
)
SNOW: Final = Work(
    7,
    "27336B 5A5C9C B58FB4 F2BFAE",
    (
        Layer(disc(15, 90), "FFF6DE FFF6DE", 200, 200, "400", "-10"),
        Layer(below(hill(40, (71, 16, 1), (29, 5, 2))), "8583B5 C3B2CF", height=160),
        Layer(firs(hill(62, (80, 8, 3)), 18, 56, 2), "3B4878 5C6596", height=140),
        Layer(SMOKE, "FFFFFF B9B4D8", 80, 120, "456", "66", grain=4),
        house(box(18, 60, 142, 128), "4A3140 3A2433"),
        house(box(108, 12, 122, 50), "5A3B45 4A3140"),
        house(f"{below('abs(X-80)*0.62+14')}*lt(Y,62)", "F5F7FF C9D2F0"),
        house(f"{PANE.format(50)}+{PANE.format(108)}", "FFD27A FFB347"),
        Layer(disc(-2, 110), "FFC060 FFC060", 240, 240, "340", "142"),
        Layer(below(hill(30, (120, 14, 5), (47, 4, 2))), "E9EEFF 9FAEDC", height=100),
        snow(20, 1.7, 1, 14, 1),
        snow(40, 2.8, 1.6, 22, 2),
        snow(80, 5.5, 4, 30, 4),
    ),
)
BOAT: Final = Work(
    7,
    "FFF3DC FFE3C2 FFCDB0",
    (
        Layer(disc(46, 90), "FF9A76 FF7F6B", 260, 260, "400", "10"),
        Layer(CLOUD, "FFFFFF FFF6EA", 170, 70, "60+9*t", "40"),
        Layer(CLOUD, "FFFFFF FFF6EA", 170, 70, "330+5*t", "14", "scale=110:46"),
        *wave(200, "7CC6C3 4A9FAE", "-130+12*t", 0),
        boat("255*between(Y,60,90)*between(X,12+(Y-60)*0.9,118-(Y-60)*0.9)", "FFFFFF D9DEE8"),
        boat("255*between(Y,12,60)*between(X,65-(Y-12)*0.55,65)", "F4F6FA E4E8F0"),
        boat("255*between(Y,12,60)*between(X,65,65+(Y-12)*0.55)", "D3D9E6 BFC8DA"),
        *wave(232, "4FA6B3 2C7C96", "-20-14*t", 1),
        *wave(262, "2F88A3 1B5F80", "-170+20*t", 2.2),
        *wave(296, "1E6688 0F3F60", "-20-24*t", 0.7),
    ),
    noise="anoisesrc=c=brown:a=0.5:seed=3,lowpass=900,highpass=120,tremolo=0.2:0.8",
)
WATER: Final = Work(
    7.5,
    "9AEBDD 37AFC0 12678F 083A5C",
    (
        Layer(sunbeams(420), "FFFFE8 BFFFF0", 800, 320, "-80+50*sin(t*0.7)", "0"),
        Layer(sunbeams(360), "FFFFE8 BFFFF0", 800, 320, "-80-60*sin(t*0.5)", "0"),
        Layer(below(hill(24, (90, 9, 1), (31, 3, 2))), "5C9BA0 2C6275", height=90),
        Layer(SEAWEED, "2BAF7E 0D4048", 640, 160, grain=4),
        Layer(below(hill(20, (70, 7, 4), (27, 3, 1))), "3F7C88 1D4A60", height=50),
        *map(fish, range(6)),
        Layer(
            f"0.55*{dots(80, 5, 1.5, 4)}",
            "FFFFFF FFFFFF",
            720,
            400,
            "-40+9*sin(2*t)",
            "0",
            "scroll=v=0.00502",
        ),
    ),
    music=(
        Part(PAD, "0:43 0:50 0:59 3.4:48 3.4:55 3.4:64", loudness=0.05),
        Part(BOX, "0.5:86 1:83 2.2:79 3.5:88 4:84 5:79 5.6:76", loudness=0.04),
    ),
    noise="anoisesrc=c=brown:a=0.3:seed=5,lowpass=350,tremolo=0.5:0.6",
)
LULLABY: Final = Work(
    11.5,
    music=(
        Part(
            BOX,
            "0:76 0.5:76 1:79 2.5:76 3:76 4:79 6:76 6.5:79 7:84 8:83 9.5:81 10:81 11:79 12:74 12.5:76 13:77 "
            "14:74 15:74 15.5:76 16:77 18:74 18.5:77 19:83 19.5:81 20:79 21:83 22:84",
            0.43,
            0.16,
        ),
        Part(
            BOX,
            "1:60 2:64 3:67 4:60 5:64 6:67 7:60 8:64 9:67 10:59 11:62 12:67 13:59 14:62 15:67 16:59 17:62 "
            "18:67 19:59 20:62 21:65 22:60 22.1:64 22.2:67",
            0.43,
            0.09,
        ),
    ),
)
BELLS: Final = Work(
    11,
    music=(Part(BELL, "0:52 0.1:64 1.5:71 2:76 2.5:68 3.5:73 4:71 5:64 5.5:68 6:66 7:64 7.1:52", 0.9, 0.14),),
)
HALL: Final = Work(
    12,
    music=(
        Part(
            ORGAN,
            "0:45 0:57 0:64 0:72 1:41 1:57 1:65 1:72 2:48 2:55 2:64 2:72 3:43 3:55 3:62 3:71 "
            "3.95:45 3.95:57 3.95:60 3.95:69",
            2.1,
            0.06,
        ),
    ),
)
RAIN: Final = Work(
    10,
    noise="anoisesrc=c=pink:a=0.4:seed=7,highpass=250,lowpass=5000,tremolo=0.15:0.35[hiss];"
    "aevalsrc='if(gt(random(0),0.9994),random(0),0)':s=22050,asplit=3[tick][tack][tock];"
    "[tick]bandpass=900:q:25[low];[tack]bandpass=1500:q:35[middle];[tock]bandpass=2300:q:45[high];"
    "[hiss][low][middle][high]amix=4:normalize=0:weights=1 5 5 5",
)

WORKS: Final[dict[str, Work]] = {
    "Dawn over the hills.mp4": DAWN,
    "Северное сияние.mp4": AURORA,
    "First snow.mp4": SNOW,
    "Paper boat.mp4": BOAT,
    "Sunlight under water.webm": WATER,
    "Колыбельная.mp3": LULLABY,
    "Evening bells.ogg": BELLS,
    "Rain on the roof.m4a": RAIN,
    "Organ in an empty hall.flac": HALL,
}


def gradient(colours: str, width: int, height: int) -> str:
    stops = [f"c{index}=0x{colour}" for index, colour in enumerate(colours.split())]
    # A line that leaves the picture would be replaced by a random one.
    line = f"x0=0:x1=0:y0=0:y1={height - 1}:speed=0.00001"
    return f"gradients=s={width}x{height}:{STILL}:n={len(stops)}:{':'.join(stops)}:{line}"


def mask(layer: Layer) -> str:
    if not layer.grain:
        return f"color=s={layer.width}x{layer.height}:{STILL},format=gray,geq='{layer.shape}'"
    return (
        f"color=s={layer.width // layer.grain}x{layer.height // layer.grain}:r={RATE / 3},format=gray,"
        f"geq='{layer.shape}',framerate={RATE},scale={layer.width}:{layer.height}:flags=bicubic"
    )


def picture(work: Work) -> str:
    """Describe the film as a graph of filters: each layer is drawn once, then only carried about."""
    chains = [f"{gradient(work.sky, 640, 360)},format=yuv444p,{FOREVER}[stage0]"]
    for number, layer in enumerate(work.layers):
        before, after = (FOREVER, "null") if layer.grain else ("null", FOREVER)
        chains += (
            f"{mask(layer)}[mask{number}]",
            f"{gradient(layer.colours, layer.width, layer.height)},{before}[colour{number}]",
            f"[colour{number}][mask{number}]alphamerge,format=yuva444p,{after},{layer.effects}[layer{number}]",
            f"[stage{number}][layer{number}]overlay='{layer.x}':'{layer.y}':format=yuv444[stage{number + 1}]",
        )
    end = f"trim=duration={work.seconds},fade=out:st={work.seconds - 0.6}:d=0.6,format=yuv420p[out0]"
    return ";".join([*chains, f"[stage{len(work.layers)}]{work.finish},{end}"])


def tune(part: Part) -> str:
    voice, terms = part.voice, []
    for note in part.notes.split():
        beat, pitch = (float(number) for number in note.split(":"))
        start = 0.05 + beat * part.beat
        turns = 6.283185 * 440 * 2 ** ((pitch - 69) / 12)
        partials = "+".join(
            f"{loudness}*sin({turns * multiple:.3f}*ld(0))" + (f"*exp(-{decay}*ld(0))" if decay else "")
            for multiple, loudness, decay in voice.partials
        )
        # A note that begins and ends in silence cannot click.
        swell = f"(1-exp(-{voice.attack}*st(0,t-{start:.3f})))*(1-ld(0)/{voice.seconds})"
        terms.append(f"if(between(t,{start:.3f},{start + voice.seconds:.3f}),{swell}*({partials}),0)")
    return f"aevalsrc='{part.loudness}*({'+'.join(terms)})':s=16000"


def melody(work: Work) -> str:
    """Describe the sound as a graph of filters: all parts together, with an echo unlike on either side."""
    sources = [*map(tune, work.music), *filter(None, [work.noise])]
    chains = [f"{source}[part{number}]" for number, source in enumerate(sources)]
    parts = "".join(f"[part{number}]" for number in range(len(sources)))
    fades = f"afade=in:d=0.05,afade=out:st={work.seconds - 1.5}:d=1.5"
    return ";".join(
        [
            *chains,
            f"{parts}amix={len(sources)}:normalize=0,asplit[near][far]",
            "[near]aecho=1:1:31|73|137|211:0.3|0.24|0.18|0.12[left]",
            "[far]aecho=1:1:41|89|151|239:0.3|0.24|0.18|0.12[right]",
            f"[left][right]join=channel_layout=stereo,atrim=duration={work.seconds},{fades}[out{int(bool(work.sky))}]",
        ]
    )


def add_video(file: OutputContainer, suffix: str) -> VideoStream:
    codec, options = VIDEO_CODECS[suffix]
    stream = file.add_stream(codec, rate=RATE, options=options)
    stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
    return stream


def write(path: Path, work: Work) -> None:
    graphs = [picture(work)] if work.sky else []
    graphs += [melody(work)] if work.music or work.noise else []
    options = {"movflags": "+faststart"} if path.suffix in {".mp4", ".m4a"} else {}
    with av.open(";".join(graphs), format="lavfi") as source, av.open(path, "w", options=options) as file:
        file.metadata["title"] = path.stem
        video = add_video(file, path.suffix) if source.streams.video else None
        audio = file.add_stream(AUDIO_CODECS[path.suffix], rate=48000) if source.streams.audio else None
        for frame in source.decode():
            if video and isinstance(frame, VideoFrame):
                # Raw frames are all key frames; the film's own need not be.
                frame.pict_type = PictureType.NONE
                file.mux(video.encode(frame))
            elif audio and isinstance(frame, AudioFrame):
                file.mux(audio.encode(frame))
        for stream in filter(None, [video, audio]):
            file.mux(stream.encode(None))


def make_media(folder: Path) -> dict[str, Path]:
    """Write every film and sound into the folder, which must exist, and tell where each is by its name."""
    paths = {name: folder / name for name in WORKS}
    with ThreadPoolExecutor() as threads:
        list(threads.map(write, paths.values(), WORKS.values()))
    return paths
