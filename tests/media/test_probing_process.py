"""The process that looks into files: what it may do, and what becomes of one that dies or hangs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pagecast.media.errors import Refused
from pagecast.media.probing import Medium, asking, checker, draw, probe
from tests.media.made import film, sound, write

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc and prctl() are Linux's")
ROOT = Path(__file__).resolve().parents[2]
# What the process does with a file of this name, in place of looking into it.
MISHAPS = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from child import serving
def mishap(question, answer=serving._answer):
    if question["path"].endswith("/crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    while question["path"].endswith("/hang"):
        time.sleep(1)
    if question["path"].endswith("/greedy"):
        bytearray(1 << 32)
    if question["path"].endswith("/busy"):
        signal.alarm(0)
        while True: pass
    return answer(question)
def memory(question):
    try:
        return mishap(question)
    except MemoryError:
        return {"refused": "memory"}
serving._answer = memory
serving.serve()
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    checker.forget()
    yield
    checker.forget()


@pytest.fixture
def mishaps(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [word if word != checker.START else MISHAPS for word in checker.COMMAND]
    monkeypatch.setattr(checker, "COMMAND", command)
    monkeypatch.setattr(asking, "PROBE_SECONDS", 2)
    monkeypatch.setattr(asking, "DRAW_SECONDS", 1)


@pytest.fixture
def dawn(tmp_path: Path) -> Path:
    return write(tmp_path, "Dawn.mp4", film(seconds=1))


def child() -> int:
    number = checker.current()
    assert number is not None
    return number


def is_there(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(done: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_one_process_looks_into_many_files(dawn: Path) -> None:
    probe(dawn, "Dawn.mp4")
    first = child()
    for _number in range(20):
        probe(dawn, "Dawn.mp4")
    assert child() == first


def test_a_process_is_replaced_after_many_files(dawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "_FILES", 2)
    numbers = []
    for _number in range(4):
        probe(dawn, "Dawn.mp4")
        numbers.append(child())
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


def test_two_threads_have_two_processes_and_do_not_meet(dawn: Path, tmp_path: Path) -> None:
    rain = write(tmp_path, "Rain.mp3", sound(seconds=1))

    def look(path: Path) -> set[tuple[Medium, int]]:
        return {(probe(path, path.name).medium, child()) for _number in range(50)}

    with ThreadPoolExecutor(2) as pool:
        (video,), (audio,) = pool.map(look, (dawn, rain))
    assert (video[0], audio[0]) == (Medium.VIDEO, Medium.AUDIO)
    assert video[1] != audio[1]


@LINUX
def test_the_process_ends_with_its_thread(dawn: Path) -> None:
    numbers = []

    def look() -> None:
        probe(dawn, "Dawn.mp4")
        numbers.append(child())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert wait_until(lambda: not is_there(numbers[0]))


@pytest.mark.usefixtures("mishaps")
def test_a_file_that_crashes_it_is_refused_and_the_next_one_is_not(dawn: Path, tmp_path: Path) -> None:
    bad = write(tmp_path, "crash", b"x")
    with pytest.raises(Refused, match=r"“Dusk\.mp4” made the program that checks files fail"):
        probe(bad, "Dusk.mp4")
    assert draw(bad, Medium.VIDEO, tmp_path / "dusk.jpg") is False
    assert probe(dawn, "Dawn.mp4").medium == Medium.VIDEO


@pytest.mark.usefixtures("mishaps")
@pytest.mark.parametrize("name", ["hang", "busy"])
def test_a_file_that_hangs_it_is_refused_in_time_and_the_next_one_is_not(
    name: str, dawn: Path, tmp_path: Path
) -> None:
    bad = write(tmp_path, name, b"x")
    started = time.monotonic()
    with pytest.raises(Refused, match=r"“Dusk\.mp4” could not be checked within"):
        probe(bad, "Dusk.mp4")
    assert draw(bad, Medium.VIDEO, tmp_path / "dusk.jpg") is False
    assert time.monotonic() - started < 10
    assert probe(dawn, "Dawn.mp4").medium == Medium.VIDEO


@pytest.mark.usefixtures("mishaps")
def test_a_file_that_takes_too_much_memory_is_refused(dawn: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"“Dusk\.mp4” needs more memory"):
        probe(write(tmp_path, "greedy", b"x"), "Dusk.mp4")
    assert probe(dawn, "Dawn.mp4").medium == Medium.VIDEO


@LINUX
def test_a_process_that_somebody_killed_is_not_the_fault_of_the_file(dawn: Path) -> None:
    probe(dawn, "Dawn.mp4")
    os.kill(child(), signal.SIGKILL)
    assert probe(dawn, "Dawn.mp4").medium == Medium.VIDEO


@LINUX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_to_a_whole_group_do_not_end_it(number: signal.Signals, dawn: Path) -> None:
    probe(dawn, "Dawn.mp4")
    first = child()
    os.kill(first, number)
    probe(dawn, "Dawn.mp4")
    assert child() == first


@LINUX
def test_its_limits_hold(dawn: Path) -> None:
    probe(dawn, "Dawn.mp4")
    limits = Path(f"/proc/{child()}/limits").read_text()
    taken = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert taken["Max core file size"] == "0"
    assert int(taken["Max address space"]) == 1536 * 2**20
    assert int(taken["Max file size"]) == 8 * 2**20
    assert int(taken["Max open files"]) == 32
    assert int(taken["Max cpu time"]) <= 60


@LINUX
def test_it_is_told_no_secret(dawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    probe(dawn, "Dawn.mp4")
    assert b"s3cret" not in Path(f"/proc/{child()}/environ").read_bytes()


@LINUX
def test_it_imports_nothing_of_django(dawn: Path) -> None:
    program = checker.START.replace("serve()", "print('django' in sys.modules)")
    command = [sys.executable, "-P", "-c", program, checker.COMMAND[-1]]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_an_installation_that_can_not_look_is_no_fault_of_the_file(
    dawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "COMMAND", [sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(OSError, match="To see why, run: "):
        probe(dawn, "Dawn.mp4")


PARENT = """
import os, sys
from django.conf import settings
settings.configure(USE_I18N=False)
from pathlib import Path
from pagecast.media.probing import checker, probe
{before}
print(probe(Path(sys.argv[1]), "Dawn.mp4").medium, checker.current(), flush=True)
{after}
"""


@contextlib.contextmanager
def parent(path: Path, before: str = "", after: str = "") -> Iterator[subprocess.Popen[str]]:
    program = PARENT.format(before=before, after=after)
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        yield process
        process.kill()


@LINUX
@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), 9)", "sys.exit()", "os._exit(0)"])
def test_it_ends_with_its_parent_however_that_ends(ending: str, dawn: Path) -> None:
    with parent(dawn, after=ending) as process:
        medium, number = process.communicate()[0].split()
    assert medium == "video"
    assert wait_until(lambda: not is_there(int(number)))


@LINUX
def test_it_ends_with_its_parent_even_while_it_hangs(tmp_path: Path) -> None:
    before = f"""
