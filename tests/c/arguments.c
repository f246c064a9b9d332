// Every function with NULL and with wrong values: each answers PLASMID_INVALID_ARGUMENT (or does
// nothing, for `_free`), writes no output and leaves its handle in working order. Those that speak
// of a state that changes are in arguments_of_state.c.

#include "check.h"

#define INVALID(call) CHECK_STATUS(PLASMID_INVALID_ARGUMENT, call)

// What no object is as long as.
static const size_t TOO_LONG = (size_t)PTRDIFF_MAX + 1;

static plasmid_config *config;
static plasmid_host *host;
static plasmid_stream *stream;
static plasmid_exchange *exchange;
static char out[1024];
static size_t len = 77;
static uint64_t number = 77;

// The pointers that a buffer may not be made of.
#define WRONG_BUFFERS(call_with)           \
  INVALID(call_with(NULL, 1, &len));       \
  INVALID(call_with(out, TOO_LONG, &len)); \
  INVALID(call_with(out, sizeof out, NULL))

static void versions_and_names(void) {
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", PLASMID_VERSION_MAJOR, PLASMID_VERSION_MINOR,
           PLASMID_VERSION_PATCH);
  CHECK(strcmp(plasmid_version(), version) == 0);
  CHECK(PLASMID_VERSION_NUMBER ==
        (PLASMID_VERSION_MAJOR << 16 | PLASMID_VERSION_MINOR << 8 | PLASMID_VERSION_PATCH));
  CHECK(plasmid_abi_version() == PLASMID_ABI_VERSION);

  // The numbers are the ABI: none may ever change.
  CHECK(PLASMID_OK == 0 && PLASMID_NOT_FOUND == 1 && PLASMID_BUFFER_TOO_SHORT == 2);
  CHECK(PLASMID_INVALID_ARGUMENT == 3 && PLASMID_MALFORMED == 4 && PLASMID_LIMIT == 5);
  CHECK(PLASMID_BUSY == 6 && PLASMID_FOREIGN == 7 && PLASMID_CONFLICT == 8);
  CHECK(PLASMID_INTERNAL == 9 && PLASMID_STORE == 10 && PLASMID_LEFT == 11);
  CHECK(PLASMID_CURSOR == 12 && PLASMID_CLOSED == 14 && PLASMID_IN_USE == 15);
  const char *const names[] = {"PLASMID_OK",
                               "PLASMID_NOT_FOUND",
                               "PLASMID_BUFFER_TOO_SHORT",
                               "PLASMID_INVALID_ARGUMENT",
                               "PLASMID_MALFORMED",
                               "PLASMID_LIMIT",
                               "PLASMID_BUSY",
                               "PLASMID_FOREIGN",
                               "PLASMID_CONFLICT",
                               "PLASMID_INTERNAL",
                               "PLASMID_STORE",
                               "PLASMID_LEFT",
                               "PLASMID_CURSOR",
                               "unknown status",
                               "PLASMID_CLOSED",
                               "PLASMID_IN_USE",
                               "unknown status"};
  for (int32_t status = 0; status < 17; status++)
    CHECK(strcmp(plasmid_status_name(status), names[status]) == 0);
  CHECK(strcmp(plasmid_status_name(-1), "unknown status") == 0);
  CHECK(strcmp(plasmid_status_name(INT32_MAX), "unknown status") == 0);
}

static void of_configs(void) {
  INVALID(plasmid_config_new(NULL));
  plasmid_config_free(NULL);
  INVALID(plasmid_config_set_ordering(NULL, 0));
  INVALID(plasmid_config_set_ordering(config, 2));
  INVALID(plasmid_config_set_digests(NULL, 0));
  INVALID(plasmid_config_set_digests(config, 3));
  INVALID(plasmid_config_set_history(NULL, 0));
  INVALID(plasmid_config_set_history(config, 2));
  INVALID(plasmid_config_set_compress(NULL, 0));
  INVALID(plasmid_config_set_compress(config, 2));
  INVALID(plasmid_config_set_auto_compact(NULL, 0));
  INVALID(plasmid_config_set_auto_compact(config, 2));
  INVALID(plasmid_config_set_tombstone_age_ms(NULL, 1));
  INVALID(plasmid_config_set_evict_after_ms(NULL, 1));
  INVALID(plasmid_config_set_generation_ahead_ms(NULL, 1));
  INVALID(plasmid_config_set_seed(NULL, 1));
  INVALID(plasmid_config_set_nonce(NULL, 1));
  INVALID(plasmid_config_set_generation(NULL, 1));
  INVALID(plasmid_config_set_cluster(NULL, BYTES("c")));
  INVALID(plasmid_config_set_cluster(config, NULL, 1));
  INVALID(plasmid_config_set_cluster(config, "c", TOO_LONG));
  INVALID(plasmid_config_set_key_bytes(NULL, 1));
  INVALID(plasmid_config_set_value_bytes(NULL, 1));
  INVALID(plasmid_config_set_message_bytes(NULL, 1));
  INVALID(plasmid_config_set_participants(NULL, 1));
  INVALID(plasmid_config_set_keys_per_participant(NULL, 1));
  INVALID(plasmid_config_set_participant_bytes(NULL, 1));
  INVALID(plasmid_config_set_state_bytes(NULL, 1));
  INVALID(plasmid_config_set_departed(NULL, 1));
  INVALID(plasmid_config_set_fragment_bytes(NULL, 1));
  INVALID(plasmid_config_set_remembered_deletes(NULL, 1));
  INVALID(plasmid_config_set_change_records(NULL, 1));

  INVALID(plasmid_config_error(NULL, out, sizeof out, &len));
#define ERROR_OF_CONFIG(o, cap, l) plasmid_config_error(config, o, cap, l)
  WRONG_BUFFERS(ERROR_OF_CONFIG);
}

