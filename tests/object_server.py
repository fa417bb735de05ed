"""OpenStack Swift with its S3 interface, whole in one process.

    python -m tests.object_server FOLDER PORT KEY SECRET REGION

Only tests/objects.py starts it. It is a process of its own because Swift stands on eventlet, which changes
the standard library under everything else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import eventlet
import eventlet.patcher
import eventlet.wsgi

eventlet.patcher.monkey_patch()

from swift.common import utils, wsgi  # noqa: E402 - it must find the standard library changed
from swift.common.ring import RingBuilder  # noqa: E402 - the same

# Its lists come in pages of ten, so that a short one shows whether a reader turns them.
BACKENDS = ("account", "container", "object")
BACKEND = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/node
mount_check = false
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
fallocate_reserve = 0
"""
PROXY = """
[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors listing_formats bulk s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:s3api]
use = egg:swift#s3api
max_bucket_listing = 10
location = {region}
check_bucket_owner = false
[filter:tempauth]
use = egg:swift#tempauth
user_{user} = {secret} .admin
"""
CLUSTER = """
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
[storage-policy:0]
name = one
default = yes
"""


def main(folder: Path, port: int, access_key: str, secret_key: str, region: str) -> None:
    """Serve for ever."""
    folder.joinpath("swift.conf").write_text(CLUSTER, encoding="utf-8")
    # What an earlier process kept there is there again.
    folder.joinpath("node", "disk").mkdir(parents=True, exist_ok=True)
    utils.SWIFT_CONF_FILE = str(folder / "swift.conf")
    utils.validate_hash_conf()
    for name in BACKENDS:
        listener = eventlet.listen(("127.0.0.1", 0))
        _build_ring(folder, name, listener.getsockname()[1])
        configuration = folder / f"{name}-server.conf"
        configuration.write_text(BACKEND.format(folder=folder, name=name), encoding="utf-8")
        application = wsgi.loadapp(str(configuration), global_conf={"log_name": name})
        eventlet.spawn(eventlet.wsgi.server, listener, application, log_output=False)
    configuration = folder / "proxy-server.conf"
    user = access_key.replace(":", "_")
    configuration.write_text(
        PROXY.format(folder=folder, region=region, user=user, secret=secret_key), encoding="utf-8"
    )
    application = wsgi.loadapp(str(configuration), global_conf={"log_name": "proxy"})
    listener = eventlet.listen(("127.0.0.1", port), backlog=128)
    sys.stdout.write("ready to accept connections\n")
    sys.stdout.flush()
    eventlet.wsgi.server(listener, application, log_output=False)


def _build_ring(folder: Path, name: str, port: int) -> None:
    builder = RingBuilder(part_power=1, replicas=1, min_part_hours=1)
    builder.add_dev(
        {"region": 1, "zone": 1, "weight": 1.0, "ip": "127.0.0.1", "port": port, "device": "disk"}
    )
    builder.rebalance()
    builder.get_ring().save(str(folder / f"{name}.ring.gz"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
