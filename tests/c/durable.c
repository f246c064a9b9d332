// A host that a file keeps, through the C ABI. The folder for files is the only argument.

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hosts.h"

enum { WRITERS = 16, WRITES = 20 };

static const char *folder;
static char path[1024];

static const char *file_called(const char *name) {
  CHECK((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path);
  return path;
}

// Open the host of that id in that file.
static plasmid_status open_host(const char *id, const char *name, int relaxed,
                                plasmid_host **host) {
  plasmid_config *config = NULL;
  OK(plasmid_config_new(&config));
  const char *file = file_called(name);
  OK(plasmid_config_set_path(config, file, strlen(file)));
  OK(plasmid_config_set_relaxed(config, (uint32_t)relaxed));
  const plasmid_status status = plasmid_host_new(id, strlen(id), config, host);
  if (status != PLASMID_OK) {
    OK(plasmid_config_error(config, out, sizeof out, &len));
    CHECK(len > 0);
  }
  plasmid_config_free(config);
  return status;
}

static plasmid_host *opened(const char *name) {
  plasmid_host *host = NULL;
  OK(open_host("a", name, 0, &host));
  return host;
}

static uint64_t generation_of(const plasmid_host *host) {
  uint64_t generation = 0;
  OK(plasmid_host_generation(host, &generation));
  return generation;
}

static void change_byte(const char *name, long at, int to) {
  FILE *file = fopen(file_called(name), "r+b");
  CHECK(file && fseek(file, at, SEEK_SET) == 0 && fputc(to, file) == to);
  CHECK(fclose(file) == 0);
}

static void a_host_is_there_again(void) {
  plasmid_host *a = opened("again"), *b = host_of("b", NULL);
  OK(plasmid_host_set(a, BYTES("k"), BYTES("v"), NULL));
  OK(plasmid_host_set(b, BYTES("l"), BYTES("w"), NULL));
  exchange(a, b);
  const uint64_t before = generation_of(a);
  OK(plasmid_host_close(a));
  OK(plasmid_host_close(a));
  CHECK_STATUS(PLASMID_CLOSED, plasmid_host_set(a, BYTES("k"), BYTES("w"), NULL));
  CHECK_STATUS(PLASMID_CLOSED, plasmid_host_initiate(a, out, sizeof out, &len));
  CHECK_STATUS(PLASMID_CLOSED, plasmid_host_tick(a, 1));
  OK(plasmid_host_get(a, BYTES("k"), out, sizeof out, &len));
  CHECK(IS("v", out, len));

  plasmid_host *again = opened("again");
  plasmid_host_free(a);
  CHECK(generation_of(again) == before);
  OK(plasmid_host_get(again, BYTES("k"), out, sizeof out, &len));
  CHECK(IS("v", out, len));
  OK(plasmid_host_get_from(again, BYTES("b"), BYTES("l"), out, sizeof out, &len));
  CHECK(IS("w", out, len));
  plasmid_host_free(again);
  plasmid_host_free(b);
}

static void files_are_refused(void) {
  plasmid_host *host = opened("refused"), *other = NULL;
  OK(plasmid_host_set(host, BYTES("k"), BYTES("v"), NULL));
  CHECK_STATUS(PLASMID_IN_USE, open_host("a", "refused", 0, &other));
  OK(plasmid_host_close(host));
  plasmid_host_free(host);
  CHECK_STATUS(PLASMID_FOREIGN, open_host("b", "refused", 0, &other));
  CHECK_STATUS(PLASMID_STORE, open_host("a", "no such folder/file", 0, &other));
  change_byte("refused", 16, 2);
  CHECK_STATUS(PLASMID_MALFORMED, open_host("a", "refused", 0, &other));
  change_byte("refused", 16, 1);
  change_byte("refused", 90, 0xee);
  CHECK_STATUS(PLASMID_MALFORMED, open_host("a", "refused", 0, &other));
  CHECK(other == NULL);
}

static plasmid_host *shared;

static void *write_some(void *number) {
  const char key = (char)('A' + *(const int *)number);
  for (int i = 0; i < WRITES; i++) OK(plasmid_host_set(shared, &key, 1, BYTES("v"), NULL));
  return NULL;
}

static void threads_share_a_file(void) {
  pthread_t threads[WRITERS];
  int numbers[WRITERS];
  shared = opened("threads");
  for (int i = 0; i < WRITERS; i++) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, write_some, &numbers[i]) == 0);
  }
  for (int i = 0; i < WRITERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  plasmid_host_free(shared);
  shared = opened("threads");
  CHECK(version_of(shared, "a") >= WRITERS * WRITES);
  plasmid_host_free(shared);
}