// The limits of a config are checked when a host is made, and the config's text names the limit.
static void limits_out_of_range(void) {
  typedef plasmid_status (*setter)(plasmid_config *, uint64_t);
  const struct {
    setter set;
    uint64_t wrong;
    const char *name;
  } limits[] = {
      {plasmid_config_set_key_bytes, 0, "key_bytes"},
      {plasmid_config_set_key_bytes, UINT64_MAX, "key_bytes"},
      {plasmid_config_set_value_bytes, UINT64_MAX, "value_bytes"},
      {plasmid_config_set_message_bytes, 511, "message_bytes"},
      {plasmid_config_set_message_bytes, UINT64_MAX, "message_bytes"},
      {plasmid_config_set_participants, 0, "participants"},
      {plasmid_config_set_keys_per_participant, 0, "keys_per_participant"},
      {plasmid_config_set_participant_bytes, UINT64_MAX, "participant_bytes"},
      {plasmid_config_set_departed, UINT64_MAX, "departed"},
      {plasmid_config_set_remembered_deletes, UINT64_MAX, "remembered_deletes"},
      {plasmid_config_set_change_records, UINT64_MAX, "change_records"},
      {plasmid_config_set_generation, UINT64_MAX, "generation"},
  };
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    plasmid_config *odd = NULL;
    plasmid_host *made = NULL;
    OK(plasmid_config_new(&odd));
    OK(limits[i].set(odd, limits[i].wrong));
    CHECK_STATUS(PLASMID_LIMIT, plasmid_host_new(BYTES("h"), odd, &made));
    CHECK(made == NULL);
    size_t length = 0;
    OK(plasmid_config_error(odd, out, sizeof out - 1, &length));
    out[length] = 0;
    CHECK(strstr(out, limits[i].name) != NULL);
    plasmid_config_free(odd);
  }
}

static void of_hosts(void) {
  plasmid_host *made = NULL;
  INVALID(plasmid_host_new(NULL, 1, NULL, &made));
  INVALID(plasmid_host_new("h", TOO_LONG, NULL, &made));
  INVALID(plasmid_host_new(BYTES("h"), NULL, NULL));
  INVALID(plasmid_host_new(BYTES("h"), config, NULL));
  char id[129] = {0};
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_new(NULL, 0, NULL, &made));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_new(id, 129, NULL, &made));
  CHECK(made == NULL);
  plasmid_host_free(NULL);

  INVALID(plasmid_host_error(NULL, out, sizeof out, &len));
#define ERROR_OF_HOST(o, cap, l) plasmid_host_error(host, o, cap, l)
  WRONG_BUFFERS(ERROR_OF_HOST);

  INVALID(plasmid_host_set(NULL, BYTES("k"), BYTES("v"), &number));
  INVALID(plasmid_host_set(host, NULL, 1, BYTES("v"), &number));
  INVALID(plasmid_host_set(host, BYTES("k"), NULL, 1, &number));
  INVALID(plasmid_host_set(host, "k", TOO_LONG, BYTES("v"), &number));
  INVALID(plasmid_host_set(host, BYTES("k"), "v", TOO_LONG, &number));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_set(host, NULL, 0, BYTES("v"), &number));

  INVALID(plasmid_host_get(NULL, BYTES("k"), out, sizeof out, &len));
  INVALID(plasmid_host_get(host, NULL, 1, out, sizeof out, &len));
  INVALID(plasmid_host_get(host, "k", TOO_LONG, out, sizeof out, &len));
