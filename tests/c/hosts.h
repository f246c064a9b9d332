// Hosts that talk to each other, and what one knows.

#ifndef PLASMID_TEST_HOSTS_H
#define PLASMID_TEST_HOSTS_H

#include "check.h"

static char out[4096];
static size_t len;

static plasmid_host *host_of(const char *id, const plasmid_config *config) {
  plasmid_host *host = NULL;
  OK(plasmid_host_new(id, strlen(id), config, &host));
  return host;
}

// One exchange begun by `a`, in place: the answer is written over the message it answers.
static void exchange(plasmid_host *a, plasmid_host *b) {
  OK(plasmid_host_initiate(a, out, sizeof out, &len));
  plasmid_host *to = b;
  for (int said = 0; len > 0; said++) {
    CHECK(said < 3);
    OK(plasmid_host_receive(to, out, len, out, sizeof out, &len));
    to = to == b ? a : b;
  }
}

// The version that `host` has of a participant; 0 if it knows nothing of it.
static uint64_t version_of(const plasmid_host *host, const char *participant) {
  uint64_t version = 0;
  const plasmid_status status =
      plasmid_host_max_version(host, participant, strlen(participant), &version);
  CHECK(status == PLASMID_OK || status == PLASMID_NOT_FOUND);
  return version;
}

#endif
