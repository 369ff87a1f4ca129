package dev.carafe.runtime.root;

import dev.carafe.linux.Arg;
import dev.carafe.linux.Errno;
import dev.carafe.linux.KernelException;
import dev.carafe.linux.Mode;
import dev.carafe.linux.Ref;
import dev.carafe.linux.Reply;
import dev.carafe.linux.Syscall;
import dev.carafe.runtime.root.Stage.Target;
import java.util.ArrayList;
import java.util.List;

/** Makes symbolic links, and an empty file if one is wanted, in one directory. */
final class LinkStep extends Step {
  private final List<Link> links;
  private final List<Ref> made = new ArrayList<>();

  /**
   * A link.
   *
   * @param name its name.
   * @param target what it says; if empty, it is an empty file to mount on.
   * @param replace whether what has the name is removed first.
   */
  record Link(String name, String target, boolean replace) {}

  LinkStep(ContainerPath path, List<Link> links) {
    super("make links in " + path, path, NodeStep.mayFollowLinks(path));
    this.links = List.copyOf(links);
  }

  @Override
  int cost() {
    return super.cost() + 2 * links.size();
  }

  @Override
  Target target() {
    return new Target(true, followLinks, true);
  }

  @Override
  void add(Stage stage, Ref place) {
    made.clear();
    for (Link link : links) {
      String words = words(link);
      if (link.replace()) {
        stage.calls.batch.tryCall(
            words, Syscall.UNLINKAT, place, stage.calls.string(link.name()), Arg.ZERO);
      }
      made.add(
          link.target().isEmpty()
              ? stage.calls.makeNode(words, place, link.name(), Mode.REGULAR | 0600, 0)
              : stage.calls.makeLink(words, link.target(), place, link.name()));
    }
    stage.calls.close(place);
  }

  private String words(Link link) {
    return "make " + path.child(link.name());
  }

  @Override
  List<Step> finish(Reply reply, Stage stage) {
    for (int i = 0; i < links.size(); i++) {
      int errno = (int) -reply.value(made.get(i));
      if (errno > 0 && errno != Errno.EEXIST) {
        throw new KernelException(words(links.get(i)), errno);
      }
    }
    return List.of();
  }
}
