// Streams and exchanges through the C ABI: bytes split anywhere, rounds, modes, ends, errors.

#include "check.h"

static char out[8192];
static size_t len;

static plasmid_host *host_of(const char *id) {
  plasmid_host *host = NULL;
  OK(plasmid_host_new(id, strlen(id), NULL, &host));
  return host;
}

static plasmid_stream *stream_of(plasmid_host *host, uint32_t end, uint32_t mode) {
  plasmid_stream *stream = NULL;
  OK(plasmid_stream_new(host, end, &stream));
  OK(plasmid_stream_set_mode(stream, mode));
  return stream;
}

static plasmid_exchange *exchange_of(plasmid_host *host, uint32_t end) {
  plasmid_exchange *exchange = NULL;
  OK(plasmid_exchange_new(host, end, &exchange));
  return exchange;
}

// Carry bytes to and fro, `step` at a time, until neither side has any.
static void carry(plasmid_stream *stream, plasmid_exchange *exchange, size_t step) {
  size_t sent = 0, answered = 0;
  do {
    OK(plasmid_stream_transmit(stream, out, step, &sent));
    CHECK(sent <= step);
    OK(plasmid_exchange_receive(exchange, out, sent));
    OK(plasmid_exchange_transmit(exchange, out, step, &answered));
    CHECK(answered <= step);
    OK(plasmid_stream_receive(stream, out, answered));
  } while (sent > 0 || answered > 0);
}

static int is_finished(const plasmid_stream *stream) {
  uint32_t flag = 77;
  OK(plasmid_stream_is_finished(stream, &flag));
  CHECK(flag <= 1);
  return (int)flag;
}

static int exchange_is_finished(const plasmid_exchange *exchange) {
  uint32_t flag = 77;
  OK(plasmid_exchange_is_finished(exchange, &flag));
  CHECK(flag <= 1);
  return (int)flag;
}

static uint64_t rounds(const plasmid_stream *stream, const plasmid_exchange *exchange) {
  uint64_t of_stream = 77, of_exchange = 78;
  OK(plasmid_stream_rounds(stream, &of_stream));
  OK(plasmid_exchange_rounds(exchange, &of_exchange));
  CHECK(of_stream == of_exchange);
  return of_stream;
}

static int knows(const plasmid_host *host, const char *participant) {
  uint64_t version = 0;
  return plasmid_host_max_version(host, participant, strlen(participant), &version) == PLASMID_OK;
}

