// What an iterator over entries gives next.

#ifndef PLASMID_TEST_ENTRIES_H
#define PLASMID_TEST_ENTRIES_H

#include "check.h"

// The next entry is this one; `value` NULL: it is a deletion.
static void next_is(plasmid_entries *entries, const char *key, const char *value,
                    uint64_t version) {
  const uint8_t *next_key = NULL, *next_value = NULL;
  size_t key_len = 0, value_len = 77;
  uint64_t next_version = 0;
  OK(plasmid_entries_next(entries, &next_key, &key_len, &next_value, &value_len, &next_version));
  CHECK(key_len == strlen(key) && memcmp(next_key, key, key_len) == 0);
  CHECK((value == NULL) == (next_value == NULL));
  CHECK(value_len == (value ? strlen(value) : 0));
  CHECK(value_len == 0 || memcmp(next_value, value, value_len) == 0);
  CHECK(next_version == version);
}

// There is no next entry, and no output was written; the iterator is freed.
static void is_at_its_end(plasmid_entries *entries) {
  const uint8_t *key = NULL, *value = NULL;
  size_t key_len = 77, value_len = 77;
  uint64_t version = 77;
  for (int again = 0; again < 2; again++)
    CHECK_STATUS(PLASMID_NOT_FOUND,
                 plasmid_entries_next(entries, &key, &key_len, &value, &value_len, &version));
  CHECK(!key && !value && key_len == 77 && value_len == 77 && version == 77);
  plasmid_entries_free(entries);
}

#endif
