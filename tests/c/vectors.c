// The golden vectors through the C ABI alone. A line of the file that it is given is one vector:
// what it is, its name, and words; bytes are hex, and `-` if there are none.
//
//   sound NAME CLUSTER MESSAGE DUMP             after MESSAGE the reader is what DUMP says
//   refused NAME STATUS MESSAGE                 STATUS, and the reader is as it was
//   hash NAME CLUSTER ID HASH SHORT_ID          what a host of that name puts in its messages
//   exchange NAME NEW_SYN SYN SYN_ACK ACK       what the two hosts say to each other
//   stream NAME STEP MODE A B (FROM BYTES)...   what they write turn by turn, STEP bytes at once;
//                                               A and B are how they say what they have
//   out_of_turn NAME STEP END STATUS BYTES      what END refuses
//
// Each name is printed before its vector is checked, so that the last one is the one that failed.

#define _POSIX_C_SOURCE 200809L  // getline, open_memstream

#include <inttypes.h>

#include "check.h"

typedef struct {
  uint8_t *data;
  size_t len;
} bytes;

static uint8_t out[8192];
static size_t len;

// The next word of the line, or NULL.
static char *next(void) { return strtok(NULL, " \n"); }

static char *word(void) {
  char *found = next();
  CHECK(found);
  return found;
}

// A word as bytes, decoded where it stands.
static bytes unhex(char *digits) {
  bytes made = {(uint8_t *)digits, 0};
  if (strcmp(digits, "-") == 0) return made;
  CHECK(strlen(digits) % 2 == 0 && digits[strspn(digits, "0123456789abcdef")] == 0);
  for (const char *pair = digits; *pair; pair += 2) {
    unsigned byte = 0;
    CHECK(sscanf(pair, "%2x", &byte) == 1);
    made.data[made.len++] = (uint8_t)byte;
  }
  return made;
}

static void print_hex(FILE *file, const uint8_t *data, size_t count) {
  for (size_t at = 0; at < count; at++) fprintf(file, "%02x", data[at]);
}

static int equal(bytes expected, const uint8_t *data, size_t count) {
  return expected.len == count && memcmp(expected.data, data, count) == 0;
}

static int is_status(const char *name, plasmid_status status) {
  return strcmp(name, plasmid_status_name(status)) == 0;
}

static plasmid_host *host_in(bytes cluster, const void *id, size_t id_len, uint64_t nonce,
                             const char *digests) {
  plasmid_config *config = NULL;
  plasmid_host *host = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_cluster(config, cluster.data, cluster.len));
  OK(plasmid_config_set_seed(config, 1));
  OK(plasmid_config_set_generation(config, 1));
  OK(plasmid_config_set_nonce(config, nonce));
  uint32_t kind = PLASMID_DIGESTS_SMALLEST;
  if (strcmp(digests, "plain") == 0) kind = PLASMID_DIGESTS_PLAIN;
  if (strcmp(digests, "sketch") == 0) kind = PLASMID_DIGESTS_SKETCH;
  OK(plasmid_config_set_digests(config, kind));
  OK(plasmid_host_new(id, id_len, config, &host));
  plasmid_config_free(config);
  return host;
}

static const bytes nothing = {NULL, 0};

// The two hosts of every conversation.
static plasmid_host *host_a(const char *digests) {
  return host_in(nothing, BYTES("a"), 1, digests);
}
static plasmid_host *host_b(const char *digests) {
  return host_in(nothing, BYTES("b"), 2, digests);
}

static void set_both(plasmid_host *a, plasmid_host *b) {
  OK(plasmid_host_set(a, BYTES("color"), BYTES("red"), NULL));
  OK(plasmid_host_set(b, BYTES("shape"), BYTES("round"), NULL));
}

// All that is to be seen of a host, as one word, to be freed:
// SKIPPED/CONFLICTS/ROOM_NEEDED, then of each participant ;ID@VERSION and of each of its updates
// ,VERSION:KEY=VALUE or, if that deleted the key, ,VERSION:KEY
static char *dump(const plasmid_host *host) {
  char *text = NULL;
  size_t text_len = 0, id_len = 0, room = 0;
  uint64_t skipped = 0, conflicts = 0, version = 0;
  OK(plasmid_host_skipped(host, &skipped));
  OK(plasmid_host_conflicts(host, &conflicts));
  OK(plasmid_host_room_needed(host, &room));
  FILE *file = open_memstream(&text, &text_len);
  CHECK(file);
  fprintf(file, "%" PRIu64 "/%" PRIu64 "/%zu", skipped, conflicts, room);
  plasmid_participants *participants = NULL;
  OK(plasmid_participants_new(host, PLASMID_PARTICIPANT_ANY, &participants));
  const uint8_t *id = NULL, *key = NULL, *value = NULL;
  plasmid_status status;
  while ((status = plasmid_participants_next(participants, &id, &id_len)) == PLASMID_OK) {
    OK(plasmid_host_max_version(host, id, id_len, &version));
    fputc(';', file);
    print_hex(file, id, id_len);
    fprintf(file, "@%" PRIu64, version);
    plasmid_entries *entries = NULL;
    size_t key_len = 0, value_len = 0;
    OK(plasmid_entries_new(host, id, id_len, PLASMID_BY_VERSION, &entries));
    while ((status = plasmid_entries_next(entries, &key, &key_len, &value, &value_len, &version)) ==
           PLASMID_OK) {
      fprintf(file, ",%" PRIu64 ":", version);
      print_hex(file, key, key_len);
      if (value) {
        fputc('=', file);
        print_hex(file, value, value_len);
      }
    }
    CHECK_STATUS(PLASMID_NOT_FOUND, status);
    plasmid_entries_free(entries);
  }
  CHECK_STATUS(PLASMID_NOT_FOUND, status);
  plasmid_participants_free(participants);
  fclose(file);
  return text;
}

