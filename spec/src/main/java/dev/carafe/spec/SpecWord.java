package dev.carafe.spec;

/** A value that the spec writes as one of a closed set of strings. */
public sealed interface SpecWord
    permits DeviceType,
        HookKind,
        IoPriorityClass,
        MemoryPolicyFlag,
        MemoryPolicyMode,
        NamespaceType,
        PersonalityDomain,
        Propagation,
        RlimitType,
        SchedulerFlag,
        SchedulerPolicy,
        SeccompAction,
        SeccompArch,
        SeccompFlag,
        SeccompOperator {

  /** Returns the string that the spec uses. */
  String word();
}
