// A host through the C ABI: values, versions, buffers, errors, options, iteration.

#include "entries.h"
#include "hosts.h"

static int error_says(const plasmid_host *host, const char *word) {
  char text[256];
  size_t length = 0;
  OK(plasmid_host_error(host, text, sizeof text - 1, &length));
  text[length] = 0;
  return strstr(text, word) != NULL;
}

static uint64_t conflicts(const plasmid_host *host) {
  uint64_t count = 0;
  OK(plasmid_host_conflicts(host, &count));
  return count;
}

static void values_and_versions(void) {
  plasmid_host *host = host_of("a", NULL);
  uint64_t version = 0;
  OK(plasmid_host_max_version(host, BYTES("a"), &version));
  CHECK(version == 0);
  OK(plasmid_host_set(host, BYTES("k"), BYTES("one"), &version));
  CHECK(version == 1);
  OK(plasmid_host_set(host, BYTES("k"), BYTES("one"), NULL));
  OK(plasmid_host_max_version(host, BYTES("a"), &version));
  CHECK(version == 2);

  OK(plasmid_host_get(host, BYTES("k"), out, sizeof out, &len));
  CHECK(IS("one", out, len));
  OK(plasmid_host_get_from(host, BYTES("a"), BYTES("k"), out, sizeof out, &len));
  CHECK(IS("one", out, len));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_get(host, BYTES("other"), out, sizeof out, &len));
  CHECK_STATUS(PLASMID_NOT_FOUND,
               plasmid_host_get_from(host, BYTES("b"), BYTES("k"), out, sizeof out, &len));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_max_version(host, BYTES("b"), &version));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_len(host, BYTES("b"), &len));
  CHECK(version == 2);

  // Any bytes are a key, an id and a value, and a value may be empty.
  OK(plasmid_host_set(host, BYTES("\0\xff\0"), NULL, 0, NULL));
  OK(plasmid_host_get(host, BYTES("\0\xff\0"), NULL, 0, &len));
  CHECK(len == 0);
  OK(plasmid_host_len(host, BYTES("a"), &len));
  CHECK(len == 2);
  OK(plasmid_host_id(host, out, sizeof out, &len));
  CHECK(IS("a", out, len));
  plasmid_host_free(host);
}

static void short_buffers(void) {
  plasmid_host *host = host_of("a", NULL);
  OK(plasmid_host_set(host, BYTES("k"), BYTES("12345"), NULL));
  memset(out, 'x', sizeof out);
  for (size_t capacity = 0; capacity < 5; capacity++) {
    len = 0;
    CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_host_get(host, BYTES("k"), out, capacity, &len));
    CHECK(len == 5 && out[0] == 'x');
  }
  len = 0;
  CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_host_get(host, BYTES("k"), NULL, 0, &len));
  CHECK(len == 5);
  OK(plasmid_host_get(host, BYTES("k"), out, 5, &len));
  CHECK(IS("12345", out, len) && out[5] == 'x');
  plasmid_host_free(host);
}

static void both_learn(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("color"), BYTES("red"), NULL));
  OK(plasmid_host_set(b, BYTES("shape"), BYTES("round"), NULL));
  exchange(a, b);
  OK(plasmid_host_get_from(a, BYTES("b"), BYTES("shape"), out, sizeof out, &len));
  CHECK(IS("round", out, len));
  OK(plasmid_host_get_from(b, BYTES("a"), BYTES("color"), out, sizeof out, &len));
  CHECK(IS("red", out, len));
  CHECK(conflicts(a) == 0 && conflicts(b) == 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void foreign_malformed_and_over_a_limit(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_cluster(config, BYTES("other")));
  OK(plasmid_config_set_key_bytes(config, 3));
  OK(plasmid_config_set_value_bytes(config, 3));
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", config);
  size_t length = 77;
  OK(plasmid_host_error(b, NULL, 0, &length));
  CHECK(length == 0);

  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  char syn[512];
  size_t syn_len = 0;
  OK(plasmid_host_initiate(a, syn, sizeof syn, &syn_len));
  len = 77;
  CHECK_STATUS(PLASMID_FOREIGN, plasmid_host_receive(b, syn, syn_len, out, sizeof out, &len));
  CHECK(error_says(b, "cluster"));

  // Every truncation and every changed byte is refused, and changes nothing. Only the empty message
  // is fine: it is what a host with nothing to say gives.
  for (size_t cut = 1; cut < syn_len; cut++)
    CHECK_STATUS(PLASMID_MALFORMED, plasmid_host_receive(a, syn, cut, out, sizeof out, &len));
  for (size_t at = 0; at < syn_len; at++) {
    syn[at] = (char)(syn[at] ^ 0x10);
    CHECK_STATUS(PLASMID_MALFORMED, plasmid_host_receive(a, syn, syn_len, out, sizeof out, &len));
    syn[at] = (char)(syn[at] ^ 0x10);
  }
  CHECK(error_says(a, "malformed") && len == 77);
  OK(plasmid_host_receive(a, NULL, 0, out, sizeof out, &len));
  CHECK(len == 0);

  // A failure of `_error` itself leaves the text as it is.
  CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_host_error(a, NULL, 0, &length));
  CHECK(length > 0 && error_says(a, "malformed"));

  uint64_t version = 77;
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_set(b, BYTES("long"), BYTES("v"), &version));
  CHECK(error_says(b, "key_bytes"));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_set(b, BYTES("k"), BYTES("long"), &version));
  CHECK(error_says(b, "value_bytes") && version == 77);
  OK(plasmid_host_max_version(b, BYTES("b"), &version));
  CHECK(version == 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
  plasmid_config_free(config);
}

