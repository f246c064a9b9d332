// What the hosts of a transcript do, and what they are asked.

#ifndef PLASMID_TEST_VERBS_H
#define PLASMID_TEST_VERBS_H

#include "show.h"
#include "stage.h"
#include "talk.h"

static int is(const char *word, const char *verb, int count, int wanted) {
  if (strcmp(word, verb) != 0) return 0;
  if (count != wanted) fault("a wrong number of words", verb);
  return 1;
}

// The last word as a number of bytes, if it is there.
static size_t optional(char **words, int count, int at) {
  if (count > at + 1) fault("too many words", words[at + 1]);
  return count > at ? (size_t)number(words[at]) : DEFAULT_BYTES;
}

// What stands behind `name=` in an option, or NULL if it is another one.
static const char *value_of(const char *option, const char *name) {
  const size_t name_len = strlen(name);
  if (strncmp(option, name, name_len) != 0 || option[name_len] != '=') return NULL;
  return option + name_len + 1;
}

static void say_number(uint64_t figure) { say("%llu", (unsigned long long)figure); }

// Print the number that a change gave, or its failure.
static void say_made(plasmid_host *host, plasmid_status status, uint64_t made) {
  if (SUCCEEDED(status, plasmid_host_error, host, 0)) say_number(made);
}

// Print a number that is perhaps not there.
static void say_found(plasmid_status status, uint64_t found) {
  if (status == PLASMID_NOT_FOUND) {
    say("none");
  } else {
    OK(status);
    say_number(found);
  }
}

// `batch (set KEY VALUE | delete KEY)+`, of which `words` are what follows the verb.
static void batch(plasmid_host *host, char **words, int count) {
  plasmid_batch *batch = NULL;
  OK(plasmid_batch_new(host, &batch));
  while (count > 0) {
    const int is_set = strcmp(words[0], "set") == 0, taken = is_set ? 3 : 2;
    if (!is_set && strcmp(words[0], "delete") != 0) fault("not a write", words[0]);
    if (count < taken) fault("half a write", words[0]);
    const bytes key = word_parse(words[1]);
    if (is_set) {
      const bytes value = word_parse(words[2]);
      OK(plasmid_batch_set(batch, key.data, key.len, value.data, value.len));
      free(value.data);
    } else {
      OK(plasmid_batch_delete(batch, key.data, key.len));
    }
    free(key.data);
    words += taken;
    count -= taken;
  }
  uint64_t version = 0;
  const plasmid_status status = plasmid_batch_commit(batch, &version);
  if (SUCCEEDED(status, plasmid_batch_error, batch, 0)) say_number(version);
  plasmid_batch_free(batch);
}

// `changes [C] [limit=N] [prefix=B] [participant=B]`, of which `words` are what follows the verb.
static void changes(plasmid_host *host, const char *keep_as, char **words, int count) {
  bytes cursor = {NULL, 0}, prefix = bytes_new(0), participant = bytes_new(0);
  size_t limit = 1024;
  for (int i = 0; i < count; i++) {
    const char *value;
    if (i == 0 && !strchr(words[0], '=')) {
      cursor = buffer_called(words[0]);
    } else if ((value = value_of(words[i], "limit"))) {
      limit = (size_t)number(value);
    } else if ((value = value_of(words[i], "prefix"))) {
      free(prefix.data);
      prefix = word_parse(value);
    } else if ((value = value_of(words[i], "participant"))) {
      free(participant.data);
      participant = word_parse(value);
    } else {
      fault("unknown option", words[i]);
    }
  }
  plasmid_changes *changes = NULL;
  const plasmid_status status =
      plasmid_host_changes(host, cursor.data, cursor.len, limit, prefix.data, prefix.len,
                           participant.data, participant.len, &changes);
  if (SUCCEEDED(status, plasmid_host_error, host, 0)) {
    print_changes(printed, changes);
    size_t len = 0;
    CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_changes_cursor(changes, NULL, 0, &len));
    bytes next = bytes_new(len);
    OK(plasmid_changes_cursor(changes, next.data, next.len, &len));
    keep(keep_as, next);
  }
  plasmid_changes_free(changes);
  free(prefix.data);
  free(participant.data);
}

