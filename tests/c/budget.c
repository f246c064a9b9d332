// Messages and their room through the C ABI: the capacity is the budget, and what does not fit.

#include "hosts.h"

static void the_capacity_is_the_budget(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  len = 0;
  CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_host_initiate(a, NULL, 0, &len));
  CHECK(len == 512);
  len = 0;
  CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT, plasmid_host_initiate(a, out, 511, &len));
  CHECK(len == 512);

  char syn[512], syn_ack[512], ack[512];
  size_t syn_len = 0, syn_ack_len = 0, ack_len = 0;
  OK(plasmid_host_initiate(a, syn, sizeof syn, &syn_len));
  OK(plasmid_host_receive(b, syn, syn_len, syn_ack, sizeof syn_ack, &syn_ack_len));
  OK(plasmid_host_receive(a, syn_ack, syn_ack_len, ack, sizeof ack, &ack_len));
  CHECK(syn_len > 0 && syn_ack_len > 0 && ack_len > 0);

  // A budget that is too small applies nothing; no budget at all applies and says nothing.
  uint64_t version = 0;
  for (size_t capacity = 1; capacity < 512; capacity += 255) {
    len = 0;
    CHECK_STATUS(PLASMID_BUFFER_TOO_SHORT,
                 plasmid_host_receive(b, ack, ack_len, out, capacity, &len));
    CHECK(len == 512);
  }
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_max_version(b, BYTES("a"), &version));
  memset(out, 'x', sizeof out);
  len = 77;
  OK(plasmid_host_receive(b, syn, syn_len, out, 0, &len));
  CHECK(len == 0 && out[0] == 'x');
  len = 77;
  OK(plasmid_host_receive(b, ack, ack_len, NULL, 0, &len));
  CHECK(len == 0);
  OK(plasmid_host_get_from(b, BYTES("a"), BYTES("k"), out, sizeof out, &len));
  CHECK(IS("v", out, len));
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// The answer may be written over any part of the message that it answers.
static void out_may_overlap_data(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(b, BYTES("k"), BYTES("v"), NULL));
  char syn[512], alone[512];
  size_t syn_len = 0, alone_len = 0;
  OK(plasmid_host_initiate(a, syn, sizeof syn, &syn_len));
  OK(plasmid_host_receive(b, syn, syn_len, alone, sizeof alone, &alone_len));
  CHECK(syn_len > 10 && alone_len > 10);
  for (size_t at = 0; at <= 20; at++) {
    memcpy(out + 10, syn, syn_len);
    OK(plasmid_host_receive(b, out + 10, syn_len, out + at, 512, &len));
    CHECK(len == alone_len && memcmp(out + at, alone, len) == 0);
  }
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void the_greatest_message_is_the_best_budget(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  plasmid_host *a = host_of("a", config);
  OK(plasmid_config_set_message_bytes(config, 1000));
  plasmid_host *b = host_of("b", config);
  plasmid_config_free(config);
  uint64_t bytes = 0;
  OK(plasmid_host_message_bytes(a, &bytes));
  CHECK(bytes == 16 << 20);
  OK(plasmid_host_message_bytes(b, &bytes));
  CHECK(bytes == 1000);

  // A larger budget makes no larger message.
  static char value[700];
  for (int key = 0; key < 4; key++)
    OK(plasmid_host_set(b, &key, sizeof key, value, sizeof value, NULL));
  OK(plasmid_host_initiate(a, out, sizeof out, &len));
  OK(plasmid_host_receive(b, out, len, out, sizeof out, &len));
  CHECK(len > sizeof value && len <= bytes);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void what_does_not_fit_is_told(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL), *c = host_of("c", NULL);
  static char value[3000];
  OK(plasmid_host_set(a, BYTES("k"), value, sizeof value, NULL));
  OK(plasmid_host_set(a, BYTES("small"), BYTES("v"), NULL));
  OK(plasmid_host_set(c, BYTES("small"), BYTES("v"), NULL));
  exchange(a, c);
  char message[512];
  size_t needed = 1;
  OK(plasmid_host_room_needed(a, &needed));
  CHECK(needed == 0);
  OK(plasmid_host_initiate(b, message, sizeof message, &len));
  OK(plasmid_host_receive(a, message, len, message, sizeof message, &len));
  OK(plasmid_host_room_needed(a, &needed));
  CHECK(needed > sizeof value && needed < sizeof out);
  OK(plasmid_host_receive(b, message, len, NULL, 0, &len));
  // It holds back what its participant wrote later, and nobody else.
  CHECK(version_of(b, "a") == 0 && version_of(b, "c") == 1);
  OK(plasmid_host_initiate(b, out, sizeof out, &len));
  OK(plasmid_host_receive(a, out, len, out, needed, &len));
  OK(plasmid_host_receive(b, out, len, NULL, 0, &len));
  OK(plasmid_host_get_from(b, BYTES("a"), BYTES("k"), out, sizeof out, &len));
  CHECK(len == sizeof value);
  exchange(b, a);
  CHECK(version_of(b, "a") == 2);
  OK(plasmid_host_room_needed(a, &needed));
  CHECK(needed == 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
  plasmid_host_free(c);
}

// However small the budget, what is larger arrives, and blocks nobody meanwhile.
static void what_is_larger_goes_in_pieces(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL), *c = host_of("c", NULL);
  static char value[20000];
  for (size_t at = 0; at < sizeof value; at++) value[at] = (char)(at * 7 % 251);
  OK(plasmid_host_set(a, BYTES("k"), value, sizeof value, NULL));
  OK(plasmid_host_set(c, BYTES("small"), BYTES("v"), NULL));
  exchange(a, c);
  char message[512];
  int exchanges = 0;
  while (version_of(b, "a") == 0) {
    CHECK(exchanges < 200);
    OK(plasmid_host_initiate(b, message, sizeof message, &len));
    OK(plasmid_host_receive(a, message, len, message, sizeof message, &len));
    CHECK(len > 0 && len <= sizeof message);
    OK(plasmid_host_receive(b, message, len, NULL, 0, &len));
    exchanges++;
    CHECK(exchanges < 3 || version_of(b, "c") == 1);
  }
  static char arrived[sizeof value + 1];
  OK(plasmid_host_get_from(b, BYTES("a"), BYTES("k"), arrived, sizeof arrived, &len));
  CHECK(len == sizeof value && memcmp(arrived, value, len) == 0);
  plasmid_host_free(a);
  plasmid_host_free(b);
  plasmid_host_free(c);
}

