// Threads: calls on one host wait for each other, and not for exchanges; a stream or batch used by
// two answers PLASMID_BUSY.

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "check.h"

enum { THREADS = 8, WRITES = 200 };

static plasmid_host *shared, *other;

// Write, read and gossip with `other`, all at once in every thread.
static void *write_and_gossip(void *argument) {
  const int number = *(const int *)argument;
  char message[4096];
  for (int i = 0; i < WRITES; i++) {
    char key[32], value[32], read[32];
    const int key_len = snprintf(key, sizeof key, "thread %d", number);
    const int value_len = snprintf(value, sizeof value, "write %d", i);
    size_t len = 0;
    uint64_t version = 0;
    OK(plasmid_host_set(shared, key, (size_t)key_len, value, (size_t)value_len, &version));
    OK(plasmid_host_get(shared, key, (size_t)key_len, read, sizeof read, &len));
    CHECK(len == (size_t)value_len && memcmp(read, value, len) == 0);

    OK(plasmid_host_initiate(shared, message, sizeof message, &len));
    OK(plasmid_host_receive(other, message, len, message, sizeof message, &len));
    OK(plasmid_host_receive(shared, message, len, message, sizeof message, &len));
    OK(plasmid_host_receive(other, message, len, NULL, 0, &len));
  }
  return NULL;
}

static void a_host_serves_many_threads(void) {
  // A host that compacts by itself would take a version for that now and then.
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_auto_compact(config, 0));
  OK(plasmid_host_new(BYTES("shared"), config, &shared));
  OK(plasmid_host_new(BYTES("other"), config, &other));
  plasmid_config_free(config);
  pthread_t threads[THREADS];
  int numbers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, write_and_gossip, &numbers[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);

  // Every write took a version of its own, and the other host has them all after one more exchange.
  uint64_t version = 0, there = 0;
  OK(plasmid_host_max_version(shared, BYTES("shared"), &version));
  CHECK(version == THREADS * WRITES);
  static char message[1 << 20];
  size_t len = 0;
  OK(plasmid_host_initiate(other, message, sizeof message, &len));
  OK(plasmid_host_receive(shared, message, len, message, sizeof message, &len));
  OK(plasmid_host_receive(other, message, len, NULL, 0, &len));
  OK(plasmid_host_max_version(other, BYTES("shared"), &there));
  CHECK(there == version);
  plasmid_host_free(shared);
  plasmid_host_free(other);
}

static plasmid_stream *stream;
static atomic_int is_over;

// Keep the host busy.
static void *keep_the_host_busy(void *argument) {
  (void)argument;
  while (!atomic_load(&is_over)) {
    plasmid_entries *entries = NULL;
    OK(plasmid_entries_new(shared, BYTES("shared"), PLASMID_BY_VERSION, &entries));
    plasmid_entries_free(entries);
  }
  return NULL;
}

// A little work, more of it each time. Where threads take turns after so many instructions, as
// under valgrind, calls that always take the same would always be put off at the same places.
static void dawdle(unsigned *times) {
  for (volatile unsigned left = ++*times % 251; left > 0; left--) continue;
}

// Use the stream: meanwhile it is taken.
static void *use_the_stream(void *argument) {
  (void)argument;
  unsigned times = 0;
  while (!atomic_load(&is_over)) {
    char out[64];
    size_t len = 0;
    dawdle(&times);
    const plasmid_status status = plasmid_stream_transmit(stream, out, sizeof out, &len);
    CHECK(status == PLASMID_OK || status == PLASMID_BUSY);
  }
  return NULL;
}

static void a_stream_serves_one_thread_at_a_time(void) {
  OK(plasmid_host_new(BYTES("shared"), NULL, &shared));
  for (int i = 0; i < 20000; i++)
    OK(plasmid_host_set(shared, &i, sizeof i, BYTES("some value"), NULL));
  OK(plasmid_stream_new(shared, 0, &stream));
  atomic_store(&is_over, 0);
  pthread_t host_user, stream_user;
  CHECK(pthread_create(&host_user, NULL, keep_the_host_busy, NULL) == 0);
  CHECK(pthread_create(&stream_user, NULL, use_the_stream, NULL) == 0);

  const time_t deadline = time(NULL) + 60;
  uint64_t rounds = 77;
  plasmid_status status = PLASMID_OK;
  while (status != PLASMID_BUSY) {
    CHECK(time(NULL) < deadline);
    status = plasmid_stream_rounds(stream, &rounds);
    CHECK(status == PLASMID_OK ? rounds == 0 : status == PLASMID_BUSY);
    rounds = 77;
  }
  CHECK(rounds == 77);
  atomic_store(&is_over, 1);
  CHECK(pthread_join(host_user, NULL) == 0);
  CHECK(pthread_join(stream_user, NULL) == 0);

  // Nothing is left of it.
  OK(plasmid_stream_rounds(stream, &rounds));
  CHECK(rounds == 0);
  plasmid_host_free(shared);
  plasmid_stream_free(stream);
}

static plasmid_batch *batch;

// Use the batch: meanwhile it is taken.
static void *use_the_batch(void *argument) {
  (void)argument;
  unsigned times = 0;
  while (!atomic_load(&is_over)) {
    dawdle(&times);
    const plasmid_status status = plasmid_batch_commit(batch, NULL);
    CHECK(status == PLASMID_OK || status == PLASMID_BUSY);
  }
  return NULL;
}