#define GET(o, cap, l) plasmid_host_get(host, BYTES("k"), o, cap, l)
  WRONG_BUFFERS(GET);

  INVALID(plasmid_host_get_from(NULL, BYTES("p"), BYTES("k"), out, sizeof out, &len));
  INVALID(plasmid_host_get_from(host, NULL, 1, BYTES("k"), out, sizeof out, &len));
  INVALID(plasmid_host_get_from(host, BYTES("p"), NULL, 1, out, sizeof out, &len));
#define GET_FROM(o, cap, l) plasmid_host_get_from(host, BYTES("host"), BYTES("k"), o, cap, l)
  WRONG_BUFFERS(GET_FROM);

  INVALID(plasmid_host_max_version(NULL, BYTES("p"), &number));
  INVALID(plasmid_host_max_version(host, NULL, 1, &number));
  INVALID(plasmid_host_max_version(host, BYTES("host"), NULL));
  INVALID(plasmid_host_len(NULL, BYTES("p"), &len));
  INVALID(plasmid_host_len(host, NULL, 1, &len));
  INVALID(plasmid_host_len(host, BYTES("host"), NULL));
  INVALID(plasmid_host_id(NULL, out, sizeof out, &len));
#define ID(o, cap, l) plasmid_host_id(host, o, cap, l)
  WRONG_BUFFERS(ID);
  INVALID(plasmid_host_generation(NULL, &number));
  INVALID(plasmid_host_generation(host, NULL));
  INVALID(plasmid_host_message_bytes(NULL, &number));
  INVALID(plasmid_host_message_bytes(host, NULL));
  INVALID(plasmid_host_room_needed(NULL, &len));
  INVALID(plasmid_host_room_needed(host, NULL));
  INVALID(plasmid_host_conflicts(NULL, &number));
  INVALID(plasmid_host_conflicts(host, NULL));
  INVALID(plasmid_host_skipped(NULL, &number));
  INVALID(plasmid_host_skipped(host, NULL));
  INVALID(plasmid_host_forgotten(NULL, &number));
  INVALID(plasmid_host_forgotten(host, NULL));

  INVALID(plasmid_host_initiate(NULL, out, sizeof out, &len));
#define INITIATE(o, cap, l) plasmid_host_initiate(host, o, cap, l)
  WRONG_BUFFERS(INITIATE);
  INVALID(plasmid_host_receive(NULL, BYTES("m"), out, sizeof out, &len));
  INVALID(plasmid_host_receive(host, NULL, 1, out, sizeof out, &len));
  INVALID(plasmid_host_receive(host, "m", TOO_LONG, out, sizeof out, &len));
#define RECEIVE(o, cap, l) plasmid_host_receive(host, BYTES("m"), o, cap, l)
  WRONG_BUFFERS(RECEIVE);
}

static void of_iterators(void) {
  plasmid_participants *participants = NULL;
  INVALID(plasmid_participants_new(NULL, PLASMID_PARTICIPANT_ANY, &participants));
  INVALID(plasmid_participants_new(host, 4, &participants));
  INVALID(plasmid_participants_new(host, PLASMID_PARTICIPANT_ANY, NULL));
  CHECK(participants == NULL);
  OK(plasmid_participants_new(host, PLASMID_PARTICIPANT_ANY, &participants));
  const uint8_t *bytes = NULL;
  INVALID(plasmid_participants_next(NULL, &bytes, &len));
  INVALID(plasmid_participants_next(participants, NULL, &len));
  INVALID(plasmid_participants_next(participants, &bytes, NULL));
  CHECK(bytes == NULL);
  plasmid_participants_free(participants);
  plasmid_participants_free(NULL);

  plasmid_entries *entries = NULL;
  INVALID(plasmid_entries_new(NULL, BYTES("host"), PLASMID_BY_KEY, &entries));
  INVALID(plasmid_entries_new(host, NULL, 1, PLASMID_BY_KEY, &entries));
  INVALID(plasmid_entries_new(host, BYTES("host"), 2, &entries));
  INVALID(plasmid_entries_new(host, BYTES("host"), PLASMID_BY_KEY, NULL));
  INVALID(plasmid_history_new(NULL, BYTES("host"), BYTES("k"), &entries));
  INVALID(plasmid_history_new(host, NULL, 1, BYTES("k"), &entries));
  INVALID(plasmid_history_new(host, BYTES("host"), NULL, 1, &entries));
  INVALID(plasmid_history_new(host, BYTES("host"), BYTES("k"), NULL));
  CHECK(entries == NULL);
  OK(plasmid_entries_new(host, BYTES("host"), PLASMID_BY_KEY, &entries));
  const uint8_t *key = NULL, *value = NULL;
  INVALID(plasmid_entries_next(NULL, &key, &len, &value, &len, &number));
  INVALID(plasmid_entries_next(entries, NULL, &len, &value, &len, &number));
  INVALID(plasmid_entries_next(entries, &key, NULL, &value, &len, &number));
  INVALID(plasmid_entries_next(entries, &key, &len, NULL, &len, &number));
  INVALID(plasmid_entries_next(entries, &key, &len, &value, NULL, &number));
  INVALID(plasmid_entries_next(entries, &key, &len, &value, &len, NULL));
  CHECK(key == NULL && value == NULL);
  plasmid_entries_free(entries);
  plasmid_entries_free(NULL);
}

