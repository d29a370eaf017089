package io.selfupgrade.launcher;

import io.selfupgrade.launcher.Scene.Row;
import java.io.IOException;
import java.util.UUID;

/** What happens to a launcher and its agents while a test looks at each effect. */
enum Script {
  UPGRADE {
    @Override
    void play(Scene scene) throws IOException {
      UUID candidate = handOver(scene);
      scene.moveTo(Row.CONFIRMED);
      scene.tell(candidate, RequestKind.CONFIRMED, 6);
      tick(scene, 4);
    }
  },
  WAY_BACK {
    @Override
    void play(Scene scene) throws IOException {
      handOver(scene);
      scene.moveTo(Row.BACK);
      scene.tell(scene.await(Role.CURRENT), RequestKind.DROPPED, 7);
      tick(scene, 4);
    }
  },
  ALONE {
    @Override
    void play(Scene scene) throws IOException {
      UUID candidate = handOverAlone(scene);
      scene.moveTo(Row.CONFIRMED);
      scene.tell(candidate, RequestKind.CONFIRMED, 6);
      tick(scene, 4);
    }
  },
  ALONE_BACK {
    @Override
    void play(Scene scene) throws IOException {
      UUID candidate = handOverAlone(scene);
      scene.moveTo(Row.BACK);
      scene.tell(candidate, RequestKind.DROPPED, 6);
      tick(scene, 5);
    }
  },
  RESTART {
    @Override
    void play(Scene scene) throws IOException {
      for (int i = 0; i < 3; i++) {
        scene.tell(serve(scene), RequestKind.RESTART, 0);
        tick(scene, 3);
      }
    }
  },
  CRASH_LOOP {
    @Override
    void play(Scene scene) throws IOException {
      UUID current = serve(scene);
      scene.moveTo(Row.TRIAL);
      scene.tell(current, RequestKind.TRY, 5);
      for (int i = 0; i < Rules.COUNTED_STARTS; i++) {
        UUID candidate = scene.await(Role.CANDIDATE);
        scene.processes.living().stream()
            .filter(one -> one.instance.equals(candidate))
            .forEach(FakeProcesses.Fake::kill);
        tick(scene, 1);
      }
      tick(scene, 3);
      scene.moveTo(Row.BACK);
      scene.tell(current, RequestKind.DROPPED, 5);
      tick(scene, 4);
    }
  };

  /** Tells whether the new version runs at the end. */
  boolean upgrades() {
    return this == UPGRADE || this == ALONE;
  }

  /** Tells whether there are moments in which nothing runs, and rightly so. */
  boolean interrupts() {
    return this == RESTART || this == ALONE || this == ALONE_BACK;
  }

  /** Goes on from a scene whose launcher has begun. */
  abstract void play(Scene scene) throws IOException;

  private static UUID serve(Scene scene) throws IOException {
    tick(scene, 1);
    UUID current = scene.await(Role.CURRENT);
    scene.tell(current, RequestKind.READY, 0);
    return current;
  }

  private static UUID handOver(Scene scene) throws IOException {
    UUID current = serve(scene);
    scene.moveTo(Row.TRIAL);
    scene.tell(current, RequestKind.TRY, 5);
    UUID candidate = scene.await(Role.CANDIDATE);
    scene.tell(candidate, RequestKind.READY, 0);
    scene.moveTo(Row.HANDED_OVER);
    scene.tell(current, RequestKind.HANDED_OVER, 6);
    tick(scene, 3);
    return candidate;
  }

  private static UUID handOverAlone(Scene scene) throws IOException {
    UUID current = serve(scene);
    scene.moveTo(Row.TRIAL);
    scene.tellAlone(current, 5);
    tick(scene, 2);
    scene.moveTo(Row.HANDED_OVER);
    scene.tell(current, RequestKind.HANDED_OVER, 6);
    UUID candidate = scene.await(Role.CANDIDATE);
    scene.tell(candidate, RequestKind.READY, 0);
    tick(scene, 2);
    return candidate;
  }

  private static void tick(Scene scene, int times) {
    for (int i = 0; i < times; i++) {
      scene.tick();
    }
  }
}
