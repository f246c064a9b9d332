// How a transcript prints what a host holds.

#ifndef PLASMID_TEST_SHOW_H
#define PLASMID_TEST_SHOW_H

#include "stage.h"

// Print a value, or `none`.
static void say_value(plasmid_host *host, const bytes *participant, bytes key) {
  bytes value = bytes_new(0);
  plasmid_status status = PLASMID_BUFFER_TOO_SHORT;
  while (status == PLASMID_BUFFER_TOO_SHORT) {
    const size_t capacity = value.len;
    free(value.data);
    value = bytes_new(capacity);
    status = participant
                 ? plasmid_host_get_from(host, participant->data, participant->len, key.data,
                                         key.len, value.data, capacity, &value.len)
                 : plasmid_host_get(host, key.data, key.len, value.data, capacity, &value.len);
  }
  if (status == PLASMID_NOT_FOUND) {
    say("none");
  } else {
    OK(status);
    fputs("> ", printed);
    word_print(printed, value.data, value.len);
    fputc('\n', printed);
  }
  free(value.data);
}

// Print all that an iterator gives, if there is one, and free it; how many lines that were. A
// deletion has no value.
static int print_entries(FILE *out, plasmid_status made, plasmid_entries *entries) {
  if (made == PLASMID_NOT_FOUND) return 0;
  OK(made);
  const uint8_t *key, *value;
  size_t key_len, value_len;
  uint64_t version;
  int lines = 0;
  plasmid_status status;
  while ((status = plasmid_entries_next(entries, &key, &key_len, &value, &value_len, &version)) ==
         PLASMID_OK) {
    fprintf(out, "> %llu ", (unsigned long long)version);
    word_print(out, key, key_len);
    if (value) {
      fputc(' ', out);
      word_print(out, value, value_len);
    }
    fputc('\n', out);
    lines++;
  }
  CHECK_STATUS(PLASMID_NOT_FOUND, status);
  plasmid_entries_free(entries);
  return lines;
}

// Print the participants of a status; with `is_whole` only those who wrote, and their entries.
static void print_participants(FILE *out, plasmid_host *host, uint32_t status, int is_whole) {
  plasmid_participants *participants = NULL;
  OK(plasmid_participants_new(host, status, &participants));
  const uint8_t *id;
  size_t id_len;
  int lines = 0;
  while (plasmid_participants_next(participants, &id, &id_len) == PLASMID_OK) {
    uint64_t version = 0;
    OK(plasmid_host_max_version(host, id, id_len, &version));
    if (is_whole && version == 0) continue;
    fputs("> ", out);
    word_print(out, id, id_len);
    fprintf(out, " %llu\n", (unsigned long long)version);
    lines++;
    if (is_whole) {
      plasmid_entries *entries = NULL;
      const plasmid_status made = plasmid_entries_new(host, id, id_len, PLASMID_BY_KEY, &entries);
      print_entries(out, made, entries);
    }
  }
  if (lines == 0 && !is_whole) fputs("> none\n", out);
  plasmid_participants_free(participants);
}

// Print a page of changes.
static void print_changes(FILE *out, plasmid_changes *changes) {
  static const char *const kinds[] = {"",      "set",   "delete",  "join",
                                      "leave", "evict", "replace", "conflict"};
  uint32_t kind;
  const uint8_t *id, *key, *value;
  size_t id_len, key_len, value_len;
  uint64_t version, generation;
  int lines = 0;
  plasmid_status status;
  while ((status = plasmid_changes_next(changes, &kind, &id, &id_len, &key, &key_len, &value,
                                        &value_len, &version, &generation)) == PLASMID_OK) {
    CHECK(kind > 0 && kind < sizeof kinds / sizeof *kinds);
    fprintf(out, "> %s ", kinds[kind]);
    word_print(out, id, id_len);
    fprintf(out, " %llu %llu", (unsigned long long)version, (unsigned long long)generation);
    if (key) {
      fputc(' ', out);
      word_print(out, key, key_len);
    }
    if (value) {
      fputc(' ', out);
      word_print(out, value, value_len);
    }
    fputc('\n', out);
    lines++;
  }
  CHECK_STATUS(PLASMID_NOT_FOUND, status);
  if (lines == 0) fputs("> none\n", out);
}

static void same(plasmid_host *a, plasmid_host *b) {
  char *of_a = NULL, *of_b = NULL;
  size_t len_a = 0, len_b = 0;
  FILE *out = open_memstream(&of_a, &len_a);
  print_participants(out, a, PLASMID_PARTICIPANT_PRESENT, 1);
  fclose(out);
  out = open_memstream(&of_b, &len_b);
  print_participants(out, b, PLASMID_PARTICIPANT_PRESENT, 1);
  fclose(out);
  say(len_a == len_b && memcmp(of_a, of_b, len_a) == 0 ? "yes" : "no");
  free(of_a);
  free(of_b);
}

#endif
