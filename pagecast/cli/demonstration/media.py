"""Films and sounds for the demonstration pages, drawn and played on the spot.

`make_media` writes five short films and four sounds into a folder: pleasant, each unlike the others, the
same every time, and playable in every current browser. Nothing is downloaded and nothing but PyAV is needed:
pictures and notes are formulas, which FFmpeg's own filters turn into frames and samples.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal, NamedTuple

import av
from av.video.frame import PictureType

_RATE: Final = 24
_STILL: Final = f"r={_RATE}:d=0.04"
_FOREVER: Final = f"loop=-1:1,settb=1/{_RATE},setpts=N"
_VP9: Final = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "28", "b:v": "0"}
Codec = Literal["aac", "flac", "libmp3lame", "libopus"]
_AUDIO: dict[str, Codec] = {".flac": "flac", ".mp3": "libmp3lame", ".ogg": "libopus", ".webm": "libopus"}

_CHANCE: Final = "mod(abs(sin({})*43758.5453),1)"
# Partials (ratio to the pitch, loudness, decay per second), attack per second, and length in seconds.
Voice = tuple[tuple[tuple[float, float, float], ...], float, float]
# The notes as "beat:pitch,pitch", with pitches numbered as in MIDI; seconds for a beat; loudness.
Part = tuple[Voice, str, float, float]


class Layer(NamedTuple):
    """A cut-out on the stage: how opaque each point X, Y is (0 to 255), its colours from the top, its way."""

    shape: str
    colours: str
    place: str = "640x360 0 0"
    effects: str = "null"
    # Only a shape that itself changes with T is drawn again and again, and coarsely: formulas are slow.
    grain: int = 1


class Work(NamedTuple):
    """A film when it has a sky (colours from the top), otherwise a sound."""

    seconds: float
    music: tuple[Part, ...] = ()
    noise: str = ""
    sky: str = ""
    layers: tuple[Layer, ...] = ()
    finish: str = "null"


def _below(curve: str) -> str:
    return f"clip((Y-({curve}))*128,0,255)"


def _firs(ground: str, spacing: int, tall: int) -> str:
    tallness = f"{tall}*(0.35+0.65*{_CHANCE.format(f'floor(X/{spacing})*12.9898+{spacing}')})"
    taper = f"(1-abs(mod(X,{spacing})-{spacing / 2})*{2 / spacing}*(1.05+0.3*mod(Y,8)/8))"
    return f"if(lt(Y,st(0,{ground})-{tall}),0,if(gt(Y,ld(0)),255,{_below(f'ld(0)-{tallness}*{taper}')}))"


def _dots(cell: int, radius: float, softness: float) -> str:
    luck = f"st(0,{_CHANCE.format(f'floor(X/{cell})*12.9898+floor(Y/{cell})*78.233+{cell}')})"
    across = f"mod(X,{cell})-{cell}*(0.15+0.7*mod(ld(0)*61,1))"
    down = f"mod(Y,{cell})-{cell}*(0.15+0.7*mod(ld(0)*367,1))"
    return f"clip(255*({radius}*(0.3+0.7*{luck})-hypot({across},{down}))/{softness},0,255)"


def _disc(radius: float, halo: int) -> str:
    away = f"(hypot(X-W/2,Y-H/2)-{radius})"
    return f"clip(max(255-255*{away},{halo}*pow(clip(1-{away}/(W/2-{radius}),0,1),2.5)),0,255)"


def _curtain(height: int, phase: float) -> str:
    edge = f"{height}+7*sin(X/19+T*0.3+{phase})+4*sin(X/9-T*0.45+{phase})"
    rays = f"(0.62+0.38*sin(X/1.7+3*sin(X/11+T*0.5+{phase})))*(0.65+0.35*sin(X/23-T*0.6+{phase}))"
    light = f"if(gt(ld(0),0),exp(-ld(0)/(8+4*sin(X/15+T*0.5))),exp(ld(0)*0.9))*{rays}"
    return f"if(gt(st(0,{edge}-Y),-5),{light},0)"


def _wave(top: int, colours: str, x: str, phase: float) -> tuple[Layer, Layer]:
    crest, way = f"22-15*pow(abs(sin(X/52+{phase})),1.5)", f"{x} {top}+3*sin(1.1*t+{phase})"
    shadow = Layer(f"clip((Y-({crest}))*9,0,70)", "06304A 06304A", f"880x40 {way}-7")
    return shadow, Layer(_below(crest), colours, f"880x{380 - top} {way}")


_AURORA: Final = f"min(235*{_curtain(34, 0)}+150*{_curtain(22, 2.4)},255)"
_BEAMS: Final = "110*clip(1-Y/320,0,1)*pow(0.5+0.5*sin((X-{0})/(Y+170)*11+2*sin((X-{0})/(Y+170)*7)),3)"
_CLOUD: Final = "clip(60*max(max(26-hypot(X-40,Y-52),38-hypot(X-88,Y-46)),24-hypot(X-134,Y-54)),0,235)"
_FISH: Final = (
    "max(255*between(X,40,58)*lt(abs(Y-16),(X-37)*0.55),"
    "clip((1-hypot((X-24)/20,(Y-16)/9))*900,0,255)*gt(hypot(X-13,Y-13),1.8))"
)
_SMOKE: Final = "Y*(2.4+0.6*sin(Y/2.2+T*3))*exp(-pow((X-10-(3-Y/10)*sin(T*0.8+Y/7))/(4.8-Y/8),2))"
_WEED: Final = (
    f"if(gt(st(0,Y-4-32*{_CHANCE.format('floor(X/8)*12.9898')}),0),"
    "clip(240*(min(1.7,ld(0)/6)-abs(mod(X,8)-4-(40-Y)*0.07*sin(T*1.3+Y/6+floor(X/8)))),0,255),0)"
)
_VEIL: Final = "(200-Y*0.25)*(1-0.75*exp(-pow(hypot(X-420,Y-195)/85,2)))"
_BOAT: Final = ("130x110 150+26*t 160+5*sin(1.5*t)", "rotate=0.09*sin(1.5*t+0.8):c=none")
_HOUSE: Final = "160x130 380 172"

_BELL: Final = (((0.5, 0.3, 0.6), (1, 1, 0.9), (1.19, 0.3, 1.6), (2, 0.45, 1.8), (2.74, 0.2, 3)), 300, 4.5)
_BOX: Final = (((1, 1, 2.2), (2, 0.3, 4), (4.02, 0.15, 9)), 400, 1.8)
_ORGAN: Final = (((1, 1, 0), (2.003, 0.5, 0), (3, 0.25, 0), (4.005, 0.15, 0)), 7, 3.6)
_PAD: Final = (((1, 1, 0), (1.005, 0.8, 0), (2.003, 0.3, 0), (3, 0.08, 0)), 1.2, 5.5)
_HYMN: Final = (_ORGAN, "0:45,57,64,72 1:41,57,65,72 2:48,55,64,72 3:43,55,62,71 3.95:45,57,60,69", 2.1, 0.11)
_CHIME: Final = (_BELL, "0:52,64 1.5:71 2:76 2.5:68 3.5:73 4:71 5:64 5.5:68 6:66 7:52,64", 0.9, 0.24)

WORKS: Final[dict[str, Work]] = {
    "Dawn over the hills.mp4": Work(
        7.5,
        ((_PAD, "0:48,55,64 3.4:53,60,69", 1, 0.09), (_BOX, "1:76 2:79 3:83 4:84 5:88 6:86", 1, 0.15)),
        sky="5470B8 A99BC9 F6BFA6 FFE0A8",
        layers=(
            Layer(_disc(-2, 210), "FFC9A0 FFB98C", "420x420 210 24-13*t"),
            Layer(_disc(19, 120), "FFF8E4 FFEBC4", "160x160 340 154-13*t"),
            Layer(_below("38+15*sin(X/81+1)+6*sin(X/34+2.3)"), "C98FA0 F4C9B4", "760x190 -4*t 170"),
            Layer(_below("38+20*sin(X/100+3)+7*sin(X/44+6.9)"), "8A6C93 E0A9A4", "800x150 -9*t 210"),
            Layer(_below("32+22*sin(X/125+5)+5*sin(X/51+1.5)"), "53507E A67F98", "860x120 -16*t 240"),
            Layer(_firs("70+16*sin(X/158+2)+5*sin(X/64+4.6)", 15, 44), "2B2850 3A3160", "920x110 -30*t 250"),
            Layer(_VEIL, "120F3A 2A1550", effects="fade=out:st=0:d=5:alpha=1"),
        ),
    ),
    "Северное сияние.mp4": Work(
        7,
        ((_PAD, "0:45,52,60 3.4:41,48,57", 1, 0.09), (_BELL, "1:88 2.5:83 4:84 5.5:81", 1, 0.08)),
        sky="050A20 0A2148 1D5A70 2A6A77",
        layers=(
            Layer(f"clip(1.3-Y/190,0,1)*{_dots(20, 1.5, 1.2)}", "DDE8FF DDE8FF"),
            Layer(_AURORA, "9A5BE8 6FA0E0 3DFFA0 3DFFA0", "640x240 0 0", grain=5),
            Layer(_below("42+18*sin(X/61+4)+9*sin(X/23+2)+2*sin(X/7)"), "1B3A57 0E2036", "720x190 -3*t 170"),
            Layer(_firs("48+9*sin(X/90+1)+3*sin(X/37+2)", 12, 38), "0A1830 060D1C", "800x130 -9*t 230"),
        ),
        finish="split[all][part];[part]crop=640:170:0:108,scale=640:82,vflip,gblur=2:sigmaV=1,hue=s=0.8:b=-0.6"
        "[lake];[all][lake]overlay=0:278",
    ),
    "First snow.mp4": Work(
        6.5,
        sky="27336B 5A5C9C B58FB4 F2BFAE",
        layers=(
            Layer(_disc(15, 90), "FFF6DE FFF6DE", "200x200 400 -10"),
            Layer(_below("40+16*sin(X/71+1)+5*sin(X/29+2)"), "8583B5 C3B2CF", "640x160 0 200"),
            Layer(_firs("62+8*sin(X/80+3)", 18, 56), "3B4878 5C6596", "640x140 0 220"),
            Layer(_SMOKE, "FFFFFF B9B4D8", "80x120 456 66", grain=4),
            Layer("255*gt(Y,12)*if(gt(Y,60),between(X,18,142),between(X,108,122))", "5A3B45 3A2433", _HOUSE),
            Layer(f"{_below('abs(X-80)*0.62+14')}*lt(Y,62)", "F5F7FF C9D2F0", _HOUSE),
            Layer("255*between(abs(abs(X-79)-29),2,14)*between(abs(Y-90),2,14)", "FFD27A FFB347", _HOUSE),
            Layer(_disc(-2, 110), "FFC060 FFC060", "240x240 340 142"),
            Layer(_below("30+14*sin(X/120+5)+4*sin(X/47+2)"), "E9EEFF 9FAEDC", "640x100 0 260"),
            # A little over 1, 2 and 4 pixels a frame: rounding must never hold a flake and then let it jump.
            Layer(_dots(20, 1.7, 1), "FFFFFF FFFFFF", "720x400 -40+14*sin(t) 0", "scroll=v=-0.00252"),
            Layer(_dots(40, 2.8, 1.6), "FFFFFF FFFFFF", "720x400 -40+22*sin(t+1) 0", "scroll=v=-0.00502"),
            Layer(_dots(80, 5.5, 4), "FFFFFF FFFFFF", "720x400 -40+30*sin(t+2) 0", "scroll=v=-0.01002"),
        ),
    ),
    "Paper boat.mp4": Work(
        6.5,
        noise="anoisesrc=c=brown:a=0.9:seed=3,lowpass=900,highpass=120,tremolo=0.2:0.8",
        sky="FFF3DC FFE3C2 FFCDB0",
        layers=(
            Layer(_disc(46, 90), "FF9A76 FF7F6B", "260x260 400 10"),
            Layer(_CLOUD, "FFFFFF FFF6EA", "170x62 60+9*t 40"),
            Layer(_CLOUD, "FFFFFF FFF6EA", "170x62 330+5*t 14", "scale=110:40"),
            *_wave(200, "7CC6C3 4A9FAE", "-130+12*t", 0),
            Layer("255*between(Y,60,90)*between(X,12+(Y-60)*0.9,118-(Y-60)*0.9)", "FFFFFF D9DEE8", *_BOAT),
            Layer("255*between(Y,12,60)*between(X,65-(Y-12)*0.55,65)", "F4F6FA E4E8F0", *_BOAT),
            Layer("255*between(Y,12,60)*between(X,65,65+(Y-12)*0.55)", "D3D9E6 BFC8DA", *_BOAT),
            *_wave(232, "4FA6B3 2C7C96", "-20-14*t", 1),
            *_wave(262, "2F88A3 1B5F80", "-170+20*t", 2.2),
            *_wave(296, "1E6688 0F3F60", "-20-24*t", 0.7),
        ),
    ),
    "Sunlight under water.webm": Work(
        7,
        ((_PAD, "0:43,50,59 3.4:48,55,64", 1, 0.09), (_BOX, "0.5:86 1:83 2.2:79 3.5:88 4:84 5:79", 1, 0.08)),
        "anoisesrc=c=brown:a=0.55:seed=5,lowpass=350,tremolo=0.5:0.6",
        "9AEBDD 37AFC0 12678F 083A5C",
        (
            Layer(_BEAMS.format(420), "FFFFE8 BFFFF0", "800x320 -80+50*sin(t*0.7) 0"),
            Layer(_BEAMS.format(360), "FFFFE8 BFFFF0", "800x320 -80-60*sin(t*0.5) 0"),
            Layer(_below("24+9*sin(X/90+1)+3*sin(X/31+2)"), "5C9BA0 2C6275", "640x90 0 270"),
            Layer(_WEED, "2BAF7E 0D4048", "640x160 0 200", grain=4),
            Layer(_below("20+7*sin(X/70+4)+3*sin(X/27+1)"), "3F7C88 1D4A60", "640x50 0 310"),
            *(
                Layer(_FISH, colours, f"60x34 {290 + 68 * i}-{34 + i}*t {78 + 67 * i % 150}+6*sin(2*t+{i})")
                for i, colours in enumerate(["FF7A3D FFC35B", "FFB52E FFE9A0", "FF7A3D FFC35B"] * 2)
            ),
            Layer(f"0.55*{_dots(80, 5, 1.5)}", "FFFFFF FFFFFF", "720x400 -9+9*sin(t) 0", "scroll=v=0.00502"),
        ),
    ),
    "Колыбельная.mp3": Work(
        11.5,
        (
            (_BOX, "0:76 0.5:76 1:79 2.5:76 3:76 4:79 6:76 6.5:79 7:84 8:83 9.5:81 10:81 11:79", 0.43, 0.3),
            (_BOX, "12:74 12.5:76 13:77 14:74 15:74 15.5:76 16:77 18:74 18.5:77", 0.43, 0.3),
            (_BOX, "19:83 19.5:81 20:79 21:83 22:60,64,67,84", 0.43, 0.3),
            (_BOX, "1:60 2:64 3:67 4:60 5:64 6:67 7:60 8:64 9:67 10:59 11:62 12:67", 0.43, 0.17),
            (_BOX, "13:59 14:62 15:67 16:59 17:62 18:67 19:59 20:62 21:65", 0.43, 0.17),
        ),
    ),
    "Evening bells.ogg": Work(11, (_CHIME,)),
    "Rain on the roof.m4a": Work(
        10,
        noise="anoisesrc=c=pink:a=0.7:seed=7,highpass=250,lowpass=5000,tremolo=0.15:0.35[hiss];"
        "aevalsrc='if(gt(random(0),0.9994),random(0),0)':s=22050,asplit[tick][tock];"
        "[tick]bandpass=1000:q:25[low];[tock]bandpass=1900:q:40[high];"
        "[hiss][low][high]amix=3:normalize=0:weights=1 9 9",
    ),
    "Organ in an empty hall.flac": Work(12, (_HYMN,)),
}


def _gradient(colours: str, size: str) -> str:
    stops = [f"c{index}=0x{colour}" for index, colour in enumerate(colours.split())]
    # A line that leaves the picture would be replaced by a random one.
    line = f"x0=0:x1=0:y0=0:y1={int(size.split('x')[1]) - 1}:speed=0.00001"
    return f"gradients=s={size}:{_STILL}:n={len(stops)}:{':'.join(stops)}:{line}"


def _picture(work: Work) -> str:
    """Describe the film as a graph of filters: each layer is drawn once, then only carried about."""
    chains = [f"{_gradient(work.sky, '640x360')},format=yuv444p,{_FOREVER}[stage0]"]
    for number, (shape, colours, place, effects, grain) in enumerate(work.layers):
        size, x, y = place.split()
        pace, finer, before, after = _STILL, "null", "null", _FOREVER
        if grain > 1:
            pace, finer, before, after = f"r={_RATE / 3}", f"framerate={_RATE},scale={size}", _FOREVER, "null"
        chains += (
            f"color=s={size}:{pace},scale=iw/{grain}:ih/{grain},format=gray,geq='{shape}',{finer}[mask{number}]",
            f"{_gradient(colours, size)},format=yuva444p,{before}[colour{number}]",
            f"[colour{number}][mask{number}]alphamerge,{after},{effects}[layer{number}]",
            f"[stage{number}][layer{number}]overlay='{x}':'{y}':format=yuv444[stage{number + 1}]",
        )
    end = f"trim=duration={work.seconds},fade=out:st={work.seconds - 0.6}:d=0.6,format=yuv420p[out0]"
    return ";".join([*chains, f"[stage{len(work.layers)}]{work.finish},{end}"])


def _tune(part: Part) -> str:
    (partials, attack, seconds), notes, pace, loudness = part
    terms = []
    for chord in notes.split():
        beat, pitches = chord.split(":")
        start = 0.05 + float(beat) * pace
        turns = [6.283185 * 440 * 2 ** ((int(pitch) - 69) / 12) for pitch in pitches.split(",")]
        tones = [
            f"{weight}*exp(-{decay}*ld(0))*({'+'.join(f'sin({ratio * turn:.3f}*ld(0))' for turn in turns)})"
            for ratio, weight, decay in partials
        ]
        # A note that begins and ends in silence cannot click.
        swell = f"(1-exp(-{attack}*st(0,t-{start:.3f})))*(1-ld(0)/{seconds})"
        terms.append(f"if(between(t,{start:.3f},{start + seconds:.3f}),{swell}*({'+'.join(tones)}),0)")
    return f"aevalsrc='{loudness}*({'+'.join(terms)})':s=12000"


def _melody(work: Work) -> str:
    """Describe the sound as a graph of filters: all parts together, with an echo unlike on either side."""
    sources = [*map(_tune, work.music), *filter(None, [work.noise])]
    chains = [f"{source}[part{number}]" for number, source in enumerate(sources)]
    parts = "".join(f"[part{number}]" for number in range(len(sources)))
    fades = f"atrim=duration={work.seconds},afade=in:d=0.05,afade=out:st={work.seconds - 1.5}:d=1.5"
    echoes = (
        f"{parts}amix={len(sources)}:normalize=0,asplit[near][far]",
        "[near]aecho=1:0.54:31|73|137|211:0.3|0.24|0.18|0.12[left]",
        "[far]aecho=1:0.54:41|89|151|239:0.3|0.24|0.18|0.12[right]",
        f"[left][right]join=channel_layout=stereo,{fades}[out{int(bool(work.sky))}]",
    )
    return ";".join([*chains, *echoes])


def _write(path: Path, work: Work) -> None:
    graphs = [_picture(work)] if work.sky else []
    graphs += [_melody(work)] if work.music or work.noise else []
    options = {"movflags": "+faststart"} if path.suffix in {".mp4", ".m4a"} else {}
    with av.open(";".join(graphs), format="lavfi") as source, av.open(path, "w", options=options) as file:
        video = audio = None
        if path.suffix == ".webm":
            video = file.add_stream("libvpx-vp9", _RATE, _VP9)
        elif work.sky:
            video = file.add_stream("libx264", _RATE, {"preset": "superfast", "crf": "22"})
        if video:
            video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        if source.streams.audio:
            audio = file.add_stream(_AUDIO.get(path.suffix, "aac"), 48000)
        for frame in (frame for packet in source.demux() for frame in packet.decode()):
            if video and isinstance(frame, av.VideoFrame):
                # Raw frames are all key frames; the film's own need not be.
                frame.pict_type = PictureType.NONE
                file.mux(video.encode(frame))
            elif audio and isinstance(frame, av.AudioFrame):
                file.mux(audio.encode(frame))
        file.mux([*(video.encode() if video else ()), *(audio.encode() if audio else ())])


def make_media(folder: Path) -> dict[str, Path]:
    """Write every film and sound into the folder, which must exist, and tell where each is by its name."""
    paths = {name: folder / name for name in WORKS}
    with ThreadPoolExecutor(3) as threads:  # more at once is hardly faster, and each takes some 70 MB
        list(threads.map(_write, paths.values(), WORKS.values()))
    return paths