static void the_same_seed_gives_the_same_bytes(void) {
  plasmid_config *config = NULL;
  char first[4096], second[4096];
  size_t first_len = 0, second_len = 0;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_ordering(config, PLASMID_ORDERING_BREADTH));

  // Unless they are set, every host draws its own generation and nonce.
  plasmid_host *a = host_of("a", config), *b = host_of("a", config);
  uint64_t generation_a = 0, generation_b = 0;
  OK(plasmid_host_generation(a, &generation_a));
  OK(plasmid_host_generation(b, &generation_b));
  // After 2020 and before 2100, and not both the same.
  CHECK(generation_a >> 16 > 1577836800000 && generation_a >> 16 < 4102444800000);
  CHECK(generation_a != generation_b);
  OK(plasmid_host_initiate(a, first, sizeof first, &first_len));
  OK(plasmid_host_initiate(b, second, sizeof second, &second_len));
  CHECK(first_len != second_len || memcmp(first, second, first_len) != 0);
  plasmid_host_free(a);
  plasmid_host_free(b);

  OK(plasmid_config_set_seed(config, 1));
  OK(plasmid_config_set_nonce(config, 2));
  OK(plasmid_config_set_generation(config, 3));
  a = host_of("a", config);
  b = host_of("a", config);
  plasmid_config_free(config);
  OK(plasmid_host_generation(a, &generation_a));
  CHECK(generation_a == 3);
  OK(plasmid_host_initiate(a, first, sizeof first, &first_len));
  OK(plasmid_host_initiate(b, second, sizeof second, &second_len));
  CHECK(first_len == second_len && memcmp(first, second, first_len) == 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// With more participants than a Syn of 512 bytes can list, the seed chooses whom it lists. The two
// are alike in all else, and learn the same from the same messages.
static void the_seed_is_drawn_for_every_host(void) {
  plasmid_host *crowd = host_of("crowd", NULL);
  for (int i = 0; i < 80; i++) {
    char id[8];
    snprintf(id, sizeof id, "p%d", i);
    plasmid_host *participant = host_of(id, NULL);
    OK(plasmid_host_set(participant, BYTES("k"), BYTES("v"), NULL));
    exchange(crowd, participant);
    plasmid_host_free(participant);
  }
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_nonce(config, 1));
  OK(plasmid_config_set_generation(config, 1));
  plasmid_host *a = host_of("a", config), *same = host_of("a", config);
  plasmid_config_free(config);
  exchange(a, crowd);
  exchange(same, crowd);
  CHECK(version_of(a, "p79") == 1 && version_of(same, "p79") == 1);

  int differ = 0;
  for (int attempt = 0; attempt < 8; attempt++) {
    char other[PLASMID_MIN_BUDGET];
    size_t other_len = 0;
    OK(plasmid_host_initiate(a, out, PLASMID_MIN_BUDGET, &len));
    OK(plasmid_host_initiate(same, other, sizeof other, &other_len));
    differ += len != other_len || memcmp(out, other, len) != 0;
  }
  CHECK(differ > 0);
  plasmid_host_free(a);
  plasmid_host_free(same);
  plasmid_host_free(crowd);
}

