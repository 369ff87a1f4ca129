package dev.carafe.runtime.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.CarafeException;
import dev.carafe.Container;
import dev.carafe.ContainerExistsException;
import dev.carafe.ContainerState;
import dev.carafe.DeleteMode;
import dev.carafe.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of any number of creators of one id exactly one wins, and the others touch nothing of it. */
final class CreateRaceTest {
  private static final int CREATORS = 8;
  private static final int ROUNDS = 20;

  private Ground ground;

  @BeforeEach
  void begin() throws Exception {
    ground = new Ground();
  }

  @AfterEach
  void end() throws Exception {
    for (ContainerState each : ground.containers().list().containers()) {
      ground.containers().delete(each.id(), DeleteMode.FORCE);
    }
    ground.close();
  }

  @Test
  void exactlyOneCreatorWins() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      List<Container> winners = new ArrayList<>();
      List<CarafeException> losers = new ArrayList<>();
      race(winners, losers);
      assertEquals(1, winners.size(), losers.toString());
      assertEquals(CREATORS - 1, losers.size());
      for (CarafeException each : losers) {
        assertTrue(each instanceof ContainerExistsException, each.toString());
      }
      Container winner = winners.get(0);
      assertEquals(Status.CREATED, winner.status());
      winner.start();
      assertEquals(1, ground.live("a").size());
      winner.delete(DeleteMode.FORCE);
      assertEquals(List.of(), ground.live("a"));
      assertEquals(List.of(), ground.remains());
    }
  }

  private void race(List<Container> winners, List<CarafeException> losers) throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CREATORS; i++) {
      Thread thread =
          new Thread(() -> {
            try {
              gate.await();
              Container made = ground.containers().create(ground.request("a"));
              synchronized (winners) {
                winners.add(made);
              }
            } catch (CarafeException e) {
              synchronized (losers) {
                losers.add(e);
              }
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      thread.start();
      threads.add(thread);
    }
    gate.countDown();
    for (Thread each : threads) {
      each.join();
    }
  }

  @Test
  void aDeleteByForceTakesACreationOverAndLeavesNothing() throws Exception {
    List<CarafeException> wrong = new CopyOnWriteArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      Thread creator =
          new Thread(() -> {
            try {
              Container made = ground.containers().create(ground.request("a"));
              assertEquals("a", made.id().value());
            } catch (CarafeException e) {
              // It was deleted meanwhile.
              assertTrue(!(e instanceof ContainerExistsException), e.toString());
            }
          });
      creator.start();
      boolean gone = false;
      while (!gone) {
        try {
          ground.containers().delete(Ground.id("a"), DeleteMode.FORCE);
          gone = true;
        } catch (CarafeException e) {
          gone = !creator.isAlive() && ground.containers().list().containers().isEmpty();
        }
      }
      creator.join();
      assertEquals(List.of(), wrong);
      assertEquals(List.of(), ground.live("a"));
      assertEquals(List.of(), ground.containers().list().containers());
      assertEquals(List.of(), ground.remains());
    }
  }
}