// A child that is killed at once loses nothing that was acknowledged, and a relaxed one is in a new
// generation after that.
static void killed_processes_lose_nothing(void) {
  for (int relaxed = 0; relaxed < 2; relaxed++) {
    const char *name = relaxed ? "relaxed" : "killed";
    plasmid_host *host = NULL;
    OK(open_host("a", name, relaxed, &host));
    const uint64_t before = generation_of(host);
    plasmid_host_free(host);
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      OK(open_host("a", name, relaxed, &host));
      OK(plasmid_host_set(host, BYTES("k"), BYTES("v"), NULL));
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    OK(open_host("a", name, relaxed, &host));
    if (!relaxed) {
      OK(plasmid_host_get(host, BYTES("k"), out, sizeof out, &len));
      CHECK(IS("v", out, len));
    }
    CHECK((generation_of(host) == before) == !relaxed);
    plasmid_host_free(host);
  }
}

// A forked child may not write, and its end is none of the host.
static void a_child_leaves_the_file_alone(int relaxed) {
  plasmid_host *host = NULL;
  OK(open_host("a", "forked", relaxed, &host));
  OK(plasmid_host_set(host, BYTES("k"), BYTES("before"), NULL));
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_set(host, BYTES("k"), BYTES("child"), NULL));
    CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_initiate(host, out, sizeof out, &len));
    OK(plasmid_host_get(host, BYTES("k"), out, sizeof out, &len));
    CHECK(IS("before", out, len));
    plasmid_host_free(host);
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  OK(plasmid_host_set(host, BYTES("k"), BYTES("parent"), NULL));
  plasmid_host_free(host);
  host = opened("forked");
  OK(plasmid_host_get(host, BYTES("k"), out, sizeof out, &len));
  CHECK(IS("parent", out, len));
  plasmid_host_free(host);
}

static atomic_int is_over;

static void *write_until_over(void *argument) {
  (void)argument;
  while (!atomic_load(&is_over)) OK(plasmid_host_set(shared, BYTES("k"), BYTES("v"), NULL));
  return NULL;
}

// Threads have the host and its file in hand when the process forks, and in the child for ever.
static void a_child_waits_for_nobody(void) {
  enum { FORKS = 40 };
  pthread_t threads[4];
  shared = opened("waits");
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&threads[i], NULL, write_until_over, NULL) == 0);
  for (int i = 0; i < FORKS; i++) {
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      alarm(120);
      CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_close(shared));
      CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_set(shared, BYTES("k"), BYTES("w"), NULL));
      CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_tick(shared, 1));
      CHECK_STATUS(PLASMID_CONFLICT, plasmid_host_initiate(shared, out, sizeof out, &len));
      // What the threads had is lost in it, and nobody's fault.
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }
  atomic_store(&is_over, 1);
  for (int i = 0; i < 4; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  OK(plasmid_host_close(shared));
  plasmid_host_free(shared);
}

static void options_are_checked(void) {
  plasmid_config *config = NULL;
  plasmid_host *host = NULL;
  OK(plasmid_config_new(&config));
  CHECK_STATUS(PLASMID_INVALID_ARGUMENT, plasmid_config_set_relaxed(config, 2));
  CHECK_STATUS(PLASMID_INVALID_ARGUMENT, plasmid_config_set_path(config, NULL, 1));
  OK(plasmid_config_set_path(config, BYTES("somewhere")));
  CHECK_STATUS(PLASMID_INVALID_ARGUMENT, plasmid_host_restore(BYTES("bytes"), config, &host));
  // No path is no file.
  OK(plasmid_config_set_path(config, NULL, 0));
  OK(plasmid_host_new(BYTES("a"), config, &host));
  OK(plasmid_host_close(host));
  CHECK_STATUS(PLASMID_CLOSED, plasmid_host_set(host, BYTES("k"), BYTES("v"), NULL));
  plasmid_host_free(host);
  plasmid_config_free(config);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  folder = argv[1];
  const char *names[] = {"again", "refused", "threads", "killed", "relaxed", "forked", "waits"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) (void)remove(file_called(names[i]));
  a_host_is_there_again();
  files_are_refused();
  threads_share_a_file();
  killed_processes_lose_nothing();
  for (int relaxed = 0; relaxed < 2; relaxed++) a_child_leaves_the_file_alone(relaxed);
  a_child_waits_for_nobody();
  options_are_checked();
  return 0;
}
