package dev.carafe.spec;

/**
 * The I/O priority of a process (config.md, Linux process, ioPriority).
 *
 * @param priorityClass the class ("class" in the file).
 * @param priority the priority in it.
 */
public record IoPriority(IoPriorityClass priorityClass, int priority) {}
