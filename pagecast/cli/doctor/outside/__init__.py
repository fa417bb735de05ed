"""What is looked at from outside. Needs no settings: any machine will do on which Pagecast is installed."""

from . import ports, proxying, reaching, reading

#: In the order in which they are looked at: what comes first explains what comes after it.
CHECKS = (
    reaching.address,
    reaching.certificate,
    reaching.redirect,
    reaching.server_clock,
    reaching.ready,
    reaching.hidden,
    reaching.debug_outside,
    proxying.host,
    proxying.forms,
    proxying.headers,
    proxying.upload_limit,
    proxying.upload_buffering,
    proxying.patience,
    reading.views,
    reading.ranges,
    reading.statuses,
    reading.compression,
    reading.errors,
    ports.database_port,
    ports.redis_port,
)
