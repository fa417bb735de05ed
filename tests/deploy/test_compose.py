"""What `deploy/` ships is well-formed, and keeps its promises as far as that shows without a container."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pagecast.cli.main import OVERVIEW
from pagecast.conf.environment import SETTINGS
from tests.acceptance.server import ROOT, free_port
from tests.deploy.front import Front

DEPLOY = ROOT / "deploy"
FILES = ("compose.yaml", "compose.cluster.yaml")
# What the libraries of the bucket read by themselves.
OF_THE_BUCKET = {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_SHARED_CREDENTIALS_FILE"}
OUR_IMAGE = "${PAGECAST_IMAGE:-pagecast}"
OF_OURS = ("pagecast.service", "pagecast-work.service")
UNITS = (*OF_OURS, "pagecast-nginx.service")
KEEPERS = ("postgres", "redis", "s3")


def compose(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return data


def unit(name: str) -> str:
    return (DEPLOY / "systemd" / name).read_text(encoding="utf-8")


def services(name: str) -> list[tuple[str, dict[str, Any]]]:
    return list(compose(name)["services"].items())


EVERY = [pytest.param(each, id=f"{name}: {each[0]}") for name in FILES for each in services(name)]
OURS = [
    pytest.param(each, id=f"{name}: {each[0]}")
    for name in FILES
    for each in services(name)
    if each[1]["image"] == OUR_IMAGE
]


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:{Path(sys.executable).parent}")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing")
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.parametrize("name", FILES)
def test_compose_takes_it(name: str, tmp_path: Path) -> None:
    # Of an age that knows no name for the whole.
    text = re.sub(r"^name: .*\n", "", (DEPLOY / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / name).write_text(text, encoding="utf-8")
    command = [program("docker-compose"), "--file", str(tmp_path / name), "config"]
    environment = os.environ | {"PAGECAST_ORIGIN": "https://pages.example.org"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    without = {key: value for key, value in environment.items() if key != "PAGECAST_ORIGIN"}
    done = subprocess.run(command, env=without, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "set it to the address of your site" in done.stderr


@pytest.mark.parametrize("service", EVERY)
def test_every_container_is_confined(service: tuple[str, dict[str, Any]]) -> None:
    _name, told = service
    assert told["read_only"] is True
    assert told["cap_drop"] == ["ALL"]
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert told["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert told["mem_limit"]
    assert told["pids_limit"]
    assert told["restart"] in {"unless-stopped", "on-failure"}
    assert ":" in told["image"] or told["image"] == OUR_IMAGE
    assert not told["image"].endswith(":latest")


@pytest.mark.parametrize("name", KEEPERS)
def test_what_keeps_data_is_reached_from_inside_only(name: str) -> None:
    told = compose("compose.cluster.yaml")
    service = told["services"][name]
    assert "ports" not in service
    assert service["networks"] == ["store"]
    assert told["networks"]["store"] == {"internal": True}
    assert "healthcheck" in service


def test_whoever_begins_as_root_may_become_somebody_else() -> None:
    """What the images do as they start: ours and nginx's begin as their users."""
    told = compose("compose.cluster.yaml")["services"]
    assert (told["redis"]["user"], told["s3"]["user"]) == ("valkey", "seaweed")
    assert {"CHOWN", "SETGID", "SETUID"} <= set(told["postgres"]["cap_add"])
    assert "unprivileged" in told["nginx"]["image"]


def test_the_database_is_ready_when_it_can_be_reached_and_not_while_it_is_made() -> None:
    test = compose("compose.cluster.yaml")["services"]["postgres"]["healthcheck"]["test"]
    assert test[:4] == ["CMD", "pg_isready", "--host", "127.0.0.1"]


@pytest.mark.parametrize("name", FILES)
def test_our_image_is_built_once(name: str) -> None:
    assert len([service for service, told in services(name) if "build" in told]) == 1


def test_only_nginx_is_open_to_the_world() -> None:
    for name in FILES:
        assert [service for service, told in services(name) if "ports" in told] == ["nginx"]


def test_no_secret_has_a_default() -> None:
    told = compose("compose.cluster.yaml")
    assert all(set(secret) == {"file"} for secret in told["secrets"].values())
    for name in FILES:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        # Whatever has a default is no secret.
        assert set(re.findall(r"\$\{(\w+):-", text)) == {"PAGECAST_IMAGE"}
        for _service, each in services(name):
            for key, value in (each.get("environment") or {}).items():
                if re.search(r"PASSWORD|SECRET|KEY|DATABASE_URL|REDIS_URL", key):
                    assert value.startswith("/run/secrets/"), key


