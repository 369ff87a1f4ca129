/* A stand-in for libseccomp.so.2 that only the linker sees: its names, as seccomp.c declares them. */
void seccomp_version(void) {}
void seccomp_syscall_resolve_name_arch(void) {}
void seccomp_init(void) {}
void seccomp_release(void) {}
void seccomp_arch_native(void) {}
void seccomp_arch_add(void) {}
void seccomp_arch_remove(void) {}
void seccomp_rule_add_array(void) {}
void seccomp_export_bpf(void) {}
