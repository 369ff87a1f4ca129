package dev.carafe.runtime.root;

import dev.carafe.linux.Fd;
import dev.carafe.spec.IdMapping;
import java.util.List;

/**
 * User namespaces for idmapped mounts: an owner of the file system is taken for an id in one, and
 * shown as what that is outside of it.
 */
public interface IdmapNamespaces {
  /** Returns the user namespace of the container's first process, which stays this one's. */
  Fd container();

  /** Returns a user namespace with these maps, which stays this one's. */
  Fd with(List<IdMapping> uids, List<IdMapping> gids);
}
