// What a transcript has named so far, and what it prints: hosts, ends of streams, buffers.

#ifndef PLASMID_TEST_STAGE_H
#define PLASMID_TEST_STAGE_H

#include <stdarg.h>

#include "check.h"
#include "words.h"

enum { MOST_NAMES = 1024, DEFAULT_BYTES = 65536 };

typedef struct {
  char name[32];
  plasmid_host *host;
} named_host;

// One end of a stream: either the initiator's or the responder's; `host` is whose it is.
typedef struct {
  char name[32];
  char host[32];
  plasmid_stream *stream;
  plasmid_exchange *exchange;
} named_end;

typedef struct {
  char name[32];
  bytes content;
} named_buffer;

static named_host hosts[MOST_NAMES];
static named_end ends[MOST_NAMES];
static named_buffer buffers[MOST_NAMES];
static uint64_t nonce;

static const char *path;
static int line_number;

// Where files are that keep hosts, and whether every host has one.
static const char *folder;
static int is_durable;

// What the command prints.
static FILE *printed;

void fault(const char *what, const char *word) {
  fprintf(stderr, "%s:%d: %s: %s\n", path, line_number, what, word);
  exit(1);
}

static void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("> ", printed);
  vfprintf(printed, format, arguments);
  fputc('\n', printed);
  va_end(arguments);
}

// Print a failure as the README names it; `text` is the error text of the handle.
static void say_failure(plasmid_status status, const char *text, size_t needed) {
  static const char *const limits[] = {
      "id_bytes",       "key_bytes",    "value_bytes",          "message_bytes",
      "participants",   "departed",     "keys_per_participant", "participant_bytes",
      "state_bytes",    "generation",   "remembered_deletes",   "change_records",
      "version"};
  static const struct {
    plasmid_status status;
    const char *name;
  } names[] = {
      {PLASMID_MALFORMED, "malformed"},
      {PLASMID_FOREIGN, "foreign"},
      {PLASMID_CONFLICT, "conflict"},
      {PLASMID_LEFT, "left"},
      {PLASMID_CURSOR, "cursor"},
      {PLASMID_IN_USE, "in_use"},
      // Only `evict` answers these two to what a transcript can ask.
      {PLASMID_NOT_FOUND, "unknown_participant"},
      {PLASMID_INVALID_ARGUMENT, "own_participant"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (status == names[i].status) {
      say("error %s", names[i].name);
      return;
    }
  }
  if (status == PLASMID_BUFFER_TOO_SHORT) {
    say("error budget %zu", needed);
  } else if (status == PLASMID_LIMIT) {
    const size_t len = strcspn(text, " ");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
      if (strlen(limits[i]) == len && strncmp(limits[i], text, len) == 0)
        say("error limit %s", limits[i]);
  } else {
    fault(plasmid_status_name(status), text);
  }
}

// Print the failure of a call on a handle, if it is one; whether it succeeded.
#define SUCCEEDED(status, error, handle, needed) \
  succeeded((status), (error)((handle), text, sizeof text - 1, &text_len), (needed))

static char text[256];
static size_t text_len;

static int succeeded(plasmid_status status, plasmid_status told, size_t needed) {
  OK(told);
  text[text_len] = 0;
  if (status == PLASMID_OK) return 1;
  say_failure(status, text, needed);
  return 0;
}

static void copy_name(char *place, const char *name) {
  if (strlen(name) >= sizeof hosts->name) fault("too long a name", name);
  strcpy(place, name);
}

// The entry of `name`, or a free one, or NULL.
#define FIND(table, wanted, found)                                         \
  do {                                                                     \
    (found) = NULL;                                                        \
    for (size_t i_ = 0; i_ < MOST_NAMES && !(found); i_++)                 \
      if (strcmp((table)[i_].name, (wanted)) == 0) (found) = &(table)[i_]; \
  } while (0)

static plasmid_host *find_host(const char *name) {
  named_host *found;
  FIND(hosts, name, found);
  return found ? found->host : NULL;
}

static plasmid_host *host_called(const char *name) {
  plasmid_host *host = find_host(name);
  if (!host) fault("no such host", name);
  return host;
}

static named_end *end_called(const char *name) {
  named_end *found;
  FIND(ends, name, found);
  if (!found) fault("no such stream", name);
  return found;
}

static bytes buffer_called(const char *name) {
  named_buffer *found;
  FIND(buffers, name, found);
  if (!found) fault("no such buffer", name);
  return found->content;
}

// The ends of a host that is gone are gone, too.
static void forget_ends(const char *host) {
  for (size_t i = 0; i < MOST_NAMES; i++) {
    if (!*ends[i].name || strcmp(ends[i].host, host) != 0) continue;
    plasmid_stream_free(ends[i].stream);
    plasmid_exchange_free(ends[i].exchange);
    memset(&ends[i], 0, sizeof ends[i]);
  }
}

// Keep `content`, which is given away, under `name`, which may be NULL.
static void keep(const char *name, bytes content) {
  if (!name) {
    free(content.data);
    return;
  }
  named_buffer *place;
  FIND(buffers, name, place);
  if (!place) FIND(buffers, "", place);
  if (!place) fault("too many buffers", name);
  free(place->content.data);
  copy_name(place->name, name);
  place->content = content;
}

static void keep_and_measure(const char *name, bytes content) {
  if (content.len > 0)
    say("%zu bytes", content.len);
  else
    say("nothing");
  keep(name, content);
}

#endif
