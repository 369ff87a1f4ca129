/*
 * What a service manager does, and what a service does for it:
 *   manager datagrams PATH COUNT   prints so many datagrams, each on a line with \n as a space
 *   manager descriptor PATH        prints what a connection sends, and which process its pidfd is
 *   manager notify TEXT            sends a datagram to $NOTIFY_SOCKET
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return address;
}

static int bound(const char *path, int type) {
  struct sockaddr_un address = at(path);
  int fd = socket(AF_UNIX, type, 0);
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) exit(2);
  puts("ready");
  fflush(stdout);
  return fd;
}

static int take(int fd, char *text) {
  char control[256];
  struct iovec data = {text, 4095};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t got = recvmsg(fd, &message, 0);
  if (got < 0) exit(3);
  text[got] = 0;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  return head ? *(int *)CMSG_DATA(head) : -1;
}

int main(int argc, char **argv) {
  char text[4096];
  if (!strcmp(argv[1], "notify")) {
    struct sockaddr_un address = at(getenv("NOTIFY_SOCKET"));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    return sendto(fd, argv[2], strlen(argv[2]), 0, (void *)&address, sizeof address) < 0;
  }
  if (!strcmp(argv[1], "datagrams")) {
    int fd = bound(argv[2], SOCK_DGRAM);
    for (int i = atoi(argv[3]); i > 0; i--) {
      int sent = take(fd, text);
      if (sent >= 0) close(sent);
      for (char *c = text; *c; c++) *c = *c == '\n' ? ' ' : *c;
      puts(text);
      fflush(stdout);
    }
    return 0;
  }
  int fd = bound(argv[2], SOCK_STREAM);
  listen(fd, 1);
  int sent = take(accept(fd, NULL, NULL), text);
  puts(text);
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", sent);
  FILE *info = fopen(path, "r");
  while (info && fgets(line, sizeof line, info))
    if (!strncmp(line, "Pid:", 4)) fputs(line, stdout);
  return 0;
}
