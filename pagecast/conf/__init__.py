"""Configuration: settings, addresses, and how the rooms are put together.

Owns      settings, urls, the ASGI application, the Celery application, system checks.
May use   every room.
Never     is imported by one: rooms ask django.conf for their settings.
"""
