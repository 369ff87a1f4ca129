#include "agent.h"
_Noreturn void front_start(struct agent *a, long *stack, char **argv, char **envp) {
  (void)a; (void)stack; (void)argv; (void)envp; leave(1);
}
_Noreturn void front_exit(struct front *f, int code) { (void)f; leave(code); }
void front_java_left(struct agent *a) { (void)a; leave(1); }
void front_batch_came(struct front *f) { (void)f; }
int64_t front_wait(struct agent *a, const uint64_t args[6]) { (void)a; (void)args; return -ENOSYS; }
