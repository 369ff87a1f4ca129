/*
 * "passfd give SOCKET FILE" opens the file and sends the descriptor to who listens at the socket.
 * "passfd take SOCKET" listens, takes one descriptor, and prints what can be read from it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

static struct msghdr message(struct iovec *part, char *control, size_t size) {
  struct msghdr m;
  memset(&m, 0, sizeof m);
  m.msg_iov = part;
  m.msg_iovlen = 1;
  m.msg_control = control;
  m.msg_controllen = size;
  return m;
}

static int give(int s, const struct sockaddr_un *at, const char *file) {
  int fd = open(file, O_RDONLY);
  if (fd < 0) return fail(file);
  int tries = 0;
  while (connect(s, (const void *)at, sizeof *at) != 0) {
    if (++tries == 1000) return fail("connect");
    usleep(10000);
  }
  char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr m = message(&part, control, sizeof control);
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &fd, sizeof fd);
  return sendmsg(s, &m, 0) == 1 ? 0 : fail("sendmsg");
}

static int take(int s, const struct sockaddr_un *at) {
  if (bind(s, (const void *)at, sizeof *at) != 0 || listen(s, 1) != 0) return fail("listen");
  int peer = accept(s, 0, 0);
  char byte, control[CMSG_SPACE(sizeof(int))];
  struct iovec part = {&byte, 1};
  struct msghdr m = message(&part, control, sizeof control);
  if (peer < 0 || recvmsg(peer, &m, 0) != 1) return fail("recvmsg");
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  if (!c || c->cmsg_type != SCM_RIGHTS) return fail("no descriptor");
  int fd;
  memcpy(&fd, CMSG_DATA(c), sizeof fd);
  char text[256];
  ssize_t got = read(fd, text, sizeof text);
  if (got < 0) return fail("read");
  return write(1, text, got) == got ? 0 : fail("write");
}

int main(int argc, char **argv) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  if (argc < 3 || strlen(argv[2]) >= sizeof at.sun_path) return 2;
  strcpy(at.sun_path, argv[2]);
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  if (s < 0) return fail("socket");
  return strcmp(argv[1], "give") == 0 && argc == 4 ? give(s, &at, argv[3]) : take(s, &at);
}
