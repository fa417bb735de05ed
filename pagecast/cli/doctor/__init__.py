"""`pagecast doctor`: what is wrong with an installation, in a sentence, and what to do about it.

Owns      nothing: it looks, and what it puts somewhere to try it, it takes away again.
May use   the settings and every room, in `inside`; in `outside` the standard library alone.
Never     shows a secret, hangs, or changes anything but the views of a page that it opens from outside.
"""
