"""The command line: everything an operator does with Pagecast.

Owns      the `pagecast` command, the processes that it starts, demonstration pages.
May use   every room below it.
Never     imports conf: it names the settings and the application, and lets them load.
"""
