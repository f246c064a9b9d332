// Who is there, through the C ABI: leaving, evicting, coming back, twins, signs of life.

#include "hosts.h"

// The status of a participant; PLASMID_PARTICIPANT_ANY if it is unknown.
static uint32_t status_of(const plasmid_host *host, const char *participant) {
  uint32_t found = PLASMID_PARTICIPANT_ANY;
  const plasmid_status status =
      plasmid_host_status(host, participant, strlen(participant), &found);
  CHECK(status == PLASMID_OK || (status == PLASMID_NOT_FOUND && found == PLASMID_PARTICIPANT_ANY));
  return found;
}

// The ids of the participants of a status, each before a space.
static const char *participants(const plasmid_host *host, uint32_t status) {
  static char ids[256];
  plasmid_participants *iterator = NULL;
  OK(plasmid_participants_new(host, status, &iterator));
  const uint8_t *id = NULL;
  size_t id_len = 0, used = 0;
  while (plasmid_participants_next(iterator, &id, &id_len) == PLASMID_OK) {
    CHECK(used + id_len + 1 < sizeof ids);
    memcpy(ids + used, id, id_len);
    used += id_len;
    ids[used++] = ' ';
  }
  ids[used] = 0;
  plasmid_participants_free(iterator);
  return ids;
}

static int participants_are(const plasmid_host *host, const char *present, const char *left,
                            const char *evicted, const char *all) {
  return strcmp(participants(host, PLASMID_PARTICIPANT_PRESENT), present) == 0 &&
         strcmp(participants(host, PLASMID_PARTICIPANT_LEFT), left) == 0 &&
         strcmp(participants(host, PLASMID_PARTICIPANT_EVICTED), evicted) == 0 &&
         strcmp(participants(host, PLASMID_PARTICIPANT_ANY), all) == 0;
}

static uint64_t generation(const plasmid_host *host) {
  uint64_t generation = 0;
  OK(plasmid_host_generation(host, &generation));
  return generation;
}

static uint64_t generation_of(const plasmid_host *host, const char *participant) {
  uint64_t generation = 0;
  OK(plasmid_host_generation_of(host, participant, strlen(participant), &generation));
  return generation;
}

static uint64_t keys_of(const plasmid_host *host, const char *participant) {
  OK(plasmid_host_len(host, participant, strlen(participant), &len));
  return len;
}

// Everything that writes is refused, and writes no output.
static void writes_answer(plasmid_status status, plasmid_host *host) {
  uint64_t version = 77;
  CHECK_STATUS(status, plasmid_host_set(host, BYTES("k"), BYTES("w"), &version));
  CHECK_STATUS(status, plasmid_host_set_expiring(host, BYTES("k"), BYTES("w"), 1, &version));
  CHECK_STATUS(status, plasmid_host_delete(host, BYTES("k"), &version));
  plasmid_batch *batch = NULL;
  OK(plasmid_batch_new(host, &batch));
  OK(plasmid_batch_set(batch, BYTES("k"), BYTES("w")));
  CHECK_STATUS(status, plasmid_batch_commit(batch, &version));
  plasmid_batch_free(batch);
  OK(plasmid_host_error(host, out, sizeof out, &len));
  CHECK(version == 77 && len > 0);
}

static void leaving(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_set(b, BYTES("k"), BYTES("v"), NULL));
  exchange(a, b);
  CHECK(participants_are(b, "a b ", "", "", "a b "));
  uint64_t version = 0, again = 0;
  OK(plasmid_host_leave(a, &version));
  CHECK(version == 2);
  OK(plasmid_host_leave(a, &again));
  OK(plasmid_host_leave(a, NULL));
  CHECK(again == 2 && status_of(a, "a") == PLASMID_PARTICIPANT_LEFT);
  writes_answer(PLASMID_LEFT, a);
  exchange(a, b);
  CHECK_STATUS(PLASMID_LEFT, plasmid_host_compact(a, PLASMID_ALL, NULL));
  CHECK_STATUS(PLASMID_LEFT, plasmid_host_evict(a, BYTES("b"), NULL));
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_LEFT && version_of(b, "a") == 2);
  CHECK(participants_are(b, "b ", "a ", "", "a b ") && keys_of(b, "a") == 0);

  const uint64_t before = generation(a);
  uint64_t renewed = 0;
  OK(plasmid_host_renew(a, &renewed));
  CHECK(renewed > before && generation(a) == renewed);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("w"), &version));
  CHECK(version > 2);
  exchange(a, b);
  CHECK(participants_are(b, "a b ", "", "", "a b ") && generation_of(b, "a") == renewed);
  OK(plasmid_host_renew(a, NULL));
  CHECK(generation(a) > renewed);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

