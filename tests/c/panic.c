// A defect inside the library: it becomes a status, and what it touched is out of order for ever.
// Built against a library with the feature `forced-panic`.

#include "check.h"

PLASMID_API plasmid_status plasmid_host_force_panic(plasmid_host *host);
PLASMID_API plasmid_status plasmid_stream_force_panic(plasmid_stream *stream);

#define INTERNAL(call) CHECK_STATUS(PLASMID_INTERNAL, call)

static char out[4096];
static size_t len = 77;

static void host_is_poisoned(plasmid_host *host) {
  uint64_t version = 77;
  INTERNAL(plasmid_host_set(host, BYTES("k"), BYTES("v"), &version));
  INTERNAL(plasmid_host_get(host, BYTES("k"), out, sizeof out, &len));
  INTERNAL(plasmid_host_initiate(host, out, sizeof out, &len));
  INTERNAL(plasmid_host_receive(host, NULL, 0, out, sizeof out, &len));
  INTERNAL(plasmid_host_max_version(host, BYTES("a"), &version));
  INTERNAL(plasmid_host_message_bytes(host, &version));
  plasmid_stream *stream = NULL;
  INTERNAL(plasmid_stream_new(host, 1, &stream));
  plasmid_exchange *exchange = NULL;
  INTERNAL(plasmid_exchange_new(host, 1, &exchange));
  plasmid_entries *entries = NULL;
  INTERNAL(plasmid_entries_new(host, BYTES("a"), PLASMID_BY_KEY, &entries));
  plasmid_batch *batch = NULL;
  INTERNAL(plasmid_batch_new(host, &batch));
  plasmid_changes *changes = NULL;
  INTERNAL(plasmid_host_changes(host, NULL, 0, 1, NULL, 0, NULL, 0, &changes));
  plasmid_bytes *bytes = NULL;
  INTERNAL(plasmid_host_snapshot(host, &bytes));
  INTERNAL(plasmid_host_tick(host, 1));
  CHECK(version == 77 && len == 77 && !stream && !exchange && !entries);
  CHECK(!batch && !changes && !bytes);

  // What happened can still be read.
  char text[256];
  size_t length = 0;
  OK(plasmid_host_error(host, text, sizeof text, &length));
  CHECK(length > 0);
}

int main(void) {
  plasmid_host *host = NULL, *other = NULL, *third = NULL;
  plasmid_stream *stream = NULL, *sound = NULL;
  OK(plasmid_host_new(BYTES("a"), NULL, &host));
  OK(plasmid_host_new(BYTES("b"), NULL, &other));
  OK(plasmid_host_new(BYTES("c"), NULL, &third));
  OK(plasmid_host_set(host, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_stream_new(host, 1, &sound));
  OK(plasmid_stream_new(other, 1, &stream));
  plasmid_entries *entries = NULL;
  OK(plasmid_entries_new(host, BYTES("a"), PLASMID_BY_KEY, &entries));
  plasmid_batch *batch = NULL;
  OK(plasmid_batch_new(host, &batch));

  CHECK_STATUS(PLASMID_INVALID_ARGUMENT, plasmid_host_force_panic(NULL));
  INTERNAL(plasmid_host_force_panic(host));
  host_is_poisoned(host);
  // A stream or batch of that host needs it; an iterator made before does not.
  INTERNAL(plasmid_stream_transmit(sound, out, sizeof out, &len));
  OK(plasmid_batch_set(batch, BYTES("k"), BYTES("v")));
  INTERNAL(plasmid_batch_commit(batch, NULL));
  const uint8_t *key = NULL, *value = NULL;
  size_t key_len = 0, value_len = 0;
  uint64_t version = 0;
  OK(plasmid_entries_next(entries, &key, &key_len, &value, &value_len, &version));
  CHECK(IS("k", key, key_len) && IS("v", value, value_len) && version == 1);

  // A panic in a stream poisons the stream and the host it was in.
  INTERNAL(plasmid_stream_force_panic(stream));
  uint64_t rounds = 77;
  uint32_t flag = 77;
  INTERNAL(plasmid_stream_rounds(stream, &rounds));
  INTERNAL(plasmid_stream_is_finished(stream, &flag));
  INTERNAL(plasmid_stream_gossip(stream));
  INTERNAL(plasmid_stream_set_mode(stream, PLASMID_PULL));
  INTERNAL(plasmid_stream_receive(stream, NULL, 0));
  CHECK(rounds == 77 && flag == 77);
  host_is_poisoned(other);

  // The rest of the process is well.
  OK(plasmid_host_set(third, BYTES("k"), BYTES("v"), &version));
  CHECK(version == 1);

  plasmid_host_free(host);
  plasmid_host_free(other);
  plasmid_host_free(third);
  plasmid_stream_free(stream);
  plasmid_stream_free(sound);
  plasmid_entries_free(entries);
  plasmid_batch_free(batch);
  return 0;
}
