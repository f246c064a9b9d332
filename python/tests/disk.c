/* A disk under the hands of a test, put before that of the system by LD_PRELOAD. The folder that
 * DISK names says what it does: while there is a file "stopped" nothing becomes durable, and one
 * "waiting" tells that somebody waits for that; while there is "broken" everything fails. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int there(const char *folder, const char *name, int is_made) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (!is_made) return access(path, F_OK) == 0;
  int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  return file >= 0 && close(file) == 0;
}

static int sync_by(long call, int file) {
  const char *folder = getenv("DISK");
  if (folder && there(folder, "stopped", 0)) {
    there(folder, "waiting", 1);
    while (there(folder, "stopped", 0)) usleep(500);
  }
  if (folder && there(folder, "broken", 0)) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(call, file);
}

int fdatasync(int file) { return sync_by(SYS_fdatasync, file); }

int fsync(int file) { return sync_by(SYS_fsync, file); }
