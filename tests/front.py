"""What stands in front of a server on the internet: a real nginx that ends TLS, found by its names.

    front = Front(folder, [(documented("pages.example.org"), server.port)])
    with front.running():
        front.client("https://pages.example.org").get("/")
        ...chromium.launch(args=[*FLAGS, *front.flags()])

Nothing of this machine is changed: the names lead to its ports in that browser and in that client only.
"""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.server import PATIENCE, ROOT, free_port
from tests.nginx import _process, binary

CONFIGURATION = """
daemon off;
master_process off;
pid {prefix}/pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    server {{
        listen 127.0.0.1:{tls} ssl default_server;
        ssl_certificate {prefix}/certificate.pem;
        ssl_certificate_key {prefix}/key.pem;
        return 404;
    }}
{servers}
}}
"""
SERVER = """\
server {{
    listen 443 ssl;
    server_name {name};
    ssl_certificate     /etc/ssl/pages.pem;
    ssl_certificate_key /etc/ssl/pages.key;
    location / {{
        proxy_pass http://127.0.0.1:8000;
{lines}
    }}
}}
"""
HOST = "proxy_set_header Host $http_host;"


def documented(name: str) -> str:
    """The nginx of the documentation, for this host."""
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    found = re.search(r"^nginx:\n\n((?:    .*\n)+)", text, re.MULTILINE)
    assert found, "docs/running.md has no nginx"
    return textwrap.dedent(found[1]).replace("pages.example.org", name)


def server(name: str, *lines: str) -> str:
    """An nginx that does what `proxy_pass` does by itself, and these lines."""
    return SERVER.format(name=name, lines=textwrap.indent("\n".join(lines), " " * 8))


def over_http(block: str) -> str:
    """The same without TLS."""
    return re.sub(r".*ssl_certificate.*\n", "", block.replace("listen 443 ssl;", "listen 80;"))


class Front:
    """One nginx with several servers, each by its name; `servers` are written as for the ports 443, 8443, 80.

    Beside each stands the port for which it says 127.0.0.1:8000. 127.0.0.1:80 is this nginx itself.
    """

    def __init__(self, prefix: Path, servers: Sequence[tuple[str, int]]) -> None:
        self.prefix, self._nginx = prefix, binary()
        self.ports = {public: free_port() for public in (443, 8443, 80)}
        prefix.mkdir()
        self._certify()
        blocks = "\n".join(self._here(block, behind) for block, behind in servers)
        self._configuration = prefix / "nginx.conf"
        self._configuration.write_text(
            CONFIGURATION.format(prefix=prefix, tls=self.ports[443], servers=blocks), encoding="utf-8"
        )
        self.process = 0

    def _here(self, block: str, behind: int) -> str:
        places = {
            "127.0.0.1:8000": f"127.0.0.1:{behind}",
            "127.0.0.1:80;": f"127.0.0.1:{self.ports[80]};",
            "/etc/ssl/pages.pem": f"{self.prefix}/certificate.pem",
            "/etc/ssl/pages.key": f"{self.prefix}/key.pem",
        }
        for public, port in self.ports.items():
            block = re.sub(rf"\blisten {public}\b", f"listen 127.0.0.1:{port}", block)
        for written, meant in places.items():
            block = block.replace(written, meant)
        return block

    def _certify(self) -> None:
        key, certificate = self.prefix / "key.pem", self.prefix / "certificate.pem"
        command = [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=example.org"),
            *("-addext", "subjectAltName=DNS:*.example.org"),
        ]
        subprocess.run(command, check=True, capture_output=True)
        shown = [binary("openssl"), "pkey", "-in", str(key), "-pubout", "-outform", "DER"]
        public = subprocess.run(shown, check=True, capture_output=True).stdout
        self._fingerprint = base64.b64encode(hashlib.sha256(public).digest()).decode()

    @contextmanager
    def running(self) -> Iterator[None]:
        command = [self._nginx, "-p", str(self.prefix), "-c", str(self._configuration), "-e", "stderr"]
        with _process(command, self.ports[443]) as process:
            self.process = process.pid
            yield

    def flags(self) -> list[str]:
        """For Chromium: where example.org is, and that its certificate is good."""
        rules = [f"MAP *.example.org:{public} 127.0.0.1:{port}" for public, port in self.ports.items()]
        return [
            f"--host-resolver-rules={','.join(rules)}",
            f"--ignore-certificate-errors-spki-list={self._fingerprint}",
        ]

    def client(self, origin: str, *, at: str | None = None, **options: Any) -> httpx.Client:
        """A client that finds the server of an origin; at an address of this machine of its own."""
        address = httpx.URL(origin)
        public = address.port or {"https": 443, "http": 80}[address.scheme]
        context = ssl.create_default_context(cafile=str(self.prefix / "certificate.pem"))
        transport = _ByName(address.host, verify=context, local_address=at)
        headers = {"Host": address.netloc.decode()}
        base = f"{address.scheme}://127.0.0.1:{self.ports[public]}"
        return httpx.Client(
            transport=transport, base_url=base, timeout=PATIENCE, headers=headers | options.pop("headers", {})
        )

    def kept(self) -> int:
        """How many bytes nginx has in files of its own just now: it deletes them as soon as they are open."""
        found = 0
        for opened in Path(f"/proc/{self.process}/fd").iterdir():
            with suppress(FileNotFoundError):
                if str(opened.readlink()).startswith(str(self.prefix)):
                    found += opened.stat().st_size
        return found


class _ByName(httpx.HTTPTransport):
    """Names the host in TLS as well, and not the address."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(**options)
        self._name = name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": self._name}
        return super().handle_request(request)
