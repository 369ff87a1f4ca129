package dev.carafe.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What limits are after a change. */
final class ResourcesUpdateTest {
  private static Resources resources(String json) {
    return SpecReader.readResources(
        json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "limits");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|{'pids':{'limit':0}}|{'pids':{'limit':0}}",
        "{'pids':{'limit':5}}|{}|{'pids':{'limit':5}}",
        "{'pids':{'limit':5}}|{'pids':{'limit':-1}}|{'pids':{'limit':-1}}",
        "{'memory':{'limit':5,'swap':7}}|{'memory':{'limit':6,'swap':0,'swappiness':0}}"
            + "|{'memory':{'limit':6,'swap':7,'swappiness':0}}",
        "{'cpu':{'quota':5,'cpus':'0','burst':4}}|{'cpu':{'quota':0,'period':9,'cpus':'','burst':0}}"
            + "|{'cpu':{'quota':5,'period':9,'cpus':'0','burst':0}}",
        "{'blockIO':{'weight':10,'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':1},"
            + "{'major':8,'minor':1,'rate':2}]}}"
            + "|{'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':3}]}}"
            + "|{'blockIO':{'weight':10,'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':3},"
            + "{'major':8,'minor':1,'rate':2}]}}",
        "{'hugepageLimits':[{'pageSize':'2MB','limit':1}]}"
            + "|{'hugepageLimits':[{'pageSize':'1GB','limit':2}]}"
            + "|{'hugepageLimits':[{'pageSize':'2MB','limit':1},{'pageSize':'1GB','limit':2}]}",
        "{'network':{'classID':1,'priorities':[{'name':'a','priority':1}]}}"
            + "|{'network':{'priorities':[{'name':'a','priority':2}]}}"
            + "|{'network':{'classID':1,'priorities':[{'name':'a','priority':2}]}}",
        "{'rdma':{'a':{'hcaHandles':1}},'unified':{'x.y':'1'}}|{'unified':{'x.y':'2','x.z':'3'}}"
            + "|{'rdma':{'a':{'hcaHandles':1}},'unified':{'x.y':'2','x.z':'3'}}",
        "{'devices':[{'allow':true}]}|{'devices':[{'allow':false}]}|{'devices':[{'allow':false}]}",
      })
  void whatTheChangeSaysCountsAndTheRestStays(String old, String change, String now) {
    assertEquals(resources(now), resources(old).updatedBy(resources(change)));
  }

  @Test
  void nothingIsEmpty() {
    assertTrue(Resources.NONE.isEmpty());
    assertTrue(resources("{}").isEmpty());
    assertFalse(resources("{'pids':{}}").isEmpty());
  }
}