static void a_batch_serves_one_thread_at_a_time(void) {
  OK(plasmid_host_new(BYTES("shared"), NULL, &shared));
  for (int i = 0; i < 20000; i++)
    OK(plasmid_host_set(shared, &i, sizeof i, BYTES("some value"), NULL));
  OK(plasmid_batch_new(shared, &batch));
  atomic_store(&is_over, 0);
  pthread_t host_user, batch_user;
  CHECK(pthread_create(&host_user, NULL, keep_the_host_busy, NULL) == 0);
  CHECK(pthread_create(&batch_user, NULL, use_the_batch, NULL) == 0);
  const time_t deadline = time(NULL) + 60;
  plasmid_status status = PLASMID_OK;
  while (status != PLASMID_BUSY) {
    CHECK(time(NULL) < deadline);
    status = plasmid_batch_set(batch, BYTES("k"), BYTES("v"));
    CHECK(status == PLASMID_OK || status == PLASMID_BUSY);
  }
  atomic_store(&is_over, 1);
  CHECK(pthread_join(host_user, NULL) == 0);
  CHECK(pthread_join(batch_user, NULL) == 0);
  OK(plasmid_batch_commit(batch, NULL));
  plasmid_batch_free(batch);
  plasmid_host_free(shared);
}

enum { PEERS = 200, KEYS = 100, READERS = 4 };

static plasmid_host *newcomer;
static atomic_long reads;

// What is read beside a long exchange is whole: batches, iterators, and what was written just now.
static void *read_beside(void *argument) {
  const int number = *(const int *)argument;
  uint64_t last = 0;
  for (uint32_t i = 0; !atomic_load(&is_over); i++) {
    char out[64];
    size_t len = 0;
    uint64_t version = 0;
    if (number == 0) {
      // What a thread wrote it reads.
      OK(plasmid_host_set(newcomer, BYTES("mine"), &i, sizeof i, &version));
      CHECK(version > last);
      last = version;
      OK(plasmid_host_get(newcomer, BYTES("mine"), out, sizeof out, &len));
      CHECK(len == sizeof i && memcmp(out, &i, len) == 0);
    } else {
      const int peer = (int)(i % PEERS);
      plasmid_entries *entries = NULL;
      const plasmid_status status =
          plasmid_entries_new(newcomer, &peer, sizeof peer, PLASMID_BY_KEY, &entries);
      CHECK(status == PLASMID_OK || status == PLASMID_NOT_FOUND);
      const uint8_t *key = NULL, *value = NULL;
      size_t key_len = 0, value_len = 0, count = 0;
      while (entries && plasmid_entries_next(entries, &key, &key_len, &value, &value_len,
                                             &version) == PLASMID_OK)
        count++;
      plasmid_entries_free(entries);
      // Every one of them wrote pairs of keys, each in one batch.
      CHECK(count % 2 == 0 && count <= KEYS);
    }
    atomic_fetch_add(&reads, 1);
  }
  return NULL;
}

// Let `peer` set pairs of keys, and `holder` learn them.
static void write_pairs(int number, plasmid_host *holder) {
  static char message[1 << 16];
  plasmid_host *peer = NULL;
  plasmid_batch *pair = NULL;
  OK(plasmid_host_new(&number, sizeof number, NULL, &peer));
  OK(plasmid_batch_new(peer, &pair));
  for (int key = 0; key < KEYS; key += 2) {
    const int next = key + 1;
    OK(plasmid_batch_set(pair, &key, sizeof key, BYTES("one of a pair of values")));
    OK(plasmid_batch_set(pair, &next, sizeof next, BYTES("the other of the two values")));
    OK(plasmid_batch_commit(pair, NULL));
  }
  plasmid_batch_free(pair);
  // What one exchange leaves over comes with the next.
  size_t count = 0;
  while (plasmid_host_len(holder, &number, sizeof number, &count) != PLASMID_OK || count < KEYS) {
    size_t len = 0;
    plasmid_host *to = peer;
    OK(plasmid_host_initiate(holder, message, sizeof message, &len));
    while (len > 0) {
      OK(plasmid_host_receive(to, message, len, message, sizeof message, &len));
      to = to == peer ? holder : peer;
    }
  }
  plasmid_host_free(peer);
}

static void others_read_and_write_beside_an_exchange(void) {
  static char message[4 << 20];
  OK(plasmid_host_new(BYTES("holder"), NULL, &other));
  for (int number = 0; number < PEERS; number++) write_pairs(number, other);
  OK(plasmid_host_new(BYTES("newcomer"), NULL, &newcomer));
  atomic_store(&is_over, 0);
  pthread_t threads[READERS];
  int numbers[READERS];
  for (int i = 0; i < READERS; i++) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, read_beside, &numbers[i]) == 0);
  }
  while (atomic_load(&reads) < READERS) {
  }
  size_t len = 0;
  OK(plasmid_host_initiate(newcomer, message, sizeof message, &len));
  OK(plasmid_host_receive(other, message, len, message, sizeof message, &len));
  OK(plasmid_host_receive(newcomer, message, len, message, sizeof message, &len));
  atomic_store(&is_over, 1);
  for (int i = 0; i < READERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  for (int number = 0; number < PEERS; number++) {
    size_t count = 0;
    OK(plasmid_host_len(newcomer, &number, sizeof number, &count));
    CHECK(count == KEYS);
  }
  uint64_t skipped = 77;
  OK(plasmid_host_skipped(newcomer, &skipped));
  CHECK(skipped == 0);
  plasmid_host_free(newcomer);
  plasmid_host_free(other);
}

int main(void) {
  others_read_and_write_beside_an_exchange();
  a_host_serves_many_threads();
  a_stream_serves_one_thread_at_a_time();
  a_batch_serves_one_thread_at_a_time();
  return 0;
}