static void of_streams(void) {
  plasmid_stream *made = NULL;
  uint32_t flag = 77;
  INVALID(plasmid_stream_new(NULL, 1, &made));
  INVALID(plasmid_stream_new(host, 2, &made));
  INVALID(plasmid_stream_new(host, 1, NULL));
  CHECK(made == NULL);
  plasmid_stream_free(NULL);
  INVALID(plasmid_stream_set_mode(NULL, PLASMID_PULL));
  INVALID(plasmid_stream_set_mode(stream, 2));
  INVALID(plasmid_stream_gossip(NULL));
  INVALID(plasmid_stream_receive(NULL, BYTES("m")));
  INVALID(plasmid_stream_receive(stream, NULL, 1));
  INVALID(plasmid_stream_receive(stream, "m", TOO_LONG));
  INVALID(plasmid_stream_transmit(NULL, out, sizeof out, &len));
#define STREAM_TRANSMIT(o, cap, l) plasmid_stream_transmit(stream, o, cap, l)
  WRONG_BUFFERS(STREAM_TRANSMIT);
  INVALID(plasmid_stream_is_finished(NULL, &flag));
  INVALID(plasmid_stream_is_finished(stream, NULL));
  INVALID(plasmid_stream_rounds(NULL, &number));
  INVALID(plasmid_stream_rounds(stream, NULL));
  INVALID(plasmid_stream_error(NULL, out, sizeof out, &len));
#define STREAM_ERROR(o, cap, l) plasmid_stream_error(stream, o, cap, l)
  WRONG_BUFFERS(STREAM_ERROR);

  plasmid_exchange *answering = NULL;
  INVALID(plasmid_exchange_new(NULL, 1, &answering));
  INVALID(plasmid_exchange_new(host, 2, &answering));
  INVALID(plasmid_exchange_new(host, 1, NULL));
  CHECK(answering == NULL);
  plasmid_exchange_free(NULL);
  INVALID(plasmid_exchange_receive(NULL, BYTES("m")));
  INVALID(plasmid_exchange_receive(exchange, NULL, 1));
  INVALID(plasmid_exchange_receive(exchange, "m", TOO_LONG));
  INVALID(plasmid_exchange_transmit(NULL, out, sizeof out, &len));
#define EXCHANGE_TRANSMIT(o, cap, l) plasmid_exchange_transmit(exchange, o, cap, l)
  WRONG_BUFFERS(EXCHANGE_TRANSMIT);
  INVALID(plasmid_exchange_is_finished(NULL, &flag));
  INVALID(plasmid_exchange_is_finished(exchange, NULL));
  INVALID(plasmid_exchange_rounds(NULL, &number));
  INVALID(plasmid_exchange_rounds(exchange, NULL));
  INVALID(plasmid_exchange_error(NULL, out, sizeof out, &len));
#define EXCHANGE_ERROR(o, cap, l) plasmid_exchange_error(exchange, o, cap, l)
  WRONG_BUFFERS(EXCHANGE_ERROR);
  CHECK(flag == 77);
}

int main(void) {
  versions_and_names();
  OK(plasmid_config_new(&config));
  OK(plasmid_host_new(BYTES("host"), config, &host));
  OK(plasmid_stream_new(host, 1, &stream));
  OK(plasmid_exchange_new(host, 1, &exchange));
  memset(out, 'x', sizeof out);

  of_configs();
  of_hosts();
  of_iterators();
  of_streams();

  // No output was written, nothing was changed, and every handle still works.
  CHECK(len == 77 && number == 77);
  for (size_t i = 0; i < sizeof out; i++) CHECK(out[i] == 'x');
  OK(plasmid_host_max_version(host, BYTES("host"), &number));
  CHECK(number == 0);
  OK(plasmid_host_set(host, BYTES("k"), BYTES("v"), &number));
  CHECK(number == 1);
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  OK(plasmid_exchange_receive(exchange, out, len));

  limits_out_of_range();

  plasmid_host_free(host);
  plasmid_config_free(config);
  plasmid_stream_free(stream);
  plasmid_exchange_free(exchange);
  return 0;
}
