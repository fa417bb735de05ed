"""What is looked at on the machine itself. Needs the settings, with Django set up."""

from . import background, broker, configuration, database, exposure, storage

#: In the order in which they are looked at: what comes first explains what comes after it.
CHECKS = (
    configuration.debug,
    configuration.data_folder,
    configuration.secret_key,
    configuration.origin,
    configuration.time_zone,
    configuration.descriptors,
    database.database,
    database.database_version,
    database.durability,
    database.migrations,
    database.clock,
    exposure.database_open,
    broker.redis,
    broker.redis_memory,
    exposure.redis_open,
    broker.queue,
    background.worker,
    background.uploads,
    background.settling,
    storage.disk,
    storage.store,
    storage.probing,
)
