"""Two hosts meet once, and each knows what the other one set."""

import plasmid

a = plasmid.Host("a")
b = plasmid.Host("b")
a["color"] = "red"
b["shape"] = "round"

syn = a.initiate()  #         a: this is what I have
syn_ack = b.receive(syn)  #   b: this is what you lack, and what I have
ack = a.receive(syn_ack)  #   a: and this is what you lack
b.receive(ack)  #             nothing left to say

print("a knows that b's shape is", (a.get("shape", "b") or b"").decode())
print("b knows that a's color is", (b.get("color", "a") or b"").decode())
