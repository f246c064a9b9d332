// Forks: two processes go on with copies of one host, and what remains to be done.

#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static char message[512];
static size_t len;

// Write and begin an exchange, as both processes do after the fork.
static void speak(plasmid_host *host, const char *value) {
  OK(plasmid_host_set(host, BYTES("k"), value, strlen(value), NULL));
  OK(plasmid_host_initiate(host, message, sizeof message, &len));
}

// In the child: go on with the host of the parent, then with a new host, and let the parent hear.
static void child(plasmid_host *copy, int to_parent) {
  speak(copy, "child");
  CHECK(write(to_parent, message, sizeof message) == sizeof message);
  CHECK(write(to_parent, &len, sizeof len) == sizeof len);
  plasmid_host_free(copy);

  plasmid_host *own = NULL;
  OK(plasmid_host_new(BYTES("child"), NULL, &own));
  speak(own, "child");
  CHECK(write(to_parent, message, sizeof message) == sizeof message);
  CHECK(write(to_parent, &len, sizeof len) == sizeof len);
  plasmid_host_free(own);
}

static void hear(int from_child) {
  CHECK(read(from_child, message, sizeof message) == sizeof message);
  CHECK(read(from_child, &len, sizeof len) == sizeof len);
}

int main(void) {
  plasmid_host *host = NULL;
  OK(plasmid_host_new(BYTES("parent"), NULL, &host));
  OK(plasmid_host_set(host, BYTES("k"), BYTES("before"), NULL));
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    child(host, ends[1]);
    return 0;
  }

  // The copy is taken for oneself: nothing is answered, nothing learned, nothing noticed.
  OK(plasmid_host_set(host, BYTES("k"), BYTES("parent"), NULL));
  hear(ends[0]);
  OK(plasmid_host_receive(host, message, len, message, sizeof message, &len));
  CHECK(len == 0);
  uint64_t conflicts = 77;
  OK(plasmid_host_conflicts(host, &conflicts));
  CHECK(conflicts == 0);

  // A new host is somebody else, and is answered.
  hear(ends[0]);
  OK(plasmid_host_receive(host, message, len, message, sizeof message, &len));
  CHECK(len > 0);

  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  plasmid_host_free(host);
  return 0;
}
