// The functions of a state that changes its mind, with NULL and with wrong values, as arguments.c
// does it for the others: PLASMID_INVALID_ARGUMENT, no output written, every handle in working
// order.

#include "check.h"

#define INVALID(call) CHECK_STATUS(PLASMID_INVALID_ARGUMENT, call)

// What no object is as long as.
static const size_t TOO_LONG = (size_t)PTRDIFF_MAX + 1;

static plasmid_host *host;
static char out[1024];
static size_t len = 77;
static uint64_t number = 77;
static uint32_t flag = 77;
static const uint8_t *lent;

static void of_writes(void) {
  INVALID(plasmid_host_set_expiring(NULL, BYTES("k"), BYTES("v"), 1, &number));
  INVALID(plasmid_host_set_expiring(host, NULL, 1, BYTES("v"), 1, &number));
  INVALID(plasmid_host_set_expiring(host, BYTES("k"), NULL, 1, 1, &number));
  INVALID(plasmid_host_set_expiring(host, "k", TOO_LONG, BYTES("v"), 1, &number));
  INVALID(plasmid_host_set_expiring(host, BYTES("k"), "v", TOO_LONG, 1, &number));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_set_expiring(host, NULL, 0, BYTES("v"), 1, &number));
  INVALID(plasmid_host_delete(NULL, BYTES("k"), &number));
  INVALID(plasmid_host_delete(host, NULL, 1, &number));
  INVALID(plasmid_host_delete(host, "k", TOO_LONG, &number));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_delete(host, NULL, 0, &number));
  INVALID(plasmid_host_compact(NULL, PLASMID_ALL, &number));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_compact(host, 1, &number));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_compact(host, PLASMID_ALL - 1, &number));
  INVALID(plasmid_host_leave(NULL, &number));
  INVALID(plasmid_host_renew(NULL, &number));
  INVALID(plasmid_host_evict(NULL, BYTES("p"), &number));
  INVALID(plasmid_host_evict(host, NULL, 1, &number));
  INVALID(plasmid_host_evict(host, BYTES("host"), &number));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_evict(host, BYTES("p"), &number));
  INVALID(plasmid_host_tick(NULL, 1));
}

// What is asked of one participant.
static void of_questions(void) {
  typedef plasmid_status (*question)(const plasmid_host *, const void *, size_t, uint64_t *);
  const question questions[] = {
      plasmid_host_gc_version, plasmid_host_generation_of,  plasmid_host_last_heard,
      plasmid_host_staleness,  plasmid_host_acked_version,
  };
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
    INVALID(questions[i](NULL, BYTES("host"), &number));
    INVALID(questions[i](host, NULL, 1, &number));
    INVALID(questions[i](host, "host", TOO_LONG, &number));
    CHECK_STATUS(PLASMID_NOT_FOUND, questions[i](host, BYTES("nobody"), &number));
    CHECK_STATUS(PLASMID_NOT_FOUND, questions[i](host, NULL, 0, &number));
  }
  INVALID(plasmid_host_gc_version(host, BYTES("host"), NULL));
  INVALID(plasmid_host_generation_of(host, BYTES("host"), NULL));
  INVALID(plasmid_host_last_heard(host, BYTES("host"), NULL));
  INVALID(plasmid_host_staleness(host, BYTES("host"), NULL));
  INVALID(plasmid_host_acked_version(host, BYTES("host"), NULL));
  INVALID(plasmid_host_status(NULL, BYTES("host"), &flag));
  INVALID(plasmid_host_status(host, NULL, 1, &flag));
  INVALID(plasmid_host_status(host, BYTES("host"), NULL));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_status(host, BYTES("nobody"), &flag));
}

static void of_batches(void) {
  plasmid_batch *batch = NULL;
  INVALID(plasmid_batch_new(NULL, &batch));
  INVALID(plasmid_batch_new(host, NULL));
  CHECK(batch == NULL);
  plasmid_batch_free(NULL);
  OK(plasmid_batch_new(host, &batch));
  INVALID(plasmid_batch_set(NULL, BYTES("k"), BYTES("v")));
  INVALID(plasmid_batch_set(batch, NULL, 1, BYTES("v")));
  INVALID(plasmid_batch_set(batch, "k", TOO_LONG, BYTES("v")));
  INVALID(plasmid_batch_set(batch, BYTES("k"), NULL, 1));
  INVALID(plasmid_batch_set(batch, BYTES("k"), "v", TOO_LONG));
  INVALID(plasmid_batch_delete(NULL, BYTES("k")));
  INVALID(plasmid_batch_delete(batch, NULL, 1));
  INVALID(plasmid_batch_delete(batch, "k", TOO_LONG));
  INVALID(plasmid_batch_commit(NULL, &number));
  INVALID(plasmid_batch_error(NULL, out, sizeof out, &len));
  INVALID(plasmid_batch_error(batch, NULL, 1, &len));
  INVALID(plasmid_batch_error(batch, out, TOO_LONG, &len));
  INVALID(plasmid_batch_error(batch, out, sizeof out, NULL));

  // Nothing of all that is in the batch.
  uint64_t version = 77;
  OK(plasmid_batch_commit(batch, &version));
  CHECK(version == 0);
  plasmid_batch_free(batch);
}

