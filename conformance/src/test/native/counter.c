/*
 * "counter serve PATH": counts who connects to the Unix socket PATH, and tells each its number.
 * "counter ask PATH": connects, and prints the number. "counter lock PATH": locks a file, says so in
 * it, and waits.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

static int serve(int listening) {
  for (int number = 1;; number++) {
    int connection = accept(listening, 0, 0);
    if (connection < 0) return fail("accept");
    dprintf(connection, "%d\n", number);
    close(connection);
  }
}

static int lock(const char *path) {
  int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || flock(file, LOCK_EX)) return fail(path);
  dprintf(file, "locked\n");
  for (;;) pause();
}

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int made = socket(AF_UNIX, SOCK_STREAM, 0);
  if (argc != 3 || made < 0) return 2;
  if (strcmp(argv[1], "lock") == 0) return lock(argv[2]);
  strncpy(address.sun_path, argv[2], sizeof address.sun_path - 1);
  if (strcmp(argv[1], "serve") == 0) {
    if (bind(made, (struct sockaddr *)&address, sizeof address) || listen(made, 5))
      return fail(argv[2]);
    return serve(made);
  }
  char text[16];
  if (connect(made, (struct sockaddr *)&address, sizeof address)) return fail(argv[2]);
  ssize_t got = read(made, text, sizeof text);
  return got > 0 && write(1, text, (size_t)got) == got ? 0 : 1;
}