static void snapshot(plasmid_host *host, const char *keep_as) {
  plasmid_bytes *made = NULL;
  const uint8_t *data = NULL;
  size_t len = 0;
  OK(plasmid_host_snapshot(host, &made));
  OK(plasmid_bytes_data(made, &data, &len));
  keep_and_measure(keep_as, bytes_copy(data, len));
  plasmid_bytes_free(made);
}

static void say_status(plasmid_host *host, bytes participant) {
  static const char *const names[] = {"", "present", "left", "evicted"};
  uint32_t found = 0;
  const plasmid_status status =
      plasmid_host_status(host, participant.data, participant.len, &found);
  if (status == PLASMID_NOT_FOUND) {
    say("none");
  } else {
    OK(status);
    CHECK(found > 0 && found < sizeof names / sizeof *names);
    say(names[found]);
  }
}

static uint32_t status_wanted(const char *option) {
  static const char *const names[] = {"status=all", "status=present", "status=left",
                                      "status=evicted"};
  for (uint32_t status = 0; status < sizeof names / sizeof *names; status++)
    if (strcmp(option, names[status]) == 0) return status;
  fault("unknown option", option);
  return 0;
}

// A verb that stands alone or with a number or option; whether it was one.
static int short_verb(plasmid_host *host, const char *keep_as, char **words, int count) {
  static const struct {
    const char *name;
    plasmid_status (*read)(const plasmid_host *, uint64_t *);
  } counts[] = {
      {"conflicts", plasmid_host_conflicts},
      {"skipped", plasmid_host_skipped},
      {"forgotten", plasmid_host_forgotten},
  };
  const char *verb = words[1];
  uint64_t figure = 0;
  plasmid_status made;
  bytes message;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    if (is(verb, counts[i].name, count, 2)) {
      OK(counts[i].read(host, &figure));
      say_number(figure);
      return 1;
    }
  }
  if (strcmp(verb, "initiate") == 0) {
    if (host_message(host, NULL, optional(words, count, 2), &message))
      keep_and_measure(keep_as, message);
  } else if (strcmp(verb, "receive") == 0 && count > 2) {
    const bytes data = buffer_called(words[2]);
    if (host_message(host, &data, optional(words, count, 3), &message))
      keep_and_measure(keep_as, message);
  } else if (strcmp(verb, "batch") == 0) {
    batch(host, words + 2, count - 2);
  } else if (strcmp(verb, "changes") == 0) {
    changes(host, keep_as, words + 2, count - 2);
  } else if (is(verb, "snapshot", count, 2)) {
    snapshot(host, keep_as);
  } else if (strcmp(verb, "participants") == 0 && count <= 3) {
    const uint32_t status = count == 3 ? status_wanted(words[2]) : PLASMID_PARTICIPANT_PRESENT;
    print_participants(printed, host, status, 0);
  } else if (is(verb, "room_needed", count, 2)) {
    size_t needed = 0;
    OK(plasmid_host_room_needed(host, &needed));
    say("%zu", needed);
  } else if (strcmp(verb, "compact") == 0 && count <= 3) {
    const uint64_t up_to = count == 3 ? number(words[2]) : PLASMID_ALL;
    made = plasmid_host_compact(host, up_to, &figure);
    say_made(host, made, figure);
  } else if (is(verb, "leave", count, 2)) {
    made = plasmid_host_leave(host, &figure);
    say_made(host, made, figure);
  } else if (is(verb, "renew", count, 2)) {
    made = plasmid_host_renew(host, &figure);
    say_made(host, made, figure);
  } else if (is(verb, "tick", count, 3)) {
    OK(plasmid_host_tick(host, number(words[2])));
  } else {
    return 0;
  }
  return 1;
}

