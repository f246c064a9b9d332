// What the tests of plasmid.hpp share.

#ifndef PLASMID_TEST_WRAPPER_H
#define PLASMID_TEST_WRAPPER_H

#include <plasmid.hpp>

#include "check.h"

namespace {

template <typename Call>
void fails_with(plasmid_status status, const char* word, Call call) {
  try {
    call();
  } catch (const plasmid::Error& error) {
    CHECK(error.status() == status);
    CHECK(std::strstr(error.what(), word) != nullptr);
    return;
  }
  std::fprintf(stderr, "nothing was thrown that speaks of %s\n", word);
  std::exit(1);
}

void meet(plasmid::Host& a, plasmid::Host& b) { b.receive(a.receive(b.receive(a.initiate())), 0); }

}  // namespace

#endif
