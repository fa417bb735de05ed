"""Where filed bytes lie: a folder on this machine, or a bucket of an object store."""
