"""Uploads that can be resumed: tus 1.0.0 (https://tus.io/protocols/resumable-upload) at /api/upload/.

`views` answers every request. `streams` stands before Django in the server and takes bodies off the network
for it, of any size and from any number of slow senders.
"""
