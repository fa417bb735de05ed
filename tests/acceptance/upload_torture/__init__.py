"""The torture of uploads: senders, imports, sweeps and kills at once, and a register of what was promised.

Everything here talks HTTP to real processes, starts real commands, and looks at the rows and the files only
when all is over.

parcels      what is sent, and what has to become of it
register     what was acknowledged, what may have happened, and what must not have
sending      one connection of an editor: forms, resumable uploads, in pieces and in parallel
senders      the threads that send
imports      folders that are imported, with imports that are killed
slow_disk    a disk that takes its time, so that a kill meets every step of the work
small_disk   real small file systems that run full
troubles     SIGKILL, sweeps, a broker without a memory, a full disk
rows         what the database says
inspection   whether all of it became what was promised
play         all of them together
"""
