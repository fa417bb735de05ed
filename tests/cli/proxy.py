"""A real nginx before a real server, set up as somebody might have set it up; Linux only."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.server import free_port
from tests.nginx import _process, binary

CONFIGURATION = """
daemon off;
master_process off;
pid {prefix}/pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    proxy_cache_path {prefix}/cache keys_zone=kept:1m;
    server {{
        listen 127.0.0.1:{port}{ssl};
        {certificate}
        {beside}
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_http_version 1.1;
            proxy_set_header X-Forwarded-Proto {scheme};
            {inside}
        }}
    }}
    {others}
}}
"""
#: What is right. An upload may be as large as Pagecast wants, and goes on while it arrives.
RIGHT = "proxy_set_header Host $http_host; client_max_body_size 0; proxy_request_buffering off;"


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, and the one to trust for it."""

    path: Path
    key: Path


def certificate(folder: Path, name: str = "127.0.0.1", days: int = 90) -> Certificate:
    """A certificate that signs itself, made on the spot."""
    made = Certificate(folder / f"{name}-{days}.crt", folder / f"{name}-{days}.key")
    kind = "IP" if name[0].isdigit() else "DNS"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    told = ["-days", str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}"]
    files = ["-keyout", str(made.key), "-out", str(made.path)]
    subprocess.run([*command, *told, *files], check=True, capture_output=True)
    return made


@contextmanager
def proxy(
    prefix: Path,
    behind: int,
    inside: str = RIGHT,
    *,
    beside: str = "",
    others: str = "",
    tls: Certificate | None = None,
) -> Iterator[str]:
    """Give the address of an nginx with these lines in its location, beside it, and beside its server."""
    program, port = binary(), free_port()
    prefix.mkdir()
    configuration = prefix / "nginx.conf"
    text = CONFIGURATION.format(
        prefix=prefix,
        port=port,
        behind=behind,
        ssl=" ssl" if tls else "",
        scheme="https" if tls else "http",
        certificate=f"ssl_certificate {tls.path}; ssl_certificate_key {tls.key};" if tls else "",
        inside=inside,
        beside=beside,
        others=others,
    )
    configuration.write_text(text, encoding="utf-8")
    with _process([program, "-p", str(prefix), "-c", str(configuration), "-e", "stderr"], port):
        yield f"http{'s' if tls else ''}://127.0.0.1:{port}"