static void evicting(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL), *c = host_of("c", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_set(b, BYTES("k"), BYTES("v"), NULL));
  exchange(a, b);
  exchange(b, c);
  const uint64_t before = generation(a);
  uint64_t version = 77;
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_evict(b, BYTES("nobody"), &version));
  CHECK_STATUS(PLASMID_INVALID_ARGUMENT, plasmid_host_evict(b, BYTES("b"), &version));
  CHECK(version == 77);
  OK(plasmid_host_evict(b, BYTES("a"), &version));
  CHECK(version == 2);
  OK(plasmid_host_evict(b, BYTES("a"), &version));
  CHECK(version == 2);
  exchange(b, c);
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_EVICTED);
  CHECK(participants_are(c, "b c ", "", "a ", "a b c ") && keys_of(c, "a") == 0);

  // It lives after all, and comes back by itself.
  for (int i = 0; i < 3; i++) {
    exchange(a, c);
    exchange(b, c);
  }
  CHECK(generation(a) > before && status_of(b, "a") == PLASMID_PARTICIPANT_PRESENT);
  CHECK(keys_of(b, "a") == 1 && generation_of(b, "a") == generation(a));
  plasmid_host_free(a);
  plasmid_host_free(b);
  plasmid_host_free(c);
}

// One that left and is evicted after that stays gone, also in its own eyes, until it comes back.
static void gone_for_good(void) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_set(b, BYTES("k"), BYTES("v"), NULL));
  exchange(a, b);
  OK(plasmid_host_leave(a, NULL));
  exchange(a, b);
  OK(plasmid_host_evict(b, BYTES("a"), NULL));
  exchange(a, b);
  exchange(a, b);
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_EVICTED);
  CHECK(status_of(a, "a") == PLASMID_PARTICIPANT_EVICTED);
  writes_answer(PLASMID_LEFT, a);
  OK(plasmid_host_renew(a, NULL));
  OK(plasmid_host_set(a, BYTES("k"), BYTES("w"), NULL));
  exchange(a, b);
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_PRESENT && keys_of(b, "a") == 1);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// Those that are gone are remembered up to a number, the newest generations longest.
static void forgetting(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_departed(config, 1));
  plasmid_host *keeper = host_of("keeper", config);
  for (char id[] = "a"; *id <= 'c'; ++*id) {
    OK(plasmid_config_set_generation(config, (uint64_t)*id));
    plasmid_host *guest = host_of(id, config);
    OK(plasmid_host_set(guest, BYTES("k"), BYTES("v"), NULL));
    exchange(guest, keeper);
    OK(plasmid_host_leave(guest, NULL));
    exchange(guest, keeper);
    plasmid_host_free(guest);
  }
  plasmid_config_free(config);
  uint64_t forgotten = 0;
  OK(plasmid_host_forgotten(keeper, &forgotten));
  CHECK(forgotten == 2 && strcmp(participants(keeper, PLASMID_PARTICIPANT_LEFT), "c ") == 0);
  plasmid_host_free(keeper);
}

// Two processes with one id: both are told, and one of them stops.
static void twins(void) {
  plasmid_host *a = host_of("twin", NULL), *b = host_of("twin", NULL), *c = host_of("c", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("a"), NULL));
  OK(plasmid_host_set(b, BYTES("k"), BYTES("b"), NULL));
  OK(plasmid_host_set(c, BYTES("k"), BYTES("c"), NULL));
  for (int i = 0; i < 8; i++) {
    exchange(a, c);
    exchange(b, c);
  }
  uint64_t of_a = 0, of_b = 0, version = 0;
  OK(plasmid_host_conflicts(a, &of_a));
  OK(plasmid_host_conflicts(b, &of_b));
  CHECK(of_a > 0 && of_b > 0);
  plasmid_host *stopped = generation(a) < generation(b) ? a : b, *other = stopped == a ? b : a;
  writes_answer(PLASMID_CONFLICT, stopped);
  CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_compact(stopped, PLASMID_ALL, NULL));
  CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_leave(stopped, NULL));
  CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_evict(stopped, BYTES("c"), NULL));

  // The fault is mended: the other is ended, and this one goes on.
  plasmid_host_free(other);
  OK(plasmid_host_renew(stopped, NULL));
  OK(plasmid_host_set(stopped, BYTES("k"), BYTES("w"), &version));
  exchange(stopped, c);
  OK(plasmid_host_get_from(c, BYTES("twin"), BYTES("k"), out, sizeof out, &len));
  CHECK(IS("w", out, len) && version_of(c, "twin") == version);
  plasmid_host_free(stopped);
  plasmid_host_free(c);
}

