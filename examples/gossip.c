// One process of a fleet: it publishes facts about itself and its machine, gossips with random
// peers over TCP, and prints what it knows. gossip.rs, gossip.cpp and gossip.py are the same.
//
// A line `digest` on stdin asks for a digest of all state held; `leave` lets the process say that
// it is gone for good; `stop`, or the end of stdin, ends it.

#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <plasmid.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What the threads share. A host may be called by all of them; its calls wait for each other.
static plasmid_host *host;
static const char *id = "";
static int port, peers[64], peer_count, listener;
static double seconds = 10;
static atomic_uint_fast64_t rounds, bytes_in, bytes_out;
static atomic_bool leaving, stopping;

// What fails here is a mistake in the program or its arguments, so it ends the process.
static void must(int is_done, const char *what) {
  if (is_done) return;
  perror(what);
  exit(1);
}

static void ok(plasmid_status status) {
  if (status == PLASMID_OK) return;
  char text[256] = "";
  size_t len = 0;
  if (plasmid_host_error(host, text, sizeof text, &len) != PLASMID_OK) len = 0;
  fprintf(stderr, "%s: %.*s\n", plasmid_status_name(status), (int)len, text);
  exit(1);
}

static uint64_t now_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void set(const char *key, const char *format, ...) {
  char value[64];
  va_list args;
  va_start(args, format);
  const int len = vsnprintf(value, sizeof value, format, args);
  va_end(args);
  ok(plasmid_host_set(host, key, strlen(key), value, (size_t)len, NULL));
}

