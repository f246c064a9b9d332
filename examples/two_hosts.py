"""Two hosts meet once, and each knows what the other one set."""

import plasmid

a = plasmid.Host("a")
b = plasmid.Host("b")
a["color"] = "red"
b["shape"] = "round"

syn = a.initiate()  #         a: this is what I have
syn_ack = b.receive(syn)  #   b: this is what you lack, and what I want
ack = a.receive(syn_ack)  #   a: and this is what you lack
rest = b.receive(ack)  #      here nothing is left to say; if there is,
a.receive(rest)  #            it is the end of the exchange

print("a knows that b's shape is", (a.get("shape", "b") or b"").decode())
print("b knows that a's color is", (b.get("color", "a") or b"").decode())
