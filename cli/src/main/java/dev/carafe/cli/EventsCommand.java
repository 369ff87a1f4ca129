package dev.carafe.cli;

import dev.carafe.Container;
import dev.carafe.ContainerEvent;
import dev.carafe.ContainerEvents;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code carafe events}: prints what a container uses, and that it ran out of memory. */
final class EventsCommand extends Command {
  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);

  EventsCommand() {
    super("events", "print a container's use of resources, and its events", "<container-id>", 1, 1);
  }

  @Override
  String description() {
    return """
    Prints, as a line of JSON each, what the container uses of processors, memory, processes
    and block devices at each interval, and at once that it was out of memory. Ends when the
    container has stopped. With --stats it prints what is used now, and ends.\
    """;
  }

  @Override
  List<Flag> flags() {
    return List.of(
        Flag.value("interval", "time between two lines, as 500ms, 5s or 1m30s (default: 5s)"),
        Flag.toggle("stats", "print what is used now, and end"));
  }

  @Override
  int run(Session session, Arguments arguments) {
    Optional<String> given = arguments.value("interval");
    Duration interval = given.isEmpty() ? DEFAULT_INTERVAL : GoDuration.parse(given.get());
    Container container = session.container(arguments.rest().get(0));
    if (interval.isNegative() || interval.isZero()) {
      // The words are runc's.
      throw new CommandException("duration interval must be greater than 0");
    }
    String id = container.id().value();
    if (arguments.has("stats")) {
      Stream.OUT.print(StatsJson.event(id, container.stats()));
      return 0;
    }
    try (ContainerEvents events = container.events(interval)) {
      Optional<ContainerEvent> event = events.next();
      while (event.isPresent()) {
        // At once: who reads this may act on it.
        Stream.OUT.print(line(id, event.get()));
        event = events.next();
      }
    } catch (InterruptedException e) {
      throw new CommandException("interrupted while watching", e);
    }
    return 0;
  }

  private static String line(String id, ContainerEvent event) {
    return event instanceof ContainerEvent.Stats stats
        ? StatsJson.event(id, stats.stats())
        : StatsJson.outOfMemory(id);
  }
}
