"""How long lists take with a million contents: the admin's with every filter and order, and the site's.

Owns      a PostgreSQL of its own and what is in it, the questions, and their table.
May use   the screens of Pagecast by Django's test client, and its tables to fill them.
Never     is imported by Pagecast or its tests.
"""
