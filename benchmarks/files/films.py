"""Films and sounds of noise, made on the spot: some hundred kilobytes each, for want of real ones."""

import io
import random
from array import array

import av

FRAMES, WIDTH, HEIGHT = 4, 320, 240
# Of a thousandth of a million samples each.
PIECES, SAMPLES, RATE = 1000, 1024, 48_000


def film() -> bytes:
    """An MP4 with a picture that no encoder makes small."""
    chance, target = random.Random(0), io.BytesIO()  # noqa: S311 - chance, not secrets
    with av.open(target, "w", format="mp4") as file:
        stream = file.add_stream("libx264", 10, {"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _number in range(FRAMES):
            frame = av.VideoFrame(WIDTH, HEIGHT, "rgb24")
            frame.planes[0].update(chance.randbytes(frame.planes[0].buffer_size))
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return target.getvalue()


def sound() -> bytes:
    """An M4A that rustles for twenty seconds."""
    chance, target = random.Random(0), io.BytesIO()  # noqa: S311 - chance, not secrets
    with av.open(target, "w", format="ipod") as file:
        stream = file.add_stream("aac", RATE)
        stream.layout = "mono"
        for _number in range(PIECES):
            frame = av.AudioFrame("fltp", "mono", SAMPLES)
            frame.sample_rate = RATE
            frame.planes[0].update(array("f", [chance.uniform(-0.3, 0.3) for _ in range(SAMPLES)]).tobytes())
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return target.getvalue()
