// What the test programs share: checks that say where they failed, and short ways to write a call.

#ifndef PLASMID_TEST_CHECK_H
#define PLASMID_TEST_CHECK_H

#include <plasmid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A check that fails ends the program: what comes after it would only fail as well.
#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

#define CHECK_STATUS(expected, call)                                                   \
  do {                                                                                 \
    const plasmid_status answered_ = (call);                                           \
    if (answered_ != (expected)) {                                                     \
      fprintf(stderr, "%s:%d: %s instead of %s: %s\n", __FILE__, __LINE__,             \
              plasmid_status_name(answered_), plasmid_status_name((expected)), #call); \
      exit(1);                                                                         \
    }                                                                                  \
  } while (0)

#define OK(call) CHECK_STATUS(PLASMID_OK, call)

// Pointer and length of a literal, for two parameters.
#define BYTES(literal) (literal), (sizeof(literal) - 1)

// Whether `len` bytes at `data` are the literal.
#define IS(literal, data, len) \
  ((len) == sizeof(literal) - 1 && memcmp((data), (literal), sizeof(literal) - 1) == 0)

#endif
