"""The process that looks into files which nobody has looked into before.

It is started by `pagecast.media.probing.checker`, under limits, and may crash or hang over a hostile file.
It imports neither Django nor anything else of Pagecast, so that it starts at once: its own modules are a
package by the name of `child` there.
"""