// The nonce alone tells these two apart.
static void the_nonce_is_drawn_for_every_host(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_seed(config, 1));
  OK(plasmid_config_set_generation(config, 1));
  plasmid_host *a = host_of("twin", config), *b = host_of("twin", config);
  plasmid_config_free(config);
  exchange(a, b);
  exchange(b, a);
  CHECK(conflicts(a) > 0 && conflicts(b) > 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void twins_are_noticed(void) {
  plasmid_host *a = host_of("twin", NULL), *b = host_of("twin", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("a"), NULL));
  OK(plasmid_host_set(b, BYTES("k"), BYTES("b"), NULL));
  exchange(a, b);
  CHECK(conflicts(a) + conflicts(b) > 0);
  OK(plasmid_host_get(a, BYTES("k"), out, sizeof out, &len));
  CHECK(IS("a", out, len));
  OK(plasmid_host_get(b, BYTES("k"), out, sizeof out, &len));
  CHECK(IS("b", out, len));
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void what_is_over_a_limit_is_skipped_and_counted(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_value_bytes(config, 3));
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", config);
  plasmid_config_free(config);
  OK(plasmid_host_set(a, BYTES("short"), BYTES("v"), NULL));
  OK(plasmid_host_set(a, BYTES("long"), BYTES("value"), NULL));
  exchange(a, b);
  uint64_t count = 0, version = 0;
  OK(plasmid_host_skipped(b, &count));
  CHECK(count == 1);
  OK(plasmid_host_max_version(b, BYTES("a"), &version));
  CHECK(version == 1);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// Any size is a limit of the state, and with none a host learns of nobody.
static void the_state_has_any_limit(void) {
  const uint64_t limits[] = {0, 1, UINT64_MAX};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    plasmid_config *config = NULL;
    OK(plasmid_config_new(&config));
    OK(plasmid_config_set_state_bytes(config, limits[i]));
    plasmid_host *a = host_of("a", NULL), *b = host_of("b", config);
    plasmid_config_free(config);
    OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
    OK(plasmid_host_set(b, BYTES("k"), BYTES("v"), NULL));
    exchange(a, b);
    CHECK(version_of(a, "b") == 1 && version_of(b, "b") == 1);
    CHECK(version_of(b, "a") == (limits[i] == UINT64_MAX));
    plasmid_host_free(a);
    plasmid_host_free(b);
  }
}

// Who never set a key is not spoken of.
static void one_key_makes_a_participant_known(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  uint64_t version = 77;
  exchange(a, b);
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_max_version(b, BYTES("a"), &version));
  OK(plasmid_host_set(a, BYTES("k"), NULL, 0, NULL));
  exchange(a, b);
  OK(plasmid_host_max_version(b, BYTES("a"), &version));
  CHECK(version == 1);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// Iterators of a host with history, made before a later change and read after the host is freed.
static void iteration(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("z"), BYTES("1"), NULL));
  OK(plasmid_host_set(a, BYTES("y"), BYTES("2"), NULL));
  OK(plasmid_host_set(a, BYTES("z"), BYTES("3"), NULL));
  exchange(b, a);

  plasmid_participants *participants = NULL;
  plasmid_entries *by_key = NULL, *by_version = NULL, *history = NULL, *none = NULL;
  OK(plasmid_participants_new(b, PLASMID_PARTICIPANT_PRESENT, &participants));
  OK(plasmid_entries_new(b, BYTES("a"), PLASMID_BY_KEY, &by_key));
  OK(plasmid_entries_new(b, BYTES("a"), PLASMID_BY_VERSION, &by_version));
  OK(plasmid_history_new(b, BYTES("a"), BYTES("z"), &history));
  OK(plasmid_history_new(b, BYTES("a"), BYTES("unknown"), &none));
  plasmid_entries *unknown = NULL;
  CHECK_STATUS(PLASMID_NOT_FOUND,
               plasmid_entries_new(b, BYTES("nobody"), PLASMID_BY_KEY, &unknown));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_history_new(b, BYTES("nobody"), BYTES("z"), &unknown));
  CHECK(unknown == NULL);
  OK(plasmid_host_set(a, BYTES("later"), BYTES("4"), NULL));
  exchange(b, a);
  plasmid_host_free(a);
  plasmid_host_free(b);

  const uint8_t *id = NULL;
  OK(plasmid_participants_next(participants, &id, &len));
  CHECK(IS("a", id, len));
  OK(plasmid_participants_next(participants, &id, &len));
  CHECK(IS("b", id, len));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_participants_next(participants, &id, &len));
  plasmid_participants_free(participants);

  next_is(by_key, "y", "2", 2);
  next_is(by_key, "z", "3", 3);
  is_at_its_end(by_key);
  next_is(by_version, "z", "1", 1);
  next_is(by_version, "y", "2", 2);
  next_is(by_version, "z", "3", 3);
  is_at_its_end(by_version);
  next_is(history, "z", "3", 3);
  next_is(history, "z", "1", 1);
  is_at_its_end(history);
  is_at_its_end(none);
}

static void without_history(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_history(config, 0));
  plasmid_host *a = host_of("a", config);
  plasmid_config_free(config);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("1"), NULL));
  OK(plasmid_host_set(a, BYTES("k"), BYTES("2"), NULL));
  plasmid_entries *entries = NULL;
  OK(plasmid_entries_new(a, BYTES("a"), PLASMID_BY_VERSION, &entries));
  next_is(entries, "k", "2", 2);
  is_at_its_end(entries);
  plasmid_host_free(a);
}

int main(void) {
  values_and_versions();
  short_buffers();
  both_learn();
  foreign_malformed_and_over_a_limit();
  the_same_seed_gives_the_same_bytes();
  the_seed_is_drawn_for_every_host();
  the_nonce_is_drawn_for_every_host();
  twins_are_noticed();
  what_is_over_a_limit_is_skipped_and_counted();
  the_state_has_any_limit();
  one_key_makes_a_participant_known();
  iteration();
  without_history();
  return 0;
}
