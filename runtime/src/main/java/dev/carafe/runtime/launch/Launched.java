package dev.carafe.runtime.launch;

import dev.carafe.linux.Fd;
import dev.carafe.linux.PidFd;
import dev.carafe.runtime.state.ProcessIdentity;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A first process that is held until {@link Launcher#start}. The caller owns what is open in it.
 *
 * @param init the process
 * @param process the process, opened before anybody can have reaped it; empty in a plan
 * @param innerPid its id in its own pid namespace; empty of a first process, whose id there is
 *     known
 * @param terminal the side of the terminal that is not the container's; empty when there is none,
 *     or when it went to the console socket
 * @param warnings what the user should know, one sentence each
 */
public record Launched(
    ProcessIdentity init,
    Optional<PidFd> process,
    OptionalInt innerPid,
    Optional<Fd> terminal,
    List<String> warnings) {}