static void one_round(uint32_t mode, size_t step) {
  plasmid_host *a = host_of("a"), *b = host_of("b");
  OK(plasmid_host_set(a, BYTES("color"), BYTES("red"), NULL));
  OK(plasmid_host_set(b, BYTES("shape"), BYTES("round"), NULL));
  plasmid_stream *stream = stream_of(a, 1, mode);
  plasmid_exchange *exchange = exchange_of(b, 1);
  CHECK(!is_finished(stream) && !exchange_is_finished(exchange));
  carry(stream, exchange, step);
  CHECK(is_finished(stream) && exchange_is_finished(exchange));
  CHECK(rounds(stream, exchange) == 1);
  CHECK(knows(a, "b"));
  CHECK(knows(b, "a") == (mode == PLASMID_PUSH_PULL));

  // Another wish changes nothing: the one round is over.
  OK(plasmid_stream_gossip(stream));
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  CHECK(len == 0);
  plasmid_stream_free(stream);
  plasmid_exchange_free(exchange);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void many_rounds(void) {
  plasmid_host *a = host_of("a"), *b = host_of("b");
  plasmid_stream *stream = stream_of(a, 0, PLASMID_PULL);
  plasmid_exchange *exchange = exchange_of(b, 0);
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  CHECK(len == 0);
  for (uint64_t round = 1; round <= 5; round++) {
    OK(plasmid_host_set(b, BYTES("round"), &round, sizeof round, NULL));
    OK(plasmid_stream_gossip(stream));
    carry(stream, exchange, 100);
    uint64_t known = 0;
    OK(plasmid_host_get_from(a, BYTES("b"), BYTES("round"), &known, sizeof known, &len));
    CHECK(len == sizeof known && known == round);
    CHECK(rounds(stream, exchange) == round);
    CHECK(!is_finished(stream) && !exchange_is_finished(exchange));
  }
  plasmid_host_free(a);
  plasmid_host_free(b);
  plasmid_exchange_free(exchange);
  plasmid_stream_free(stream);
}

// A wish that comes while the Ack of the round before still waits: one call gives both, and a round
// counts when its last message was taken in, not when it was sent.
static void all_that_is_ready_goes_at_once(void) {
  plasmid_host *a = host_of("a"), *b = host_of("b");
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  plasmid_stream *stream = stream_of(a, 0, PLASMID_PUSH_PULL);
  plasmid_exchange *exchange = exchange_of(b, 0);
  uint64_t count = 77;
  OK(plasmid_stream_gossip(stream));
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  const size_t syn_len = len;
  OK(plasmid_exchange_receive(exchange, out, len));
  OK(plasmid_exchange_transmit(exchange, out, sizeof out, &len));
  OK(plasmid_stream_receive(stream, out, len));
  OK(plasmid_stream_rounds(stream, &count));
  CHECK(count == 1);
  OK(plasmid_exchange_rounds(exchange, &count));
  CHECK(count == 0);

  OK(plasmid_stream_gossip(stream));
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  CHECK(len > syn_len);
  size_t more = 77;
  OK(plasmid_stream_transmit(stream, out + len, sizeof out - len, &more));
  CHECK(more == 0);
  OK(plasmid_exchange_receive(exchange, out, len));
  CHECK(knows(b, "a"));
  OK(plasmid_exchange_rounds(exchange, &count));
  CHECK(count == 1);
  carry(stream, exchange, sizeof out);
  CHECK(rounds(stream, exchange) == 2);
  plasmid_stream_free(stream);
  plasmid_exchange_free(exchange);

  // A pull is over with its answer, even if that is not sent yet.
  stream = stream_of(a, 0, PLASMID_PULL);
  exchange = exchange_of(b, 0);
  OK(plasmid_stream_gossip(stream));
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  OK(plasmid_exchange_receive(exchange, out, len));
  OK(plasmid_exchange_rounds(exchange, &count));
  CHECK(count == 1);
  OK(plasmid_exchange_transmit(exchange, out, sizeof out, &len));
  CHECK(len > 0);
  OK(plasmid_stream_receive(stream, out, len));
  CHECK(rounds(stream, exchange) == 1);
  plasmid_stream_free(stream);
  plasmid_exchange_free(exchange);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// A stream keeps what it needs of its host: both ends work after both hosts were freed.
static void ends_outlive_their_hosts(void) {
  plasmid_host *a = host_of("a"), *b = host_of("b");
  OK(plasmid_host_set(b, BYTES("k"), BYTES("v"), NULL));
  plasmid_stream *stream = stream_of(a, 1, PLASMID_PUSH_PULL);
  plasmid_exchange *exchange = exchange_of(b, 1);
  plasmid_host_free(b);
  plasmid_host_free(a);
  carry(stream, exchange, sizeof out);
  CHECK(is_finished(stream) && rounds(stream, exchange) == 1);
  plasmid_stream_free(stream);
  plasmid_exchange_free(exchange);
}

static void the_mode_is_set_first(void) {
  plasmid_host *a = host_of("a");
  plasmid_stream *stream = stream_of(a, 0, PLASMID_PUSH_PULL);
  OK(plasmid_stream_set_mode(stream, PLASMID_PULL));
  OK(plasmid_stream_gossip(stream));
  CHECK_STATUS(PLASMID_INVALID_ARGUMENT, plasmid_stream_set_mode(stream, PLASMID_PUSH_PULL));
  OK(plasmid_stream_transmit(stream, NULL, 0, &len));
  CHECK(len == 0);
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  CHECK(len > 0);
  plasmid_stream_free(stream);
  plasmid_host_free(a);
}

static int error_says(plasmid_status (*error)(const plasmid_exchange *, void *, size_t, size_t *),
                      const plasmid_exchange *exchange, const char *word) {
  char text[256];
  size_t length = 0;
  OK(error(exchange, text, sizeof text - 1, &length));
  text[length] = 0;
  return strstr(text, word) != NULL;
}

static void an_error_is_final(void) {
  plasmid_host *a = host_of("a"), *b = host_of("b");
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  plasmid_stream *stream = stream_of(a, 1, PLASMID_PUSH_PULL);
  plasmid_exchange *exchange = exchange_of(b, 0);
  OK(plasmid_stream_transmit(stream, out, sizeof out, &len));
  out[len - 1] = (char)(out[len - 1] ^ 1);
  CHECK_STATUS(PLASMID_MALFORMED, plasmid_exchange_receive(exchange, out, len));
  CHECK(error_says(plasmid_exchange_error, exchange, "malformed"));
  out[len - 1] = (char)(out[len - 1] ^ 1);
  CHECK_STATUS(PLASMID_MALFORMED, plasmid_exchange_receive(exchange, out, len));
  OK(plasmid_exchange_transmit(exchange, out, sizeof out, &len));
  CHECK(len == 0 && !knows(b, "a") && !exchange_is_finished(exchange));

  // The host is well: a new connection works.
  plasmid_exchange_free(exchange);
  plasmid_stream_free(stream);
  stream = stream_of(a, 1, PLASMID_PUSH_PULL);
  exchange = exchange_of(b, 1);
  carry(stream, exchange, 1000);
  CHECK(knows(b, "a"));

  // Nothing was asked, so nothing may be answered.
  plasmid_stream *silent = stream_of(a, 0, PLASMID_PULL);
  CHECK_STATUS(PLASMID_MALFORMED, plasmid_stream_receive(silent, BYTES("\0")));
  char text[256];
  OK(plasmid_stream_error(silent, text, sizeof text, &len));
  CHECK(len > 0);
  // Only `_receive` repeats it, even without a byte.
  CHECK_STATUS(PLASMID_MALFORMED, plasmid_stream_receive(silent, NULL, 0));
  OK(plasmid_stream_gossip(silent));
  OK(plasmid_stream_transmit(silent, out, sizeof out, &len));
  CHECK(len == 0 && !is_finished(silent));
  plasmid_stream_free(silent);
  plasmid_stream_free(stream);
  plasmid_exchange_free(exchange);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

int main(void) {
  const size_t steps[] = {1, 2, 3, 7, 64, sizeof out};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    one_round(PLASMID_PULL, steps[i]);
    one_round(PLASMID_PUSH_PULL, steps[i]);
  }
  many_rounds();
  all_that_is_ready_goes_at_once();
  ends_outlive_their_hosts();
  the_mode_is_set_first();
  an_error_is_final();
  return 0;
}
