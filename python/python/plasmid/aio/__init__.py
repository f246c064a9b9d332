"""Drive a host over asyncio.

    async with plasmid.aio.Gossip(host, peers=[("10.0.0.2", 7946)]) as gossip:
        ...  # gossips with a random peer now and then until left

`Gossip` works over TCP and TLS, `DatagramGossip` over UDP. Both tell the host the time, follow what
changes at it (`changes`), and wait until others have what it wrote (`wait_seen`). `pull` and
`serve` do single exchanges over connections of your own. All of it is Python over the same calls
that you can make yourself.

One event loop, no threads: between two awaits a host takes in at most one piece of what it
received. A very large message is applied at once, some milliseconds per megabyte.

A host that a file keeps (`plasmid.DurableState`) is told the time in a thread, because that may
wait for the disk. Write to it in one as well, or the loop waits:

    await asyncio.to_thread(host.set, "color", "red")

No driver closes the host that it was given. If its file fails, that is raised when the driver's
block is left, as everything that no peer can cause; until then it goes on, but for the time. So
the host is closed last, with its own block around that of the driver:

    with plasmid.Host("a", state=plasmid.DurableState("a.state")) as host:
        async with plasmid.aio.Gossip(host) as gossip:
            ...
"""

from ._connection import Traffic, pull, serve
from ._datagram import DatagramGossip
from ._follow import Changes
from ._gossip import Gossip

__all__ = ["Changes", "DatagramGossip", "Gossip", "Traffic", "pull", "serve"]
