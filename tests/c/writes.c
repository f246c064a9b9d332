// Writing through the C ABI: deletions, keys that expire, compaction.

#include "entries.h"
#include "hosts.h"

static int has(const plasmid_host *host, const char *participant, const char *key) {
  const plasmid_status status = plasmid_host_get_from(
      host, participant, strlen(participant), key, strlen(key), out, sizeof out, &len);
  CHECK(status == PLASMID_OK || status == PLASMID_NOT_FOUND);
  return status == PLASMID_OK;
}

static uint64_t gc_version(const plasmid_host *host, const char *participant) {
  uint64_t version = 77;
  OK(plasmid_host_gc_version(host, participant, strlen(participant), &version));
  return version;
}

// A host that compacts only when it is told to.
static plasmid_host *manual(const char *id) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_auto_compact(config, 0));
  plasmid_host *host = host_of(id, config);
  plasmid_config_free(config);
  return host;
}

static void deletions(void) {
  plasmid_host *a = manual("a"), *b = manual("b");
  uint64_t version = 77;
  OK(plasmid_host_delete(a, BYTES("k"), &version));
  CHECK(version == 0);
  OK(plasmid_host_set(a, BYTES("k"), NULL, 0, NULL));
  OK(plasmid_host_set(a, BYTES("l"), BYTES("v"), NULL));
  OK(plasmid_host_delete(a, BYTES("k"), &version));
  CHECK(version == 3);
  // Neither a key that is gone nor one that never was is a change, and no version need be wanted.
  OK(plasmid_host_delete(a, BYTES("k"), &version));
  CHECK(version == 3);
  OK(plasmid_host_delete(a, BYTES("never"), NULL));
  exchange(a, b);

  plasmid_host *const both[] = {a, b};
  for (int i = 0; i < 2; i++) {
    CHECK(!has(both[i], "a", "k") && has(both[i], "a", "l") && version_of(both[i], "a") == 3);
    size_t keys = 77;
    OK(plasmid_host_len(both[i], BYTES("a"), &keys));
    CHECK(keys == 1);
    // A deletion has no value, which an empty value is not.
    plasmid_entries *entries = NULL;
    OK(plasmid_history_new(both[i], BYTES("a"), BYTES("k"), &entries));
    next_is(entries, "k", NULL, 3);
    next_is(entries, "k", "", 1);
    is_at_its_end(entries);
    OK(plasmid_entries_new(both[i], BYTES("a"), PLASMID_BY_VERSION, &entries));
    next_is(entries, "k", "", 1);
    next_is(entries, "l", "v", 2);
    next_is(entries, "k", NULL, 3);
    is_at_its_end(entries);
    OK(plasmid_entries_new(both[i], BYTES("a"), PLASMID_BY_KEY, &entries));
    next_is(entries, "l", "v", 2);
    is_at_its_end(entries);
  }
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void keys_expire(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  uint64_t version = 0;
  OK(plasmid_host_tick(a, 1000000));
  OK(plasmid_host_set_expiring(a, BYTES("short"), BYTES("v"), 50, &version));
  CHECK(version == 1);
  OK(plasmid_host_set_expiring(a, BYTES("long"), BYTES("v"), 500, NULL));
  OK(plasmid_host_set_expiring(a, BYTES("kept"), BYTES("v"), 50, NULL));
  OK(plasmid_host_set(a, BYTES("kept"), BYTES("w"), NULL));
  OK(plasmid_host_tick(a, 1000049));
  CHECK(has(a, "a", "short"));
  // The clock does not go back.
  OK(plasmid_host_tick(a, 1));
  OK(plasmid_host_tick(a, 1000050));
  CHECK(!has(a, "a", "short") && has(a, "a", "long") && has(a, "a", "kept"));
  CHECK(version_of(a, "a") == 5);
  // Who reads needs no clock.
  exchange(a, b);
  CHECK(!has(b, "a", "short") && has(b, "a", "long") && has(b, "a", "kept"));
  OK(plasmid_host_tick(a, UINT64_MAX));
  exchange(a, b);
  CHECK(!has(b, "a", "long") && has(b, "a", "kept"));

  CHECK_STATUS(PLASMID_LIMIT,
               plasmid_host_set_expiring(a, NULL, 0, BYTES("v"), 1, &version));
  CHECK(version == 1);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void compaction(void) {
  plasmid_host *a = manual("a"), *b = manual("b");
  uint64_t version = 77;
  OK(plasmid_host_compact(a, PLASMID_ALL, &version));
  CHECK(version == 0);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("1"), NULL));
  OK(plasmid_host_set(a, BYTES("k"), BYTES("2"), NULL));
  OK(plasmid_host_set(a, BYTES("l"), BYTES("3"), NULL));
  OK(plasmid_host_delete(a, BYTES("l"), NULL));
  exchange(a, b);
  CHECK(gc_version(a, "a") == 0 && gc_version(b, "a") == 0);

  version = 77;
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_compact(a, 5, &version));
  CHECK(version == 77 && gc_version(a, "a") == 0);
  OK(plasmid_host_compact(a, 2, &version));
  CHECK(version == 2 && gc_version(a, "a") == 2);
  // It never goes back.
  OK(plasmid_host_compact(a, 1, &version));
  CHECK(version == 2);
  OK(plasmid_host_compact(a, PLASMID_ALL, NULL));
  const uint64_t reached = gc_version(a, "a");
  CHECK(reached >= 4 && reached <= version_of(a, "a"));
  exchange(a, b);
  CHECK(gc_version(b, "a") == reached && version_of(b, "a") == version_of(a, "a"));

  plasmid_host *const both[] = {a, b};
  for (int i = 0; i < 2; i++) {
    plasmid_entries *entries = NULL;
    OK(plasmid_entries_new(both[i], BYTES("a"), PLASMID_BY_VERSION, &entries));
    next_is(entries, "k", "2", 2);
    is_at_its_end(entries);
  }
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_gc_version(b, BYTES("nobody"), &version));
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// A batch of which something still counts is kept, with the deletion of the rest; or written anew.
static void compaction_of_batches(void) {
  plasmid_host *a = manual("a"), *b = manual("b");
  plasmid_batch *batch = NULL;
  OK(plasmid_batch_new(a, &batch));
  OK(plasmid_batch_set(batch, BYTES("stays"), BYTES("1")));
  OK(plasmid_batch_set(batch, BYTES("goes"), BYTES("1")));
  OK(plasmid_batch_commit(batch, NULL));
  plasmid_batch_free(batch);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("2"), NULL));
  OK(plasmid_host_set(a, BYTES("k"), BYTES("3"), NULL));
  OK(plasmid_host_delete(a, BYTES("goes"), NULL));
  exchange(a, b);

  uint64_t version = 77;
  OK(plasmid_host_compact(a, 4, &version));
  CHECK(version == 3 && gc_version(a, "a") == 3);
  exchange(a, b);
  plasmid_host *const both[] = {a, b};
  for (int i = 0; i < 2; i++) {
    plasmid_entries *entries = NULL;
    OK(plasmid_entries_new(both[i], BYTES("a"), PLASMID_BY_VERSION, &entries));
    next_is(entries, "goes", "1", 1);
    next_is(entries, "stays", "1", 1);
    next_is(entries, "k", "3", 3);
    next_is(entries, "goes", NULL, 4);
    is_at_its_end(entries);
  }

  const uint64_t before = version_of(a, "a");
  OK(plasmid_host_compact(a, PLASMID_ALL, &version));
  CHECK(version > before && version_of(a, "a") > version);
  exchange(a, b);
  for (int i = 0; i < 2; i++) {
    plasmid_entries *entries = NULL;
    OK(plasmid_entries_new(both[i], BYTES("a"), PLASMID_BY_VERSION, &entries));
    next_is(entries, "k", "3", 3);
    next_is(entries, "stays", "1", version);
    is_at_its_end(entries);
  }
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// Unless it is told otherwise a host keeps its own map small, whatever is written.
static void a_host_compacts_by_itself(void) {
  plasmid_host *by_itself = host_of("a", NULL), *told = manual("b");
  for (int i = 0; i < 10000; i++) {
    OK(plasmid_host_set(by_itself, BYTES("k"), &i, sizeof i, NULL));
    OK(plasmid_host_set(told, BYTES("k"), &i, sizeof i, NULL));
  }
  CHECK(gc_version(by_itself, "a") > 9000 && gc_version(told, "b") == 0);
  plasmid_host_free(by_itself);
  plasmid_host_free(told);

  // Deletions go by age.
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_tombstone_age_ms(config, 100));
  by_itself = host_of("a", config);
  plasmid_config_free(config);
  OK(plasmid_host_tick(by_itself, 1000));
  OK(plasmid_host_set(by_itself, BYTES("stays"), out, sizeof out, NULL));
  OK(plasmid_host_set(by_itself, BYTES("goes"), BYTES("v"), NULL));
  OK(plasmid_host_delete(by_itself, BYTES("goes"), NULL));
  OK(plasmid_host_tick(by_itself, 1050));
  CHECK(gc_version(by_itself, "a") == 0);
  OK(plasmid_host_tick(by_itself, 1200));
  CHECK(gc_version(by_itself, "a") >= 3);
  plasmid_host_free(by_itself);
}

int main(void) {
  deletions();
  keys_expire();
  compaction();
  compaction_of_batches();
  a_host_compacts_by_itself();
  return 0;
}
