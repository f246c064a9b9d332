/*
 * plasmid through its C interface: W1, W2, and exchanges of datagrams. A process that reads a line
 * for each thing to measure, like "w1 on", and answers a line of JSON with its figures.
 */

#define _POSIX_C_SOURCE 199309L

#include <plasmid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORD = 16, VALUE = 64, SETS = 100000, KEYS = 10000 };

/* Larger than every message; the greatest that a host makes if it is not told otherwise. */
enum { BUDGET = 16 << 20 };
static char message[BUDGET];

static void must(plasmid_status status) {
  if (status == PLASMID_OK) return;
  fprintf(stderr, "%s\n", plasmid_status_name(status));
  exit(1);
}

static void *memory(size_t size) {
  void *bytes = malloc(size);
  if (!bytes) abort();
  return bytes;
}

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void put_key(char *key, unsigned number) {
  char text[WORD + 8];
  snprintf(text, sizeof text, "key-%012u", number);
  memcpy(key, text, WORD);
}

/* Text of which 48 bytes are chance, of a generator whose values nobody needs to be good. */
static void put_value(char *value) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static unsigned long long state = 1;
  for (int at = 0; at < VALUE; ++at) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    value[at] = alphabet[state >> 58];
  }
}

static plasmid_host *new_host(unsigned number, int history) {
  char id[WORD + 8];
  snprintf(id, sizeof id, "member-%09u", number);
  plasmid_config *config = NULL;
  plasmid_host *host = NULL;
  must(plasmid_config_new(&config));
  must(plasmid_config_set_history(config, (uint32_t)history));
  const uint64_t at = number + 1, generation = ((1750000000000 + 977 * at) << 16) + at % 65536;
  must(plasmid_config_set_generation(config, generation));
  must(plasmid_config_set_seed(config, number + 1));
  must(plasmid_config_set_nonce(config, number + 1));
  must(plasmid_host_new(id, WORD, config, &host));
  plasmid_config_free(config);
  return host;
}

/* Each answer goes to the other, until one has nothing to say; the bytes of all. */
static size_t exchange(plasmid_host *a, plasmid_host *b, size_t budget) {
  size_t len = 0, all = 0;
  must(plasmid_host_initiate(a, message, budget, &len));
  while (len > 0) {
    all += len;
    must(plasmid_host_receive(b, message, len, message, budget, &len));
    plasmid_host *other = a;
    a = b;
    b = other;
  }
  return all;
}

static void sets(int history) {
  char *keys = memory((size_t)KEYS * WORD), *values = memory((size_t)SETS * VALUE);
  for (unsigned at = 0; at < KEYS; ++at) put_key(keys + at * WORD, at);
  for (unsigned at = 0; at < SETS; ++at) put_value(values + at * VALUE);
  plasmid_host *host = new_host(0, history);
  double start = now_ns();
  for (unsigned at = 0; at < SETS; ++at) {
    const char *key = keys + at % KEYS * WORD;
    must(plasmid_host_set(host, key, WORD, values + (size_t)at * VALUE, VALUE, NULL));
  }
  printf("{\"ns\": %f}\n", (now_ns() - start) / SETS);
  plasmid_host_free(host);
  free(keys);
  free(values);
}

static void cold_sync(void) {
  enum { PARTICIPANTS = 1000, EACH = 100, ENTRIES = PARTICIPANTS * EACH };
  plasmid_host *holder = new_host(PARTICIPANTS, 1), *newcomer = new_host(PARTICIPANTS + 1, 1);
  /* The digest of somebody who knows nobody: the answer to it is all that a host has. */
  plasmid_host *nobody = new_host(999999998, 1);
  char syn[1200], key[WORD], value[VALUE];
  size_t syn_len = 0, len = 0;
  must(plasmid_host_initiate(nobody, syn, sizeof syn, &syn_len));
  for (unsigned number = 0; number < PARTICIPANTS; ++number) {
    plasmid_host *owner = new_host(number, 1);
    for (unsigned at = 0; at < EACH; ++at) {
      put_key(key, number * EACH + at);
      put_value(value);
      must(plasmid_host_set(owner, key, WORD, value, VALUE, NULL));
    }
    must(plasmid_host_receive(owner, syn, syn_len, message, BUDGET, &len));
    must(plasmid_host_receive(holder, message, len, NULL, 0, &len));
    plasmid_host_free(owner);
  }
  double start = now_ns();
  size_t bytes = exchange(newcomer, holder, BUDGET);
  double ns = now_ns() - start;
  size_t last = 0;
  must(plasmid_host_len(newcomer, "member-000000999", WORD, &last));
  if (last != EACH) abort();
  printf("{\"ns\": %f, \"bytes\": %f}\n", ns / ENTRIES, (double)bytes / ENTRIES);
  plasmid_host_free(nobody);
  plasmid_host_free(newcomer);
  plasmid_host_free(holder);
}

static void datagrams(void) {
  enum { EXCHANGES = 10000, NEWS = 5, FEW = 100 };
  char keys[FEW][WORD], value[VALUE];
  for (unsigned at = 0; at < FEW; ++at) put_key(keys[at], at);
  put_value(value);
  plasmid_host *a = new_host(0, 1), *b = new_host(1, 1);
  double start = now_ns();
  for (unsigned at = 0; at < EXCHANGES; ++at) {
    for (unsigned number = 0; number < NEWS; ++number) {
      const char *key = keys[(at * NEWS + number) % FEW];
      must(plasmid_host_set(a, key, WORD, value, VALUE, NULL));
      must(plasmid_host_set(b, key, WORD, value, VALUE, NULL));
    }
    exchange(a, b, 1200);
  }
  printf("{\"ns\": %f}\n", (now_ns() - start) / EXCHANGES);
  plasmid_host_free(a);
  plasmid_host_free(b);
}

int main(void) {
  char line[80];
  while (fgets(line, sizeof line, stdin)) {
    if (!strncmp(line, "w1", 2)) {
      sets(!strncmp(line, "w1 on", 5));
    } else if (!strncmp(line, "w2", 2)) {
      cold_sync();
    } else if (!strncmp(line, "w9", 2)) {
      datagrams();
    } else {
      return 1;
    }
    fflush(stdout);
  }
  return 0;
}
