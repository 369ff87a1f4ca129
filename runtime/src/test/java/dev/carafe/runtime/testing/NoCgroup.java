package dev.carafe.runtime.testing;

import dev.carafe.linux.Executor;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupMounts;
import dev.carafe.runtime.cgroup.Entrance;
import dev.carafe.spec.Resources;
import dev.carafe.spec.Spec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Leaves a container in its caller's cgroup, for tests that have nothing to do with cgroups. */
public final class NoCgroup implements Cgroup {

  @Override
  public Map<String, String> paths() {
    return Map.of();
  }

  @Override
  public Map<String, String> saved() {
    return Map.of();
  }

  @Override
  public CgroupMounts mounts() {
    return new CgroupMounts(false, List.of());
  }

  @Override
  public Optional<String> unsupported(Resources resources) {
    return Optional.empty();
  }

  @Override
  public void create(Executor host) {}

  @Override
  public void apply(Executor host, Resources resources) {}

  @Override
  public Runnable update(Executor host, Resources given, Resources before) {
    return () -> {};
  }

  @Override
  public void join(Executor host, int pid, int init, Map<String, String> below) {}

  @Override
  public void giveToOwner(Executor host, Spec spec) {}

  @Override
  public void join(Executor host, int pid) {}

  @Override
  public Entrance entrance(Executor host) {
    return Entrance.none();
  }

  @Override
  public boolean frozen() {
    return false;
  }

  @Override
  public void freeze() {}

  @Override
  public void thaw() {}

  @Override
  public void killAll() {}

  @Override
  public List<Integer> processes() {
    return List.of();
  }

  @Override
  public void remove() {}
}
