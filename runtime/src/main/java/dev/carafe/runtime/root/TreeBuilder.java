package dev.carafe.runtime.root;

import dev.carafe.linux.Batch;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Executor;
import dev.carafe.linux.Fd;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.runtime.root.Step.Stop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Does steps in their order, many in one batch. What a chunk of steps needs of the host is opened
 * just before and closed just after, so that the number of mounts is not bound by the number of
 * descriptors.
 */
final class TreeBuilder {
  private static final int FIRST_CHUNK = 800;
  private static final int CHUNK = 1200;
  private static final int STEPS = 32;
  private static final int RETRIES = 64;

  private final Executor init;
  private final Sources sources;
  private final Consumer<String> warnings;
  private Optional<Fd> rootFd;
  private Optional<Ref> root = Optional.empty();
  private int retries;
  private boolean thorough;

  /** Adds to the first batch what comes before all steps; gets the descriptor of the root. */
  interface Start {
    /** Returns the mount that is the root. */
    Ref add(Calls calls, Optional<Ref> passed);
  }

  /**
   * Makes one.
   *
   * @param rootFd is handed to the agent with the first batch
   */
  TreeBuilder(Executor init, Optional<Fd> rootFd, Sources sources, Consumer<String> warnings) {
    this.init = init;
    this.rootFd = rootFd;
    this.sources = sources;
    this.warnings = warnings;
  }

  /** Does all of {@code steps}, and returns the root. */
  Ref run(Batch first, Start start, List<Step> steps) {
    Deque<Step> waiting = new ArrayDeque<>(steps);
    Optional<Batch> batch = Optional.of(first);
    while (batch.isPresent() || !waiting.isEmpty()) {
      List<Step> chunk = take(waiting, batch.isPresent() ? FIRST_CHUNK : CHUNK);
      try {
        open(chunk);
        List<Step> more = runChunk(batch, start, chunk);
        for (int i = more.size() - 1; i >= 0; i--) {
          waiting.addFirst(more.get(i));
        }
      } finally {
        for (Step step : chunk) {
          step.close();
        }
      }
      batch = Optional.empty();
    }
    return root();
  }

  private Ref root() {
    return root.orElseThrow(() -> new IllegalStateException("there is no root yet"));
  }

  private static List<Step> take(Deque<Step> waiting, int budget) {
    List<Step> chunk = new ArrayList<>();
    int cost = 0;
    while (!waiting.isEmpty() && chunk.size() < STEPS) {
      cost += waiting.getFirst().cost();
      if (cost > budget && !chunk.isEmpty()) {
        break;
      }
      Step step = waiting.removeFirst();
      chunk.add(step);
      if (step.isLong()) {
        break;
      }
    }
    return chunk;
  }

  /** Opens what the chunk needs; a step that may be left out and cannot be opened is. */
  private void open(List<Step> chunk) {
    for (int i = 0; i < chunk.size(); i++) {
      Step step = chunk.get(i);
      try {
        step.open(sources);
      } catch (KernelException e) {
        if (!step.mayFail()) {
          throw e;
        }
        warnings.accept(step.label + " is left out: " + e.getMessage());
        chunk.remove(i--);
      }
    }
  }

  private List<Step> runChunk(Optional<Batch> first, Start start, List<Step> chunk) {
    List<Step> more = new ArrayList<>();
    Batch oldest = first.isPresent() ? first.get() : init.batch();
    Batch batch = oldest;
    Optional<Ref> place = Optional.empty();
    int next = 0;
    while (true) {
      Fd[] fds = pass(batch, start, chunk, next);
      Stage stage = new Stage(batch, root(), thorough);
      for (int i = next; i < chunk.size(); i++) {
        chunk.get(i).addTo(stage, i == next ? place : Optional.empty());
      }
      stage.end();
      Reply reply = init.run(batch, fds);
      Optional<Stop> stop = Optional.empty();
      while (next < chunk.size() && stop.isEmpty()) {
        stop = chunk.get(next).stopped(reply);
        if (stop.isEmpty()) {
          more.addAll(chunk.get(next++).finish(reply, stage));
        }
      }
      if (stop.isEmpty()) {
        break;
      }
      place = afterStop(chunk, next, stop.get(), (int) -reply.value(stop.get().call()));
      batch = init.batch();
    }
    if (!chunk.isEmpty() && chunk.getLast().isLong()) {
      chunk.getLast().complete(init, warnings);
    }
    // The references of the first batch are used to the end: the root's is one of them.
    if (first.isEmpty()) {
      oldest.recycle();
    }
    return more;
  }

  /** Hands over what the agent has not got yet; begins with the root. */
  private Fd[] pass(Batch batch, Start start, List<Step> chunk, int from) {
    List<Fd> fds = new ArrayList<>();
    List<Step> giving = new ArrayList<>();
    if (root.isEmpty() && rootFd.isPresent()) {
      fds.add(rootFd.get());
    }
    int before = fds.size();
    for (int i = from; i < chunk.size(); i++) {
      Optional<Fd> fd = chunk.get(i).descriptor();
      if (fd.isPresent()) {
        giving.add(chunk.get(i));
        fds.add(fd.get());
      }
    }
    Ref[] refs = fds.isEmpty() ? new Ref[0] : batch.passed(fds.size());
    for (int i = 0; i < giving.size(); i++) {
      giving.get(i).passed(refs[before + i]);
    }
    if (root.isEmpty()) {
      Optional<Ref> passed = before == 1 ? Optional.of(refs[0]) : Optional.empty();
      root = Optional.of(start.add(new Calls(batch), passed));
    }
    return fds.toArray(new Fd[0]);
  }

  /**
   * Finds another way for the step that stopped the batch; returns its place, if it is open now.
   */
  private Optional<Ref> afterStop(List<Step> chunk, int index, Stop stop, int errno) {
    Step step = chunk.get(index);
    if (stop.atPlace()) {
      // Something in the path was moved while it was resolved (openat2(2), EAGAIN): once more.
      if (errno == Errno.EAGAIN && retries++ < RETRIES) {
        return Optional.empty();
      }
      if (errno == Errno.ENOENT && step.target().make() && !thorough) {
        // More than its last part may be missing. That is rare, and once it was so, looked for.
        thorough = true;
        return Optional.empty();
      }
      if (errno == Errno.ENOENT && step.target().make()) {
        RootWalker walker = new RootWalker(init, root(), step.followLinks);
        return Optional.of(walker.open(step.label, step.path, step.target()));
      }
      throw new KernelException(step.label + placeHint(step, errno), errno);
    }
    Optional<Step> instead = step.instead(errno);
    if (instead.isEmpty()) {
      throw new KernelException(step.label + step.reason(init, errno), errno);
    }
    chunk.set(index, instead.get());
    instead.get().open(sources);
    return Optional.empty();
  }

  private static String placeHint(Step step, int errno) {
    if (errno == Errno.ELOOP && !step.followLinks) {
      return " (the destination must not be or pass through a symbolic link)";
    }
    return errno == Errno.ENOTDIR && step.target().directory()
        ? " (the destination is not a directory)"
        : "";
  }
}
