// Batches through the C ABI: one version, all or nothing, used again, outliving their host.

#include "entries.h"
#include "hosts.h"

static plasmid_batch *batch_of(plasmid_host *host) {
  plasmid_batch *batch = NULL;
  OK(plasmid_batch_new(host, &batch));
  return batch;
}

static int error_says(const plasmid_batch *batch, const char *word) {
  char text[256];
  size_t length = 0;
  OK(plasmid_batch_error(batch, text, sizeof text - 1, &length));
  text[length] = 0;
  return strstr(text, word) != NULL;
}

static void a_batch_is_one_change(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  uint64_t version = 77;
  OK(plasmid_host_set(a, BYTES("old"), BYTES("v"), NULL));
  plasmid_batch *batch = batch_of(a);
  OK(plasmid_batch_set(batch, BYTES("y"), BYTES("1")));
  OK(plasmid_batch_set(batch, BYTES("x"), NULL, 0));
  OK(plasmid_batch_set(batch, BYTES("y"), BYTES("2")));
  OK(plasmid_batch_delete(batch, BYTES("old")));
  OK(plasmid_batch_delete(batch, BYTES("never")));
  // Nothing has happened yet, and the host can be used.
  CHECK(version_of(a, "a") == 1);
  OK(plasmid_host_set(a, BYTES("between"), BYTES("v"), NULL));
  OK(plasmid_batch_commit(batch, &version));
  CHECK(version == 3 && version_of(a, "a") == 3);
  exchange(a, b);

  plasmid_entries *entries = NULL;
  OK(plasmid_entries_new(b, BYTES("a"), PLASMID_BY_KEY, &entries));
  next_is(entries, "between", "v", 2);
  next_is(entries, "x", "", 3);
  next_is(entries, "y", "2", 3);
  is_at_its_end(entries);

  // It is empty now, and can be filled again.
  OK(plasmid_batch_commit(batch, &version));
  CHECK(version == 3);
  OK(plasmid_batch_set(batch, BYTES("x"), BYTES("3")));
  OK(plasmid_batch_commit(batch, NULL));
  CHECK(version_of(a, "a") == 4);
  plasmid_batch_free(batch);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void a_batch_that_fails_changes_nothing(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_key_bytes(config, 3));
  OK(plasmid_config_set_keys_per_participant(config, 2));
  plasmid_host *host = host_of("a", config);
  plasmid_config_free(config);
  plasmid_batch *batch = batch_of(host);
  size_t length = 77;
  OK(plasmid_batch_error(batch, NULL, 0, &length));
  CHECK(length == 0);

  uint64_t version = 77;
  OK(plasmid_batch_set(batch, BYTES("k"), BYTES("v")));
  OK(plasmid_batch_set(batch, BYTES("long"), BYTES("v")));
  for (int again = 0; again < 2; again++)
    CHECK_STATUS(PLASMID_LIMIT, plasmid_batch_commit(batch, &version));
  CHECK(version == 77 && error_says(batch, "key_bytes") && version_of(host, "a") == 0);
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_get(host, BYTES("k"), out, sizeof out, &len));
  CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_batch_error(batch, NULL, 0, &length));
  CHECK(length > 0);
  // The failure is the batch's, not the host's.
  OK(plasmid_host_error(host, out, sizeof out - 1, &len));
  out[len] = 0;
  CHECK(strstr(out, "key_bytes") == NULL);
  plasmid_batch_free(batch);

  batch = batch_of(host);
  OK(plasmid_batch_set(batch, BYTES("1"), BYTES("v")));
  OK(plasmid_batch_set(batch, BYTES("2"), BYTES("v")));
  OK(plasmid_batch_set(batch, BYTES("3"), BYTES("v")));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_batch_commit(batch, &version));
  CHECK(error_says(batch, "keys_per_participant"));
  OK(plasmid_batch_delete(batch, BYTES("3")));
  OK(plasmid_batch_commit(batch, &version));
  CHECK(version == 1);
  plasmid_batch_free(batch);
  plasmid_host_free(host);
}

static void a_batch_outlives_its_host(void) {
  plasmid_host *host = host_of("a", NULL);
  plasmid_batch *batch = batch_of(host), *dropped = batch_of(host);
  OK(plasmid_batch_set(dropped, BYTES("k"), BYTES("dropped")));
  plasmid_batch_free(dropped);
  plasmid_host_free(host);
  uint64_t version = 0;
  OK(plasmid_batch_set(batch, BYTES("k"), BYTES("v")));
  OK(plasmid_batch_commit(batch, &version));
  CHECK(version == 1);
  plasmid_batch_free(batch);
}

int main(void) {
  a_batch_is_one_change();
  a_batch_that_fails_changes_nothing();
  a_batch_outlives_its_host();
  return 0;
}
