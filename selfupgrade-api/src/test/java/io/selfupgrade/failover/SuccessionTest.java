package io.selfupgrade.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SuccessionTest {

  private static final Duration TTL = Duration.ofSeconds(10);
  private static final AgentName AGENT = new AgentName("bot");
  private static final Version CONFIRMED = Version.parse("1.0.0");
  private static final Version NEWER = Version.parse("2.0.0");
  private static final UUID UPGRADE = UUID.randomUUID();
  private static final InstanceId HOLDER = InstanceId.random();
  private static final long EPOCH = 7;

  /**
   * The whole rule: phase of the open upgrade, who tries, by which way, how the lease stands, and
   * the answer; the first row that fits counts, {@code *} fits all.
   */
  private static final String TABLE =
      """
      *            *          EXPIRED   LIVE      wait
      *            *          WRONG     *         wait
      NONE         confirmed  *         *         lead
      NONE         *          *         LONG_AGO  lead
      NONE         *          *         *         wait
      HANDED_OVER  candidate  *         *         lead
      HANDED_OVER  *          ATTESTED  *         back
      HANDED_OVER  *          *         LONG_AGO  back
      HANDED_OVER  *          *         *         wait
      *            candidate  *         *         wait
      *            *          *         *         lead
      """;

  @TestFactory
  Stream<DynamicTest> followsTheTable() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String phase :
        List.of(
            "NONE",
            "OPEN",
            "STAGED",
            "AWAITING_APPROVAL",
            "TRIAL",
            "HANDED_OVER",
            "ROLLING_BACK")) {
      for (String who : List.of("candidate", "confirmed", "other")) {
        for (String way : List.of("EXPIRED", "LOCK", "ATTESTED", "WRONG")) {
          for (String lease : List.of("LIVE", "AGO", "LONG_AGO")) {
            String expected = expected(List.of(phase, who, way, lease));
            tests.add(
                DynamicTest.dynamicTest(
                    String.join(" ", phase, who, way, lease, "->", expected),
                    () -> check(phase, who, way, lease, expected)));
          }
        }
      }
    }
    return tests.stream();
  }

  private static void check(String phase, String who, String way, String lease, String expected) {
    for (TakeOver takeOver : ways(way)) {
      Succession.Decision decision =
          Succession.decide(
              Optional.of(lease(lease)), instance(who), takeOver, situation(phase), TTL);
      assertThat(decision.granted()).isEqualTo(!expected.equals("wait"));
      assertThat(decision.goesBack()).isEqualTo(expected.equals("back"));
      assertThat(decision.why().isEmpty()).isEqualTo(decision.granted());
    }
  }

  @Test
  void theFirstOfAnAgentLeadsByWhateverWay() {
    for (String way : List.of("EXPIRED", "LOCK", "ATTESTED", "WRONG")) {
      for (TakeOver takeOver : ways(way)) {
        Succession.Situation empty = new Succession.Situation(Optional.empty(), Optional.empty());
        assertThat(
                Succession.decide(Optional.empty(), instance("other"), takeOver, empty, TTL)
                    .granted())
            .isTrue();
      }
    }
  }

  @Test
  void theHolderWaitsWhileItLeadsAndMayReturnOnceItDoesNot() {
    InstanceRecord holder = record(HOLDER, CONFIRMED, Optional.empty());
    for (String way : List.of("EXPIRED", "LOCK", "ATTESTED")) {
      for (TakeOver takeOver : ways(way)) {
        assertThat(
                Succession.decide(
                        Optional.of(lease("LIVE")), holder, takeOver, situation("NONE"), TTL)
                    .granted())
            .isFalse();
        assertThat(
                Succession.decide(
                        Optional.of(lease("AGO")), holder, takeOver, situation("NONE"), TTL)
                    .granted())
            .isTrue();
      }
    }
  }

  @Test
  void theCandidateOfAPlatformGoesOnAloneOnceItsOldVersionIsGone() {
    InstanceRecord platforms =
        new InstanceRecord(
            InstanceId.random(), AGENT, NEWER, "", Optional.of(UPGRADE), false, "here");
    for (String lease : List.of("LIVE", "AGO", "LONG_AGO")) {
      assertThat(
              Succession.decide(
                      Optional.of(lease(lease)),
                      platforms,
                      new TakeOver.Expired(),
                      situation("TRIAL"),
                      TTL)
                  .granted())
          .as(lease)
          .isEqualTo(lease.equals("LONG_AGO"));
    }
  }

  @Test
  void theLockEntitlesOnlyWhileTheRowSaysThatItIsHeld() {
    Lease withoutLock = new Lease(fence(), Duration.ofSeconds(5), false);

    assertThat(
            Succession.decide(
                    Optional.of(withoutLock),
                    instance("confirmed"),
                    new TakeOver.EarlyLock(EPOCH),
                    situation("NONE"),
                    TTL)
                .granted())
        .isFalse();
  }

  @Test
  void theDeathOfAnotherThanTheNamedCandidateGivesItTimeToReturn() {
    Succession.OpenUpgrade open =
        new Succession.OpenUpgrade(
            UPGRADE, UpgradePhase.HANDED_OVER, Optional.of(InstanceId.random()));
    Succession.Situation restarted =
        new Succession.Situation(Optional.of(CONFIRMED), Optional.of(open));

    assertThat(
            Succession.decide(
                    Optional.of(lease("LIVE")),
                    instance("confirmed"),
                    new TakeOver.Attested(HOLDER, EPOCH),
                    restarted,
                    TTL)
                .granted())
        .isFalse();
  }

  @Test
  void aCandidateOfAnotherUpgradeIsAnInstanceLikeAnyOther() {
    InstanceRecord stranger = record(InstanceId.random(), NEWER, Optional.of(UUID.randomUUID()));

    Succession.Decision decision =
        Succession.decide(
            Optional.of(lease("AGO")),
            stranger,
            new TakeOver.Expired(),
            situation("HANDED_OVER"),
            TTL);

    assertThat(decision.granted()).isFalse();
  }

  private static String expected(List<String> facts) {
    for (String line : TABLE.split("\n", -1)) {
      List<String> row = Arrays.asList(line.split(" +", -1));
      boolean fits = true;
      for (int i = 0; i < facts.size(); i++) {
        fits = fits && (row.get(i).equals("*") || row.get(i).equals(facts.get(i)));
      }
      if (fits) {
        return row.get(facts.size());
      }
    }
    throw new AssertionError("no row for " + facts);
  }

  private static List<TakeOver> ways(String way) {
    return switch (way) {
      case "EXPIRED" -> List.of(new TakeOver.Expired());
      case "LOCK" -> List.of(new TakeOver.EarlyLock(EPOCH));
      case "ATTESTED" -> List.of(new TakeOver.Attested(HOLDER, EPOCH));
      default ->
          List.of(
              new TakeOver.EarlyLock(EPOCH - 1),
              new TakeOver.EarlyLock(EPOCH + 1),
              new TakeOver.Attested(InstanceId.random(), EPOCH),
              new TakeOver.Attested(HOLDER, EPOCH - 1));
    };
  }

  private static Lease lease(String expiry) {
    Duration remaining =
        switch (expiry) {
          case "LIVE" -> Duration.ofMillis(1);
          case "AGO" -> TTL.negated();
          default -> TTL.negated().minusMillis(1);
        };
    return new Lease(fence(), remaining, true);
  }

  private static Fence fence() {
    return new Fence(AGENT, HOLDER, EPOCH);
  }

  private static Succession.Situation situation(String phase) {
    Optional<Succession.OpenUpgrade> open =
        phase.equals("NONE")
            ? Optional.empty()
            : Optional.of(
                new Succession.OpenUpgrade(
                    UPGRADE, UpgradePhase.valueOf(phase), Optional.of(HOLDER)));
    return new Succession.Situation(Optional.of(CONFIRMED), open);
  }

  private static InstanceRecord instance(String who) {
    return switch (who) {
      case "candidate" -> record(InstanceId.random(), NEWER, Optional.of(UPGRADE));
      case "confirmed" -> record(InstanceId.random(), CONFIRMED, Optional.empty());
      default -> record(InstanceId.random(), NEWER, Optional.empty());
    };
  }

  /** A candidate is the launcher's, which keeps the old version running. */
  private static InstanceRecord record(InstanceId id, Version version, Optional<UUID> trial) {
    return new InstanceRecord(id, AGENT, version, "", trial, trial.isPresent(), "here");
  }
}
