#include <iostream>
#include <plasmid.hpp>

int main() {
  plasmid::Host a("a"), b("b");
  a.set("color", "red");
  b.set("shape", "round");

  // One exchange; any transport may lie between the calls.
  auto syn = a.initiate();        // a: this is what I have
  auto syn_ack = b.receive(syn);  // b: this is what you lack, and what I want
  auto ack = a.receive(syn_ack);  // a: and this is what you lack
  auto rest = b.receive(ack);     // here nothing is left to say; if there is,
  a.receive(rest);                // it is the end of the exchange

  std::cout << "a knows that b's shape is " << a.get_from("b", "shape").value() << '\n'
            << "b knows that a's color is " << b.get_from("a", "color").value() << '\n';
}
