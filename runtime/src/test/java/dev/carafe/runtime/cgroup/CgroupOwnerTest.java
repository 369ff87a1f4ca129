package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.spec.Spec;
import dev.carafe.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Whose a container's cgroup is to be (config-linux.md, Cgroup ownership). */
final class CgroupOwnerTest {
  /** A configuration with a user namespace that maps 0 to 9 to 100000 and above. */
  static Spec spec(boolean namespace, String option, int uid) {
    String json =
        "{'ociVersion':'1.3.0','process':{'args':['true'],'cwd':'/','user':{'uid':"
            + uid
            + ",'gid':0}},'mounts':[{'destination':'/sys/fs/cgroup','type':'cgroup',"
            + "'source':'cgroup','options':['"
            + option
            + "']}],'linux':{'namespaces':[{'type':'user'}"
            + (namespace ? ",{'type':'cgroup'}" : "")
            + "],'uidMappings':[{'containerID':0,'hostID':100000,'size':10}]}}";
    return SpecReader.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "config.json");
  }

  @Test
  void itIsTheUserOfTheProgramAsTheHostSeesIt() {
    assertEquals(OptionalLong.of(100_005), CgroupOwner.of(spec(true, "rw", 5)));
  }

  @Test
  void theOwnerStaysWithoutANamespaceOrWhenItIsReadOnlyOrTheUserIsNotMapped() {
    assertEquals(OptionalLong.empty(), CgroupOwner.of(spec(false, "rw", 5)));
    assertEquals(OptionalLong.empty(), CgroupOwner.of(spec(true, "ro", 5)));
    assertEquals(OptionalLong.empty(), CgroupOwner.of(spec(true, "rw", 10)));
  }
}