// Whether the host is what `expected` says, which is freed.
static int is_as(char *expected, const plasmid_host *host) {
  char *now = dump(host);
  const int same = strcmp(expected, now) == 0;
  if (!same) fprintf(stderr, "expected %s\nthere is %s\n", expected, now);
  free(expected);
  free(now);
  return same;
}

static void sound(void) {
  const bytes cluster = unhex(word());
  const bytes message = unhex(word());
  plasmid_host *reader = host_in(cluster, BYTES("reader"), 77, "smallest");
  OK(plasmid_host_set(reader, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_receive(reader, message.data, message.len, out, sizeof out, &len));
  CHECK(is_as(strdup(word()), reader));
  plasmid_host_free(reader);
}

static void refused(void) {
  const char *status = word();
  const bytes message = unhex(word());
  plasmid_host *a = host_a("smallest"), *b = host_b("smallest");
  set_both(a, b);
  // The reader has something of its own and something of another, which it could lose.
  OK(plasmid_host_initiate(a, out, sizeof out, &len));
  OK(plasmid_host_receive(b, out, len, out, sizeof out, &len));
  OK(plasmid_host_receive(a, out, len, out, sizeof out, &len));
  const size_t budgets[] = {0, sizeof out};
  for (int i = 0; i < 2; i++) {
    char *before = dump(a);
    CHECK(strstr(before, ";62@1,"));
    len = 77;
    CHECK(is_status(status,
                    plasmid_host_receive(a, message.data, message.len, out, budgets[i], &len)));
    CHECK(len == 77 && is_as(before, a));
  }
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// A Syn begins with wire version, kind and the cluster's hash. That of a host that knows nobody and
// takes lines only ends with its own line and the checksum: a sixteenth of the short id, in groups
// of seven bits of which the lowest is first, the generation, and the version.
static void hash(void) {
  const bytes cluster = unhex(word()), id = unhex(word());
  const bytes hash_of_cluster = unhex(word()), short_id = unhex(word());
  plasmid_host *host = NULL;
  if (id.len == 0) {
    // No host has this id.
    CHECK_STATUS(PLASMID_LIMIT, plasmid_host_new(NULL, 0, NULL, &host));
    return;
  }
  host = host_in(cluster, id.data, id.len, 1, "plain");
  OK(plasmid_host_initiate(host, out, sizeof out, &len));
  CHECK(equal(hash_of_cluster, out + 2, 8));
  const size_t end = len - 4 - 1 - 1;
  // Wire version, kind, cluster; id with its length; generation and nonce; tag, length and scope.
  uint64_t steps = 0;
  const size_t begin = 10 + 1 + (id.len > 127) + id.len + 9 + 3;
  for (size_t at = end; at > begin; at--) steps = steps << 7 | (out[at - 1] & 0x7f);
  uint64_t expected = 0;
  for (size_t at = 0; at < 8; at++) expected = expected << 8 | short_id.data[at];
  CHECK(short_id.len == 8 && expected == steps << 4);
  plasmid_host_free(host);
}

static void exchange(void) {
  plasmid_host *a = host_a("smallest"), *b = host_b("smallest");
  OK(plasmid_host_initiate(a, out, sizeof out, &len));
  CHECK(equal(unhex(word()), out, len));
  OK(plasmid_host_set(a, BYTES("color"), BYTES("red"), NULL));
  OK(plasmid_host_set(a, BYTES("size"), NULL, 0, NULL));
  OK(plasmid_host_set(a, BYTES("color"), BYTES("blue"), NULL));
  OK(plasmid_host_set(b, BYTES("shape"), BYTES("round"), NULL));
  OK(plasmid_host_initiate(a, out, sizeof out, &len));
  CHECK(equal(unhex(word()), out, len));
  OK(plasmid_host_receive(b, out, len, out, sizeof out, &len));
  CHECK(equal(unhex(word()), out, len));
  OK(plasmid_host_receive(a, out, len, out, sizeof out, &len));
  CHECK(equal(unhex(word()), out, len));
  OK(plasmid_host_receive(b, out, len, out, sizeof out, &len));
  CHECK(len == 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// One end of a connection; the other pointer is NULL.
typedef struct {
  plasmid_stream *stream;
  plasmid_exchange *exchange;
} end;

static plasmid_status end_receive(end to, const uint8_t *data, size_t count) {
  return to.stream ? plasmid_stream_receive(to.stream, data, count)
                   : plasmid_exchange_receive(to.exchange, data, count);
}

// Take all that an end has to send into `out`, `step` bytes at a time.
static void transmit(end from, size_t step) {
  size_t taken = 1;
  for (len = 0; taken > 0; len += taken) {
    const size_t room = sizeof out - len < step ? sizeof out - len : step;
    OK(from.stream ? plasmid_stream_transmit(from.stream, out + len, room, &taken)
                   : plasmid_exchange_transmit(from.exchange, out + len, room, &taken));
  }
  CHECK(len < sizeof out);
}

static end initiator_of(plasmid_host *host, uint32_t mode) {
  end made = {NULL, NULL};
  OK(plasmid_stream_new(host, 0, &made.stream));
  OK(plasmid_stream_set_mode(made.stream, mode));
  return made;
}

static end responder_of(plasmid_host *host) {
  end made = {NULL, NULL};
  OK(plasmid_exchange_new(host, 0, &made.exchange));
  return made;
}

static size_t number(void) { return (size_t)strtoull(word(), NULL, 10); }

static void stream(void) {
  const size_t step = number();
  const int both_learn = strcmp(word(), "push-pull") == 0;
  const char *digests_of_a = word(), *digests_of_b = word();
  plasmid_host *a = host_a(digests_of_a), *b = host_b(digests_of_b);
  set_both(a, b);
  const end initiator = initiator_of(a, both_learn ? PLASMID_PUSH_PULL : PLASMID_PULL);
  const end responder = responder_of(b);
  int turns = 0;
  for (char *from; (from = next()); turns++) {
    const int is_initiator = strcmp(from, "initiator") == 0;
    const bytes written = unhex(word());
    const end speaker = is_initiator ? initiator : responder;
    transmit(speaker, step);
    if (is_initiator && len == 0) {
      // Nothing is left to say of the round before, so this turn begins one.
      OK(plasmid_stream_gossip(initiator.stream));
      transmit(speaker, step);
    }
    CHECK(equal(written, out, len));
    for (size_t at = 0; at < len; at += step)
      OK(end_receive(is_initiator ? responder : initiator, out + at,
                     len - at < step ? len - at : step));
  }
  CHECK(turns > 0);
  uint64_t asked = 0, answered = 0;
  OK(plasmid_stream_rounds(initiator.stream, &asked));
  OK(plasmid_exchange_rounds(responder.exchange, &answered));
  CHECK(asked == 2 && answered == 2);
  OK(plasmid_host_get_from(a, BYTES("b"), BYTES("shape"), out, sizeof out, &len));
  CHECK(IS("round", out, len));
  CHECK_STATUS(both_learn ? PLASMID_OK : PLASMID_NOT_FOUND,
               plasmid_host_get_from(b, BYTES("a"), BYTES("color"), out, sizeof out, &len));
  CHECK(!both_learn || IS("red", out, len));
  plasmid_stream_free(initiator.stream);
  plasmid_exchange_free(responder.exchange);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void out_of_turn(void) {
  const size_t step = number();
  const int is_initiator = strcmp(word(), "initiator") == 0;
  const char *status = word();
  const bytes data = unhex(word());
  plasmid_host *a = host_a("smallest"), *b = host_b("smallest");
  set_both(a, b);
  const end to = is_initiator ? initiator_of(a, PLASMID_PUSH_PULL) : responder_of(b);
  if (is_initiator) {
    OK(plasmid_stream_gossip(to.stream));
    transmit(to, sizeof out);
    CHECK(len > 0);
  }
  const plasmid_host *host = is_initiator ? a : b;
  char *before = dump(host);
  plasmid_status answered = PLASMID_OK;
  for (size_t at = 0; at < data.len && answered == PLASMID_OK; at += step) {
    answered = end_receive(to, data.data + at, data.len - at < step ? data.len - at : step);
    if (answered == PLASMID_OK) transmit(to, sizeof out);
  }
  CHECK(is_status(status, answered));
  CHECK(is_as(before, host));
  // The end is over: it repeats its failure and has no more to say.
  CHECK(is_status(status, end_receive(to, NULL, 0)));
  transmit(to, sizeof out);
  CHECK(len == 0);
  plasmid_stream_free(to.stream);
  plasmid_exchange_free(to.exchange);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static const struct {
  const char *name;
  void (*check)(void);
} verbs[] = {
    {"sound", sound},       {"refused", refused}, {"hash", hash},
    {"exchange", exchange}, {"stream", stream},   {"out_of_turn", out_of_turn},
};

int main(int argc, char **argv) {
  CHECK(argc == 2);
  FILE *file = fopen(argv[1], "r");
  CHECK(file);
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, file) > 0) {
    const char *verb = strtok(line, " ");
    puts(word());
    int is_known = 0;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
      if (strcmp(verb, verbs[i].name) != 0) continue;
      is_known = 1;
      verbs[i].check();
    }
    CHECK(is_known && !next());
  }
  free(line);
  fclose(file);
  return 0;
}