// Set what the operating system says about this process and this machine.
static void publish(void) {
  long resident = 0;
  double load = 0, uptime = 0;
  struct rusage usage;
  FILE *statm = fopen("/proc/self/statm", "r"), *since = fopen("/proc/uptime", "r");
  must(statm && fscanf(statm, "%*d %ld", &resident) == 1, "/proc/self/statm");
  must(since && fscanf(since, "%lf", &uptime) == 1, "/proc/uptime");
  must(getloadavg(&load, 1) == 1 && getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
  fclose(statm);
  fclose(since);
  const struct timeval user = usage.ru_utime, kernel = usage.ru_stime;
  const long cpu_us = (user.tv_sec + kernel.tv_sec) * 1000000 + user.tv_usec + kernel.tv_usec;
  set("pid", "%ld", (long)getpid());
  set("resident_bytes", "%ld", resident * sysconf(_SC_PAGESIZE));
  set("cpu_ms", "%ld", cpu_us / 1000);
  set("load", "%.2f", load);
  set("uptime_s", "%.2f", uptime);
  set("timestamp_ms", "%" PRIu64, now_ms(CLOCK_REALTIME));
}

// Publish a text file, each line under a key of its own.
static void publish_file(const char *path) {
  char key[32], *line = NULL;
  size_t capacity = 0;
  ssize_t len;
  FILE *file = fopen(path, "r");
  must(file != NULL, path);
  for (int number = 0; (len = getline(&line, &capacity, file)) >= 0; number++) {
    const int key_len = snprintf(key, sizeof key, "file/%05d", number);
    ok(plasmid_host_set(host, key, (size_t)key_len, line, (size_t)len, NULL));
  }
  free(line);
  fclose(file);
}

// A peer that says nothing for a second is left alone; there will be another round.
static void be_patient(int fd) {
  const struct timeval patience = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static struct sockaddr_in loopback(int to_port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)to_port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int send_all(int fd, const char *bytes, size_t len) {
  for (ssize_t sent; len > 0; bytes += sent, len -= (size_t)sent, bytes_out += (uint64_t)sent) {
    if ((sent = send(fd, bytes, len, MSG_NOSIGNAL)) <= 0) return 0;
  }
  return 1;
}

// One round with a peer, in which both learn. Whatever breaks, the next round meets another peer.
static void gossip(int peer) {
  char bytes[65536];
  size_t len = 0;
  ssize_t got = 0;
  uint32_t is_finished = 0;
  plasmid_stream *stream = NULL;
  const struct sockaddr_in address = loopback(peer);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  be_patient(fd);
  ok(plasmid_stream_new(host, 1, &stream));
  ok(plasmid_stream_set_mode(stream, PLASMID_PUSH_PULL));
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) goto out;
  while (!is_finished) {
    if (got > 0 && plasmid_stream_receive(stream, bytes, (size_t)got) != PLASMID_OK) goto out;
    do {
      ok(plasmid_stream_transmit(stream, bytes, sizeof bytes, &len));
      if (!send_all(fd, bytes, len)) goto out;
    } while (len > 0);
    ok(plasmid_stream_is_finished(stream, &is_finished));
    if (!is_finished && (got = recv(fd, bytes, sizeof bytes, 0)) <= 0) goto out;
    bytes_in += (uint64_t)(is_finished ? 0 : got);
  }
  rounds++;
out:
  plasmid_stream_free(stream);
  close(fd);
}

// The other end of a round.
static void answer(int fd) {
  char bytes[65536];
  size_t len = 0;
  ssize_t got;
  uint32_t is_finished = 0;
  plasmid_exchange *exchange = NULL;
  be_patient(fd);
  ok(plasmid_exchange_new(host, 1, &exchange));
  while (!is_finished && (got = recv(fd, bytes, sizeof bytes, 0)) > 0) {
    bytes_in += (uint64_t)got;
    if (plasmid_exchange_receive(exchange, bytes, (size_t)got) != PLASMID_OK) break;
    do {
      ok(plasmid_exchange_transmit(exchange, bytes, sizeof bytes, &len));
    } while (send_all(fd, bytes, len) && len > 0);
    ok(plasmid_exchange_is_finished(exchange, &is_finished));
  }
  plasmid_exchange_free(exchange);
  close(fd);
}

// Answer peers one after the other: a round takes a millisecond or so.
static void *answer_all(void *unused) {
  while (!stopping) {
    const int fd = accept(listener, NULL, NULL);
    if (fd >= 0) answer(fd);
  }
  return unused;
}

// Print what is known here, and what it has cost. (The id must be one that JSON need not escape.)
static void print_status(int publishing) {
  plasmid_participants *participants = NULL;
  const uint8_t *who = NULL;
  size_t who_len = 0, len = 0, count = 0, keys = 0;
  uint64_t version = 0, versions = 0, ms = 0, staleness = 0;
  ok(plasmid_participants_new(host, PLASMID_PARTICIPANT_PRESENT, &participants));
  while (plasmid_participants_next(participants, &who, &who_len) == PLASMID_OK) {
    ok(plasmid_host_len(host, who, who_len, &len));
    ok(plasmid_host_max_version(host, who, who_len, &version));
    count++, keys += len, versions += version;
    // Not every copy has been whole yet.
    if (plasmid_host_staleness(host, who, who_len, &ms) == PLASMID_OK && ms > staleness)
      staleness = ms;
  }
  plasmid_participants_free(participants);
  printf("{\"id\": \"%s\", \"participants\": %zu, \"keys\": %zu, \"versions\": %" PRIu64
         ", \"staleness_ms\": %" PRIu64 ", \"rounds\": %" PRIu64 ", \"bytes_in\": %" PRIu64
         ", \"bytes_out\": %" PRIu64 ", \"publishing\": %s}\n",
         id, count, keys, versions, staleness, (uint64_t)rounds, (uint64_t)bytes_in,
         (uint64_t)bytes_out, publishing ? "true" : "false");
  fflush(stdout);
}

// FNV-1a over the part's length, or "ab" + "c" would look like "a" + "bc", and over its bytes.
static uint64_t fnv(uint64_t hash, const uint8_t *part, size_t len) {
  const uint64_t prime = 0x100000001b3, long_len = len;
  for (size_t i = 0; i < 8; i++) hash = (hash ^ ((long_len >> (8 * i)) & 0xff)) * prime;
  for (size_t i = 0; i < len; i++) hash = (hash ^ part[i]) * prime;
  return hash;
}

// Print a digest of everybody's newest values. FNV is here so that no language needs a library to
// show its state; it guards against nothing, and plasmid does not use it.
static void print_digest(void) {
  plasmid_participants *participants = NULL;
  const uint8_t *who = NULL, *key = NULL, *value = NULL;
  size_t who_len = 0, key_len = 0, value_len = 0, keys = 0;
  uint64_t hash = 0xcbf29ce484222325, version = 0;
  ok(plasmid_participants_new(host, PLASMID_PARTICIPANT_PRESENT, &participants));
  while (plasmid_participants_next(participants, &who, &who_len) == PLASMID_OK) {
    plasmid_entries *entries = NULL;
    ok(plasmid_entries_new(host, who, who_len, PLASMID_BY_KEY, &entries));
    while (plasmid_entries_next(entries, &key, &key_len, &value, &value_len, &version) ==
           PLASMID_OK) {
      hash = fnv(fnv(fnv(hash, who, who_len), key, key_len), value, value_len);
      keys++;
    }
    plasmid_entries_free(entries);
  }
  plasmid_participants_free(participants);
  printf("{\"id\": \"%s\", \"digest\": \"%016" PRIx64 "\", \"keys\": %zu}\n", id, hash, keys);
  fflush(stdout);
}

// Publish and gossip, round after round; after `seconds` only gossip.
static void *run(void *unused) {
  const uint64_t start = now_ms(CLOCK_MONOTONIC);
  int publishing = 1;
  for (unsigned round = 0; !stopping; round++) {
    ok(plasmid_host_tick(host, now_ms(CLOCK_REALTIME)));  // the only clock that the host has
    if (leaving) {
      // Gossip goes on, so that the others learn of it.
      ok(plasmid_host_leave(host, NULL));
      publishing = 0;
    } else if (publishing) {
      publish();
      publishing = (double)(now_ms(CLOCK_MONOTONIC) - start) < seconds * 1000;
      // What is not measured any more is not to look fresh.
      if (!publishing) ok(plasmid_host_delete(host, "timestamp_ms", 12, NULL));
    }
    if (peer_count > 0) gossip(peers[random() % peer_count]);
    if (round % 2 == 1) print_status(publishing);
    usleep(200000);
  }
  return unused;
}

int main(int argc, char **argv) {
  const struct option options[] = {{"id", 1, NULL, 'i'},    {"port", 1, NULL, 'p'},
                                   {"peers", 1, NULL, 'q'}, {"seconds", 1, NULL, 's'},
                                   {"file", 1, NULL, 'f'},  {NULL, 0, NULL, 0}};
  const char *file = NULL;
  char line[32];
  int option;
  const int is_on = 1;
  pthread_t threads[2];
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'i') id = optarg;
    if (option == 'p') port = atoi(optarg);
    if (option == 's') seconds = atof(optarg);
    if (option == 'f') file = optarg;
    for (char *peer = option == 'q' ? strtok(optarg, ",") : NULL; peer && peer_count < 64;
         peer = strtok(NULL, ","))
      peers[peer_count++] = atoi(peer);
    if (option == '?') return 2;
  }
  srandom((unsigned)getpid());

  // Without history: facts are overwritten for ever, and only the newest ones matter.
  plasmid_config *config = NULL;
  ok(plasmid_config_new(&config));
  ok(plasmid_config_set_history(config, 0));
  ok(plasmid_host_new(id, strlen(id), config, &host));
  plasmid_config_free(config);
  if (file) publish_file(file);

  const struct sockaddr_in address = loopback(port);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &is_on, sizeof is_on);
  must(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0, "bind");
  must(listen(listener, 64) == 0, "listen");
  must(pthread_create(&threads[0], NULL, answer_all, NULL) == 0, "pthread_create");
  must(pthread_create(&threads[1], NULL, run, NULL) == 0, "pthread_create");

  while (fgets(line, sizeof line, stdin) && strcmp(line, "stop\n") != 0) {
    if (strcmp(line, "digest\n") == 0) print_digest();
    if (strcmp(line, "leave\n") == 0) leaving = 1;
  }
  stopping = 1;
  shutdown(listener, SHUT_RDWR);  // accept returns
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  plasmid_host_free(host);
  close(listener);
}
