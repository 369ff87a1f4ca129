/* What the front knows beyond what an agent does. */
#ifndef CARAFE_FRONT_H
#define CARAFE_FRONT_H

#include "agent.h"

#define JAVA_STRINGS 64
#define SUCCESSOR_STRINGS 64

struct front {
  int64_t java; /* its pid; 0: it has been reaped */
  int java_argc, java_envc;
  char *java_argv[JAVA_STRINGS];
  char *java_env[JAVA_STRINGS];
  char **envp; /* the caller's */
  char *hello;
  size_t hello_size, hello_prefix;
  bool waited;     /* the last batch was a WAIT: */
  int status;      /* the wait status */
  char *successor; /* NUL-separated arguments, in the last message */
  uint32_t successor_length;
};

#endif
