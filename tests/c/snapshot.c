// A host as bytes through the C ABI, and a host of bytes.

#include "hosts.h"

static plasmid_bytes *snapshot_of(const plasmid_host *host, const uint8_t **data,
                                  size_t *data_len) {
  plasmid_bytes *bytes = NULL;
  OK(plasmid_host_snapshot(host, &bytes));
  OK(plasmid_bytes_data(bytes, data, data_len));
  CHECK(*data != NULL && *data_len > 0);
  return bytes;
}

static uint64_t generation(const plasmid_host *host) {
  uint64_t generation = 0;
  OK(plasmid_host_generation(host, &generation));
  return generation;
}

static void a_host_goes_on_where_it_was(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL), *restored = NULL;
  OK(plasmid_host_set(a, BYTES("k"), BYTES("old"), NULL));
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_set(b, BYTES("l"), BYTES("w"), NULL));
  exchange(a, b);
  const uint64_t before = generation(a);
  const uint8_t *data = NULL;
  size_t data_len = 0;
  plasmid_bytes *bytes = snapshot_of(a, &data, &data_len);
  plasmid_host_free(a);

  // The bytes outlive their host, and any number of restores.
  OK(plasmid_host_restore(data, data_len, NULL, &restored));
  plasmid_host_free(restored);
  OK(plasmid_host_restore(data, data_len, NULL, &restored));
  plasmid_bytes_free(bytes);
  OK(plasmid_host_id(restored, out, sizeof out, &len));
  CHECK(IS("a", out, len) && generation(restored) > before);
  OK(plasmid_host_get(restored, BYTES("k"), out, sizeof out, &len));
  CHECK(IS("v", out, len));
  OK(plasmid_host_get_from(restored, BYTES("b"), BYTES("l"), out, sizeof out, &len));
  CHECK(IS("w", out, len) && version_of(restored, "a") == 2);

  uint64_t version = 0;
  OK(plasmid_host_set(restored, BYTES("k"), BYTES("new"), &version));
  CHECK(version == 3);
  exchange(restored, b);
  OK(plasmid_host_get_from(b, BYTES("a"), BYTES("k"), out, sizeof out, &len));
  CHECK(IS("new", out, len));
  plasmid_host_free(restored);
  plasmid_host_free(b);
}

static void options_are_those_of_the_config(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_seed(config, 1));
  OK(plasmid_config_set_nonce(config, 1));
  OK(plasmid_config_set_generation(config, 7));
  OK(plasmid_config_set_cluster(config, BYTES("ours")));
  plasmid_host *host = host_of("a", config), *restored = NULL;
  OK(plasmid_host_set(host, BYTES("k"), BYTES("v"), NULL));
  const uint8_t *data = NULL;
  size_t data_len = 0;
  plasmid_bytes *bytes = snapshot_of(host, &data, &data_len);
  plasmid_host_free(host);

  // The generation is above the snapshot's, and not below the config's.
  OK(plasmid_host_restore(data, data_len, config, &restored));
  CHECK(generation(restored) > 7);
  plasmid_host_free(restored);
  OK(plasmid_config_set_generation(config, 100));
  OK(plasmid_config_set_message_bytes(config, 1000));
  OK(plasmid_host_restore(data, data_len, config, &restored));
  uint64_t message_bytes = 0;
  OK(plasmid_host_message_bytes(restored, &message_bytes));
  CHECK(generation(restored) >= 100 && message_bytes == 1000);
  plasmid_host_free(restored);

  // Another cluster, or a limit that is out of range; the config says which.
  restored = NULL;
  OK(plasmid_config_set_message_bytes(config, 1));
  CHECK_STATUS(PLASMID_LIMIT, plasmid_host_restore(data, data_len, config, &restored));
  OK(plasmid_config_error(config, out, sizeof out - 1, &len));
  out[len] = 0;
  CHECK(strstr(out, "message_bytes") != NULL);
  OK(plasmid_config_set_message_bytes(config, 1000));
  OK(plasmid_config_set_cluster(config, BYTES("theirs")));
  CHECK_STATUS(PLASMID_FOREIGN, plasmid_host_restore(data, data_len, config, &restored));
  CHECK_STATUS(PLASMID_FOREIGN, plasmid_host_restore(data, data_len, NULL, &restored));
  CHECK(restored == NULL);
  plasmid_bytes_free(bytes);
  plasmid_config_free(config);
}

// One that had left is back, without its keys.
static void one_that_left_is_back(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL), *restored = NULL;
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_leave(a, NULL));
  exchange(a, b);
  const uint8_t *data = NULL;
  size_t data_len = 0;
  plasmid_bytes *bytes = snapshot_of(a, &data, &data_len);
  plasmid_host_free(a);
  OK(plasmid_host_restore(data, data_len, NULL, &restored));
  plasmid_bytes_free(bytes);
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_get(restored, BYTES("k"), out, sizeof out, &len));
  uint64_t version = 0;
  OK(plasmid_host_set(restored, BYTES("k"), BYTES("w"), &version));
  CHECK(version == 3);
  exchange(restored, b);
  uint32_t status = 0;
  OK(plasmid_host_status(b, BYTES("a"), &status));
  CHECK(status == PLASMID_PARTICIPANT_PRESENT);
  plasmid_host_free(restored);
  plasmid_host_free(b);
}

// Whatever is cut off or changed, the bytes are refused.
static void torn_bytes_are_refused(void) {
  plasmid_host *host = host_of("a", NULL), *restored = NULL;
  OK(plasmid_host_set(host, BYTES("k"), BYTES("v"), NULL));
  const uint8_t *data = NULL;
  size_t data_len = 0;
  plasmid_bytes *bytes = snapshot_of(host, &data, &data_len);
  plasmid_host_free(host);
  CHECK(data_len < sizeof out);
  for (size_t cut = 0; cut < data_len; cut++)
    CHECK_STATUS(PLASMID_MALFORMED, plasmid_host_restore(data, cut, NULL, &restored));
  memcpy(out, data, data_len);
  for (size_t at = 0; at < data_len; at++) {
    out[at] = (char)(out[at] ^ 0x10);
    CHECK_STATUS(PLASMID_MALFORMED, plasmid_host_restore(out, data_len, NULL, &restored));
    out[at] = (char)(out[at] ^ 0x10);
  }
  CHECK(restored == NULL);
  OK(plasmid_host_restore(out, data_len, NULL, &restored));
  plasmid_host_free(restored);
  plasmid_bytes_free(bytes);
}

int main(void) {
  a_host_goes_on_where_it_was();
  options_are_those_of_the_config();
  one_that_left_is_back();
  torn_bytes_are_refused();
  return 0;
}
