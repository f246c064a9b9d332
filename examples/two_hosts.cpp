#include <iostream>
#include <plasmid.hpp>

int main() {
  plasmid::Host a("a"), b("b");
  a.set("color", "red");
  b.set("shape", "round");

  // One exchange; any transport may lie between the calls.
  auto syn = a.initiate();        // a: this is what I have
  auto syn_ack = b.receive(syn);  // b: this is what you lack, and what I have
  auto ack = a.receive(syn_ack);  // a: and this is what you lack
  b.receive(ack);                 // nothing left to say

  std::cout << "a knows that b's shape is " << a.get_from("b", "shape").value() << '\n'
            << "b knows that a's color is " << b.get_from("a", "color").value() << '\n';
}