static void signs_of_life(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  // Generations of today would be absurd to a host that lives in 2023.
  OK(plasmid_config_set_generation(config, 1));
  plasmid_host *a = host_of("a", config);
  OK(plasmid_config_set_evict_after_ms(config, 10000));
  plasmid_host *b = host_of("b", config);
  plasmid_config_free(config);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  exchange(a, b);
  uint64_t ms = 77;
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_last_heard(b, BYTES("a"), &ms));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_staleness(b, BYTES("a"), &ms));
  CHECK(ms == 77);

  const uint64_t start = UINT64_C(1700000000000);
  OK(plasmid_host_tick(a, start));
  OK(plasmid_host_tick(b, start));
  exchange(a, b);
  exchange(b, a);
  OK(plasmid_host_tick(b, start + 5000));
  OK(plasmid_host_last_heard(b, BYTES("a"), &ms));
  CHECK(ms == 5000);
  OK(plasmid_host_staleness(b, BYTES("a"), &ms));
  CHECK(ms == 5000);
  OK(plasmid_host_last_heard(b, BYTES("b"), &ms));
  CHECK(ms == 0);
  // A process that slept heard nobody, which says nothing about them.
  OK(plasmid_host_tick(b, start + 50000));
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_PRESENT);
  for (uint64_t now = start + 51000; now <= start + 60000; now += 1000) {
    OK(plasmid_host_tick(b, now));
    CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_PRESENT);
  }
  // Hosts take it in turns: at the latest after nearly twice the time.
  for (uint64_t now = start + 61000; now <= start + 70000; now += 1000) {
    OK(plasmid_host_tick(b, now));
  }
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_EVICTED);
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_last_heard(b, BYTES("a"), &ms));
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// Whoever of the two begins their exchanges.
static void acknowledgements(int a_begins) {
  plasmid_host *a = host_of("a", NULL), *b = host_of("b", NULL);
  plasmid_host *const first = a_begins ? a : b, *const second = a_begins ? b : a;
  uint64_t version = 77;
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_set(b, BYTES("k"), BYTES("v"), NULL));
  CHECK_STATUS(PLASMID_NOT_FOUND, plasmid_host_acked_version(a, BYTES("b"), &version));
  CHECK(version == 77);
  exchange(first, second);
  exchange(first, second);
  OK(plasmid_host_acked_version(a, BYTES("b"), &version));
  CHECK(version == 1);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("w"), NULL));
  OK(plasmid_host_acked_version(a, BYTES("b"), &version));
  CHECK(version == 1);
  exchange(first, second);
  exchange(first, second);
  OK(plasmid_host_acked_version(a, BYTES("b"), &version));
  CHECK(version == 2);
  OK(plasmid_host_leave(a, NULL));
  exchange(first, second);
  exchange(first, second);
  OK(plasmid_host_acked_version(a, BYTES("b"), &version));
  CHECK(version == 3);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

// A generation far above one's own clock is refused, if there is a clock.
static void absurd_generations(void) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  OK(plasmid_config_set_generation(config, UINT64_C(1700000001000) << 16));
  plasmid_host *a = host_of("a", config);
  OK(plasmid_config_set_generation(config, 1));
  OK(plasmid_config_set_generation_ahead_ms(config, 500));
  plasmid_host *b = host_of("b", config);
  plasmid_config_free(config);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_tick(b, UINT64_C(1700000000000)));
  exchange(a, b);
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_ANY);
  OK(plasmid_host_tick(b, UINT64_C(1700000000600)));
  exchange(a, b);
  CHECK(status_of(b, "a") == PLASMID_PARTICIPANT_PRESENT);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

int main(void) {
  leaving();
  evicting();
  gone_for_good();
  forgetting();
  twins();
  signs_of_life();
  acknowledgements(0);
  acknowledgements(1);
  absurd_generations();
  return 0;
}
