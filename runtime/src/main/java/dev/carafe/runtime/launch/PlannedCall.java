package dev.carafe.runtime.launch;

/**
 * One operation that a launch would perform.
 *
 * @param process who performs it: {@code host}, {@code caller}, {@code middle} or {@code init}
 * @param moment {@code create} or {@code start}
 * @param operation verb and object, as an error would say it
 * @param call the system call with its arguments; {@code $n} is the result of an earlier one of the
 *     same process
 * @param depth how many branches it stands in, 0 for what happens when all goes well
 * @param condition when the branch is taken, such as {@code if $3 failed}; empty where there is
 *     none
 * @param optional whether its failure is an answer, and the launch goes on
 */
public record PlannedCall(
    String process,
    String moment,
    String operation,
    String call,
    int depth,
    String condition,
    boolean optional) {}