@pytest.mark.parametrize("service", OURS)
def test_settings_and_commands_are_there(service: tuple[str, dict[str, Any]]) -> None:
    _name, told = service
    assert told["init"] is True
    known = {each.name for each in SETTINGS} | {f"{each.name}_FILE" for each in SETTINGS} | OF_THE_BUCKET
    assert set(told["environment"]) <= known
    if "entrypoint" not in told:
        assert f"pagecast {told['command'][0]}" in OVERVIEW


def test_secrets_are_made_once_and_fit_together(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "make-secrets", tmp_path)
    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(compose("compose.cluster.yaml")["secrets"]) <= set(made)
    assert len(made["secret_key"]) == 64
    assert made["postgres_password"] in made["database_url"]
    assert f"requirepass {made['redis_password']}\n" in made["redis_conf"]
    assert made["redis_password"] in made["redis_url"]
    identity = json.loads(made["s3_identities"])["identities"][0]["credentials"][0]
    assert f"aws_secret_access_key = {identity['secretKey']}\n" in made["s3_credentials"]
    (folder / "redis_url").unlink()
    subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def test_the_linter_of_images_finds_nothing() -> None:
    subprocess.run([program("hadolint"), str(DEPLOY / "Dockerfile")], check=True)


def test_the_linter_of_workflows_finds_nothing() -> None:
    subprocess.run(
        [program("zizmor"), "--offline", "--quiet", str(ROOT / ".github" / "workflows")], check=True
    )


def test_the_image_takes_what_the_lock_file_has_and_all_of_ours() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes --requirement requirements/lock.txt" in text
    assert "USER 10001:10001" in text
    assert "HEALTHCHECK" in text
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        for name in copied.split():
            assert f"!{name}" in ignored


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_its_units(name: str, tmp_path: Path) -> None:
    # It looks whether the command is there.
    told = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit(name), flags=re.MULTILINE)
    (tmp_path / name).write_text(told, encoding="utf-8")
    command = [program("systemd-analyze"), "verify", "--man=no", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_units_that_share_a_folder_share_a_user() -> None:
    """With users of their own, the one that is started last takes it from the other."""
    users = [re.findall(r"^(User|StateDirectory)=(.*)$", unit(name), re.MULTILINE) for name in OF_OURS]
    assert users == [[("User", "pagecast"), ("StateDirectory", "pagecast")]] * 2


@pytest.mark.parametrize("name", OF_OURS)
def test_a_unit_does_not_give_up_because_the_database_is_away(name: str) -> None:
    assert "\nRestart=always\n" in unit(name)
    assert "\nStartLimitIntervalSec=0\n" in unit(name).partition("[Service]")[0]


def test_nginx_starts_where_its_output_goes_to_what_its_unit_says(tmp_path: Path) -> None:
    program("nginx")
    log = tmp_path / "log"
    with Front(tmp_path, "127.0.0.1", free_port(), ["127.0.0.1:1"]) as front:
        command = [*front._command(), "-t"]
        with log.open("ab") as output:
            assert subprocess.run(command, stdout=output, check=False).returncode == 0
        # As the journal is one.
        here, there = socket.socketpair()
        with here, there:
            assert subprocess.run(command, stdout=here.fileno(), check=False).returncode != 0
    assert "StandardOutput=append:/var/log/" in unit("pagecast-nginx.service")


def test_scripts_of_the_shell_are_well_formed() -> None:
    for name in ("make-secrets", "restart-web"):
        subprocess.run(["sh", "-n", DEPLOY / name], check=True)


def test_a_node_is_taken_out_and_put_back_by_its_line(tmp_path: Path) -> None:
    """The script itself, with a docker that only writes down what it is told."""
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    said = tmp_path / "said"
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho "$*" >> {said}\ngrep "^server" nginx/nodes.conf >> {said}\n')
    docker.chmod(0o755)
    environment = os.environ | {"PATH": f"{docker.parent}:{os.environ['PATH']}"}
    before = (tmp_path / "deploy/nginx/nodes.conf").read_text()
    subprocess.run([tmp_path / "deploy" / "restart-web"], env=environment, check=True)
    lines = said.read_text().splitlines()
    for node in ("web-1", "web-2"):
        at = next(number for number, line in enumerate(lines) if line.endswith(f"--wait {node}"))
        nodes = [line for line in lines[at + 1 :] if line.startswith("server")][:2]
        assert [line.endswith(" down;") for line in nodes] == [f"server {node}:" in line for line in nodes]
        # nginx was told before.
        assert lines[at - 3].endswith("-s reload")
    assert (tmp_path / "deploy/nginx/nodes.conf").read_text() == before