checker.COMMAND = [word if word != checker.START else {MISHAPS!r} for word in checker.COMMAND]
checker.ask({{"do": "probe", "path": "/dev/null"}}, 5)
print(checker.current(), flush=True)
"""
    with parent(write(tmp_path, "hang", b"x"), before=before) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        time.sleep(0.5)
        assert is_there(number)
        process.kill()
    assert wait_until(lambda: not is_there(number), seconds=5)


@LINUX
def test_a_parent_that_was_forked_has_one_of_its_own(dawn: Path) -> None:
    before = """
probe(Path(sys.argv[1]), "Dawn.mp4")
first = checker.current()
if forked := os.fork():
    os.waitpid(forked, 0)
    assert checker.current() == first
"""
    with parent(dawn, before=before) as process:
        lines = process.communicate()[0].splitlines()
    assert [line.split()[0] for line in lines] == ["video", "video"]
    assert len({line.split()[1] for line in lines}) == 2


def test_a_parent_without_input_and_output_can_ask(dawn: Path, tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    before = "os.close(0); os.close(1); os.close(2)"
    after = ""
    program = PARENT.format(before=before, after=after).replace(
        "print(", f"print = lambda *words, flush: Path({str(answer)!r}).write_text(str(words[0]))\nprint("
    )
    subprocess.run([sys.executable, "-c", program, str(dawn)], cwd=ROOT, check=False)
    assert answer.read_text() == "video"