// As much as the greatest message may be written at once, and arrives in pieces all the same.
static void an_update_may_be_as_large_as_a_message(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_message_bytes(config, 1000));
  plasmid_host *a = host_of("a", config), *b = host_of("b", config);
  plasmid_config_free(config);
  static char value[1000];
  size_t value_len = sizeof value;
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_set(a, BYTES("k"), value, value_len, NULL));
  OK(plasmid_host_error(a, out, sizeof out - 1, &len));
  out[len] = 0;
  CHECK(strstr(out, "message_bytes") != NULL);
  while (plasmid_host_set(a, BYTES("k"), value, value_len, NULL) != PLASMID_OK) value_len--;
  CHECK(value_len > 980);
  for (int exchanges = 0; version_of(b, "a") == 0; exchanges++) {
    CHECK(exchanges < 10);
    exchange(b, a);
  }
  OK(plasmid_host_get_from(b, BYTES("a"), BYTES("k"), out, sizeof out, &len));
  CHECK(len == value_len);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

int main(void) {
  the_capacity_is_the_budget();
  out_may_overlap_data();
  the_greatest_message_is_the_best_budget();
  what_does_not_fit_is_told();
  what_is_larger_goes_in_pieces();
  an_update_may_be_as_large_as_a_message();
  return 0;
}
