"""Archives: everything that an installation holds in one file, out of it and into another one.

Written by `pagecast export`, read by `pagecast restore`. A plain tar, in this order, read and written in one
pass:

    pagecast.json                       what it is, made by which version, of which tables and columns
    rows/0007-pages.page/000001.jsonl   rows, each line one; a table goes on in the next member
    staged/<upload>                     bytes of uploads that are not filed yet
    media/<sha256>                      files
    posters/<sha256>.jpg                their pictures, each under the name of its file
    manifest.json                       the size and the SHA-256 of every member before it

What stands at its end makes it whole: an archive that was cut off has no manifest. No member is taken for
what its name says: the rows tell which one comes next, and where its bytes go.

This is the one place that writes the tables of all rooms, because it knows none of them: it copies rows,
whatever models are installed. What is not a copy is asked of the rooms: editions of `counting`, places of
files of `media`.
"""
