"""`pagecast doctor` as a command: what it prints, what it ends with, and that it always ends."""

from __future__ import annotations

import ast
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pagecast.cli.doctor.check import Check, Finding, Outcome, failed, ok, warning
from pagecast.cli.doctor.running import HIDDEN, exit_code, run
from pagecast.cli.doctor.visit import Visit
from tests.acceptance.server import PATIENCE, ROOT, Installation, Server
from tests.cli.patients import CHECKS

BEAT = "from pagecast.chores import pulse; pulse.beat()"


def a_check(name: str, finding: Finding | None = None, *needs: str, code: int = 99) -> Check:
    return Check(name, code, "It is well.", "Mend it.", needs, lambda _visit: finding or ok("Fine."))


def pagecast(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in an empty folder, with nothing in its environment but the way to the program."""
    return subprocess.run(
        [sys.executable, "-m", "pagecast", *words],
        cwd=folder, env={"PYTHONPATH": str(ROOT)}, text=True, capture_output=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections, and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as listening:
        yield listening.getsockname()[1]


def test_a_served_installation_is_well(tmp_path: Path) -> None:
    # SQLite and no broker: a look at what others reach would be a look beyond this machine's loopback.
    patient = Installation(tmp_path, PAGECAST_ORIGIN="https://pages.example.org")
    assert patient.run("migrate").returncode == 0
    assert patient.python(BEAT).returncode == 0
    answer = patient.run("doctor")
    assert answer.stderr == ""
    assert "+ ok      worker             A worker gave a sign of life" in answer.stdout
    assert "- skipped redis              REDIS_URL is not set: none is needed." in answer.stdout
    assert " failed  " not in answer.stdout
    assert answer.stdout.endswith("0 failed, 6 skipped. Exit code 0.\n")
    assert answer.returncode == 0


def test_the_first_failure_is_the_exit_code_and_has_its_cure_below(tmp_path: Path) -> None:
    answer = Installation(tmp_path).run("doctor")
    assert answer.returncode == CHECKS["database"].code
    lines = answer.stdout.splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("x failed  database "))
    assert any(line.strip().startswith("-> Check PAGECAST_DATA") for line in lines[number + 1 : number + 6])
    assert "There is nothing to look at while `database` fails." in answer.stdout
    assert lines[-1].endswith(f"Exit code {CHECKS['database'].code}.")


def test_a_warning_is_a_failure_where_that_is_wanted(tmp_path: Path) -> None:
    patient = Installation(tmp_path)
    assert patient.run("doctor", "--only", "origin").returncode == 0
    assert patient.run("doctor", "--only", "origin", "--strict").returncode == CHECKS["origin"].code


def test_a_machine_without_settings_looks_from_outside_and_keeps_nothing(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with Server(tmp_path, work=False) as server:
        answer = pagecast(elsewhere, "doctor", "--url", server.url, "--json", "--timeout", "60")
        assert "CSRF" not in server.log()
    assert answer.stderr == ""
    said = json.loads(answer.stdout)
    assert said["url"] == server.url
    assert said["exit_code"] == answer.returncode == 0
    # Of a worker it may be too early to tell.
    assert {each["outcome"] for each in said["checks"] if each["name"] != "ready"} == {"ok", "skipped"}
    assert set(said["checks"][0]) == {"name", "code", "outcome", "sentence", "cure"}
    assert list(elsewhere.iterdir()) == []


def test_from_outside_this_machine_is_looked_at_where_that_is_wanted(tmp_path: Path) -> None:
    answer = Installation(tmp_path).run("doctor", "--url", "http://127.0.0.1:9", "--local", "--json")
    names = [each["name"] for each in json.loads(answer.stdout)["checks"]]
    assert names == list(CHECKS)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--url", "pages.example.org", "pages.example.org is no address"),
        ("--url", "https://pages.example.org:http", "http is no address"),
        ("--url", "https://alice:hunter2@pages.example.org", "this is no address"),
        ("--timeout", "soon", "soon is no number of seconds"),
        ("--timeout", "0", "0 is no number of seconds"),
        ("--only", "nonsense", "There is no check nonsense"),
    ],
)
def test_what_can_not_be_asked_is_refused_in_words(
    option: str, value: str, said: str, tmp_path: Path
) -> None:
    answer = pagecast(tmp_path, "doctor", option, value)
    assert answer.returncode in {1, 2}
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "hunter2" not in answer.stderr


def test_it_ends_where_nobody_ever_answers(silent_port: int, tmp_path: Path) -> None:
    address = f"127.0.0.1:{silent_port}"
    patient = Installation(
        tmp_path, DATABASE_URL=f"postgresql://alice:hunter2@{address}/pages", REDIS_URL=f"redis://{address}/0"
    )
    answer = patient.run("doctor", "--local", "--url", f"http://{address}", "--timeout", "1", "--json")
    outcomes = {each["name"]: each["outcome"] for each in json.loads(answer.stdout)["checks"]}
    assert outcomes["database"] == outcomes["redis"] == outcomes["address"] == "failed"
    assert answer.returncode == CHECKS["database"].code
    assert "hunter2" not in answer.stdout + answer.stderr


def test_a_check_that_hangs_is_broken_off_and_the_next_one_goes_on() -> None:
    released = threading.Event()

    def hang(_visit: Visit) -> Finding:
        released.wait(PATIENCE)
        return ok("Late.")

    checks = [replace(a_check("hanging"), look=hang), a_check("next")]
    first, second = run(checks, Visit(timeout=0.05))
    released.set()
    assert first.finding.outcome == Outcome.FAILED
    assert "broken off" in first.finding.sentence
    assert "--only hanging --timeout" in first.finding.cure
    assert second.finding.outcome == Outcome.OK


def test_a_check_that_breaks_is_reported_without_its_words_and_the_next_one_goes_on() -> None:
    def fall(_visit: Visit) -> Finding:
        message = "postgresql://alice:hunter2@db"
        raise LookupError(message)

    checks = [replace(a_check("falling"), look=fall), a_check("next")]
    first, second = run(checks, Visit())
    assert first.finding.outcome == Outcome.FAILED
    assert "LookupError at test_doctor.py:" in first.finding.sentence
    assert "hunter2" not in first.finding.sentence + first.finding.cure
    assert "report it" in first.finding.cure
    assert second.finding.outcome == Outcome.OK


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Pages.Example.org:443/admin/", "https://pages.example.org"),
        ("http://pages.example.org:443", "http://pages.example.org:443"),
        ("https://страницы.рф", "https://xn--80aqokeg6a3b.xn--p1ai"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_address_is_what_a_browser_makes_of_it(url: str, origin: str) -> None:
    assert Visit(url).site.origin == origin


def test_what_is_secret_is_hidden_whoever_quotes_it() -> None:
    check = a_check("quoting", failed("It said: hunter2 is wrong.", "Do not use hunter2."))
    (result,) = run([check], Visit(), ["hunter2"])
    assert result.finding == failed(f"It said: {HIDDEN} is wrong.", f"Do not use {HIDDEN}.")


def test_a_check_is_left_out_while_what_it_needs_fails() -> None:
    checks = [
        a_check("first", failed("Down.")),
        a_check("second", None, "first"),
        a_check("third", None, "second"),
        a_check("fourth", warning("Hm."), "nowhere"),
    ]
    results = list(run(checks, Visit()))
    assert [result.finding.outcome for result in results] == ["failed", "skipped", "skipped", "warning"]
    assert "`second` fails" in results[2].finding.sentence


def test_the_exit_code_is_that_of_the_first_failure() -> None:
    checks = [
        a_check("well"),
        a_check("so so", warning("Hm."), code=91),
        a_check("bad", failed("No."), code=92),
        a_check("worse", failed("No!"), code=93),
    ]
    results = list(run(checks, Visit()))
    assert exit_code(results, strict=False) == 92
    assert exit_code(results, strict=True) == 91
    assert exit_code(results[:1], strict=True) == 0


def test_every_check_has_a_name_and_a_code_of_its_own_in_order() -> None:
    codes = [each.code for each in CHECKS.values()]
    assert codes == sorted(set(codes))
    # Below are those of Python and of wrong options, above those of shells and signals.
    assert codes[0] >= 10
    assert codes[-1] < 100
    assert all(need in CHECKS for each in CHECKS.values() for need in each.needs)
    assert all(re.fullmatch(r"[A-Z].*[^.]\.", each.means) and each.cure for each in CHECKS.values())


def test_every_check_is_documented_with_its_code_meaning_and_cure() -> None:
    expected = [
        f"| `{each.name}` | {each.code} | {each.means} | {each.cure.replace('|', '∣')} |"
        for each in CHECKS.values()
    ]
    text = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if re.match(r"\| `[a-z-]+` \| \d", line)] == expected


@pytest.mark.parametrize("verdict", ["is_well", "is_bad"])
@pytest.mark.parametrize("name", CHECKS)
def test_every_check_is_tried_on_a_thing_that_is_well_and_on_one_that_is_broken(
    name: str, verdict: str
) -> None:
    assert name in _tried(verdict)


def _tried(verdict: str) -> set[str]:
    """The checks that some test has come to this verdict about, by name or as one of its parameters."""
    tried: set[str] = set()
    for path in sorted(Path(__file__).parent.glob("test_doctor_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == verdict:
                    tried |= _named(node, call.args[0])
    return tried


def _named(function: ast.FunctionDef, argument: ast.expr) -> set[str]:
    """The names that the argument stands for."""
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    return {
        str(constant.value)
        for decorator in function.decorator_list
        for constant in ast.walk(decorator)
        if isinstance(constant, ast.Constant)
    }