static void of_changes(void) {
  plasmid_changes *changes = NULL;
  INVALID(plasmid_host_changes(NULL, NULL, 0, 1, NULL, 0, NULL, 0, &changes));
  INVALID(plasmid_host_changes(host, NULL, 1, 1, NULL, 0, NULL, 0, &changes));
  INVALID(plasmid_host_changes(host, "c", TOO_LONG, 1, NULL, 0, NULL, 0, &changes));
  INVALID(plasmid_host_changes(host, NULL, 0, 1, NULL, 1, NULL, 0, &changes));
  INVALID(plasmid_host_changes(host, NULL, 0, 1, "p", TOO_LONG, NULL, 0, &changes));
  INVALID(plasmid_host_changes(host, NULL, 0, 1, NULL, 0, NULL, 1, &changes));
  INVALID(plasmid_host_changes(host, NULL, 0, 1, NULL, 0, "p", TOO_LONG, &changes));
  INVALID(plasmid_host_changes(host, NULL, 0, 1, NULL, 0, NULL, 0, NULL));
  CHECK_STATUS(PLASMID_CURSOR,
               plasmid_host_changes(host, BYTES("no cursor"), 1, NULL, 0, NULL, 0, &changes));
  CHECK(changes == NULL);
  plasmid_changes_free(NULL);

  OK(plasmid_host_changes(host, NULL, 0, 1, NULL, 0, NULL, 0, &changes));
  INVALID(plasmid_changes_next(NULL, &flag, &lent, &len, &lent, &len, &lent, &len, &number,
                               &number));
  INVALID(plasmid_changes_cursor(NULL, out, sizeof out, &len));
  INVALID(plasmid_changes_cursor(changes, NULL, 1, &len));
  INVALID(plasmid_changes_cursor(changes, out, TOO_LONG, &len));
  INVALID(plasmid_changes_cursor(changes, out, sizeof out, NULL));
  INVALID(plasmid_changes_more(NULL, &flag));
  INVALID(plasmid_changes_more(changes, NULL));
  plasmid_changes_free(changes);
}

static void of_snapshots(void) {
  plasmid_bytes *bytes = NULL;
  INVALID(plasmid_host_snapshot(NULL, &bytes));
  INVALID(plasmid_host_snapshot(host, NULL));
  CHECK(bytes == NULL);
  plasmid_bytes_free(NULL);
  OK(plasmid_host_snapshot(host, &bytes));
  INVALID(plasmid_bytes_data(NULL, &lent, &len));
  INVALID(plasmid_bytes_data(bytes, NULL, &len));
  INVALID(plasmid_bytes_data(bytes, &lent, NULL));
  plasmid_bytes_free(bytes);

  plasmid_host *made = NULL;
  INVALID(plasmid_host_restore(NULL, 1, NULL, &made));
  INVALID(plasmid_host_restore("s", TOO_LONG, NULL, &made));
  INVALID(plasmid_host_restore(BYTES("s"), NULL, NULL));
  CHECK_STATUS(PLASMID_MALFORMED, plasmid_host_restore(NULL, 0, NULL, &made));
  CHECK_STATUS(PLASMID_MALFORMED, plasmid_host_restore(BYTES("s"), NULL, &made));
  CHECK(made == NULL);
}

static void of_files(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  INVALID(plasmid_config_set_path(NULL, BYTES("f")));
  INVALID(plasmid_config_set_path(config, NULL, 1));
  INVALID(plasmid_config_set_path(config, "f", TOO_LONG));
  INVALID(plasmid_config_set_path(config, "f", 2));  // with its final zero byte
  INVALID(plasmid_config_set_relaxed(NULL, 1));
  INVALID(plasmid_config_set_relaxed(config, 2));
  INVALID(plasmid_host_close(NULL));

  // What failed set nothing: these two are in memory.
  plasmid_host *made = NULL;
  OK(plasmid_host_new(BYTES("f"), config, &made));
  plasmid_host_free(made);
  OK(plasmid_config_set_path(config, BYTES("f")));
  OK(plasmid_config_set_path(config, NULL, 0));
  OK(plasmid_host_new(BYTES("f"), config, &made));
  plasmid_host_free(made);
  FILE *file = fopen("f", "r");
  CHECK(file == NULL);

  // A host that is restored has no file.
  plasmid_bytes *bytes = NULL;
  const uint8_t *data = NULL;
  size_t data_len = 0;
  OK(plasmid_host_snapshot(host, &bytes));
  OK(plasmid_bytes_data(bytes, &data, &data_len));
  OK(plasmid_config_set_path(config, BYTES("f")));
  made = NULL;
  INVALID(plasmid_host_restore(data, data_len, config, &made));
  CHECK(made == NULL);
  plasmid_bytes_free(bytes);
  plasmid_config_free(config);
}

int main(void) {
  OK(plasmid_host_new(BYTES("host"), NULL, &host));
  memset(out, 'x', sizeof out);
  of_writes();
  of_questions();
  of_batches();
  of_changes();
  of_snapshots();
  of_files();

  // No output was written, nothing was changed, and the host still works.
  CHECK(len == 77 && number == 77 && flag == 77 && lent == NULL);
  for (size_t i = 0; i < sizeof out; i++) CHECK(out[i] == 'x');
  OK(plasmid_host_max_version(host, BYTES("host"), &number));
  CHECK(number == 0);
  OK(plasmid_host_set(host, BYTES("k"), BYTES("v"), &number));
  CHECK(number == 1);
  plasmid_host_free(host);
  return 0;
}