// A verb that asks for a number of a participant; whether it was one. Some ask for the host's own
// if no participant is named.
static int asks_for_number(plasmid_host *host, char **words, int count) {
  static const struct {
    const char *name;
    plasmid_status (*read)(const plasmid_host *, const void *, size_t, uint64_t *);
    int may_be_own;
  } numbers[] = {
      {"gc_version", plasmid_host_gc_version, 1},
      {"generation", plasmid_host_generation_of, 1},
      {"last_heard", plasmid_host_last_heard, 0},
      {"staleness", plasmid_host_staleness, 0},
      {"acked_version", plasmid_host_acked_version, 0},
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (strcmp(words[1], numbers[i].name) != 0) continue;
    if (count > 3 || (count < 3 && !numbers[i].may_be_own))
      fault("a wrong number of words", words[1]);
    bytes id = count == 3 ? word_parse(words[2]) : bytes_new(PLASMID_MAX_ID_BYTES);
    if (count < 3) OK(plasmid_host_id(host, id.data, id.len, &id.len));
    uint64_t figure = 0;
    const plasmid_status status = numbers[i].read(host, id.data, id.len, &figure);
    say_found(status, figure);
    free(id.data);
    return 1;
  }
  return 0;
}

static void host_verb(plasmid_host *host, const char *keep_as, char **words, int count) {
  if (short_verb(host, keep_as, words, count) || asks_for_number(host, words, count)) return;

  // The rest takes one or two words of bytes.
  const char *verb = words[1];
  if (count < 3) fault("not understood", verb);
  const bytes first = word_parse(words[2]);
  const bytes second = count > 3 ? word_parse(words[3]) : bytes_new(0);
  const char *ttl = count == 5 ? value_of(words[4], "ttl_ms") : NULL;
  uint64_t figure = 0;
  plasmid_entries *entries = NULL;
  plasmid_status made = PLASMID_OK;
  if (ttl && is(verb, "set", count, 5)) {
    made = plasmid_host_set_expiring(host, first.data, first.len, second.data, second.len,
                                     number(ttl), &figure);
    say_made(host, made, figure);
  } else if (is(verb, "set", count, 4)) {
    made = plasmid_host_set(host, first.data, first.len, second.data, second.len, &figure);
    say_made(host, made, figure);
  } else if (is(verb, "delete", count, 3)) {
    made = plasmid_host_delete(host, first.data, first.len, &figure);
    say_made(host, made, figure);
  } else if (is(verb, "evict", count, 3)) {
    made = plasmid_host_evict(host, first.data, first.len, &figure);
    say_made(host, made, figure);
  } else if (is(verb, "status", count, 3)) {
    say_status(host, first);
  } else if (is(verb, "get", count, 3)) {
    say_value(host, NULL, first);
  } else if (is(verb, "get_from", count, 4)) {
    say_value(host, &first, second);
  } else if (is(verb, "max_version", count, 3)) {
    made = plasmid_host_max_version(host, first.data, first.len, &figure);
    CHECK(made == PLASMID_OK || made == PLASMID_NOT_FOUND);
    say_number(figure);
  } else {
    if (is(verb, "history", count, 4))
      made = plasmid_history_new(host, first.data, first.len, second.data, second.len, &entries);
    else if (is(verb, "entries", count, 3))
      made = plasmid_entries_new(host, first.data, first.len, PLASMID_BY_KEY, &entries);
    else if (is(verb, "updates", count, 3))
      made = plasmid_entries_new(host, first.data, first.len, PLASMID_BY_VERSION, &entries);
    else
      fault("not understood", verb);
    if (print_entries(printed, made, entries) == 0) say("none");
  }
  free(first.data);
  free(second.data);
}

#endif
