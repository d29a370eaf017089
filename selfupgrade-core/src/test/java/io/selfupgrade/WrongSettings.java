package io.selfupgrade;

import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.notify.LogNotifier;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.failover.WhenIsolated;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Settings that are wrong, each with what is to be said about it. */
final class WrongSettings {

  static final Duration ABSURD = Duration.ofSeconds(Long.MAX_VALUE);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Schedule HOURLY = Schedule.every(HOUR);
  static final PublicKey KEY = key();

  private WrongSettings() {}

  /**
   * One wrong setting.
   *
   * @param name what is wrong
   * @param wrong the calls, on a builder that has a store and a version
   * @param said parts of the one sentence about it; the first is the call that mends it
   */
  record Wrong(String name, Consumer<SelfUpgradeBuilder> wrong, List<String> said) {
    @Override
    public String toString() {
      return name;
    }
  }

  private record Named(String name) implements Notifier {
    @Override
    public Delivery deliver(Notification notification) {
      return new Delivery.Impossible("nobody asks");
    }
  }

  private static Wrong wrong(String name, Consumer<SelfUpgradeBuilder> wrong, String... said) {
    return new Wrong(name, wrong, List.of(said));
  }

  private static Wrong upgrades(String name, Consumer<UpgradesBuilder> more, String... said) {
    return wrong(name, b -> b.upgrades(u -> more.accept(usable(u))), said);
  }

  static Stream<Wrong> table() {
    return Stream.of(primary(), tasks(), upgrades(), installs(), observe(), others(), nulls())
        .flatMap(part -> part);
  }

  private static Stream<Wrong> primary() {
    return Stream.of(
        wrong("store twice", b -> b.store(store()), "store(...)", "twice"),
        wrong("no semantic version", b -> b.version("1.0"), "version(...)", "\"1.0\"", "1.4.0"),
        wrong("lease of nothing", b -> b.leaseTime(Duration.ZERO), "leaseTime(", "300 ms"),
        wrong("negative lease", b -> b.leaseTime(Duration.ofSeconds(-1)), "leaseTime(", "PT-1S"),
        wrong("endless lease", b -> b.leaseTime(ABSURD), "leaseTime(", "1 h"),
        wrong(
            "two works",
            b -> b.whilePrimary(work()).whilePrimary(work(), WhenIsolated.KEEP),
            "whilePrimary(...)",
            "make one PrimaryWork of both"),
        wrong(
            "half of a launcher",
            b -> b.launcher(() -> LauncherLink.from(environment(Path.of("/nowhere"), "no-uuid"))),
            "environment",
            "no-uuid"));
  }

  private static Stream<Wrong> tasks() {
    return Stream.of(
        wrong("task without a name", b -> task(b, "", HOURLY), "task(\"\"", "1 to 100"),
        wrong("task name with a space", b -> task(b, "a b", HOURLY), "task(\"a b\"", "1 to 100"),
        wrong(
            "two tasks of a name",
            b -> task(task(b, "t", HOURLY), "t", HOURLY),
            "task(\"t\"",
            "declared twice"),
        wrong("hour 25", b -> task(b, "t", cron("0 25 * * *")), "task(\"t\"", "hour \"25\""),
        wrong("four fields", b -> task(b, "t", cron("0 2 * *")), "task(\"t\"", "\"0 2 * *\""),
        wrong("no such word", b -> task(b, "t", cron("@noon")), "task(\"t\"", "@noon"),
        wrong("never due", b -> task(b, "t", cron("0 0 30 2 *")), "task(\"t\"", "never due"),
        wrong("endless period", b -> task(b, "t", Schedule.every(ABSURD)), "task(\"t\"", "36,500"),
        wrong("year 10000", b -> task(b, "t", Schedule.at(Instant.MAX)), "task(\"t\"", "9999"),
        wrong(
            "negative age",
            b -> b.task("t", HOURLY, within(Duration.ofSeconds(-1)), run -> {}),
            "task(\"t\"",
            "PT-1S"));
  }

  private static Stream<Wrong> upgrades() {
    return Stream.of(
        wrong("no source", b -> b.upgrades(u -> u.trust(Trust.keys(KEY))), "u.from(...)"),
        wrong("no trust", b -> b.upgrades(u -> u.from(source())), "u.trust(Trust.keys(...))"),
        upgrades(
            "no key", u -> u.channel("beta").trust(Trust.keys()), "upgrades(...)", "one public"),
        upgrades(
            "threshold of 2 with 1 key",
            u -> u.times(times(Duration.ofSeconds(1))).trust(Trust.keys(KEY).threshold(2)),
            "upgrades(...)",
            "threshold 2"),
        upgrades(
            "key file that is not there",
            u -> u.channel("beta").trust(Trust.keys(Keys.file(Path.of("/nowhere/release.pub")))),
            "upgrades(...)",
            "/nowhere/release.pub"),
        upgrades("two sources", u -> u.from(source()), "upgrades(u -> u.from(...))", "twice"),
        upgrades("two trusts", u -> u.trust(Trust.keys(KEY)), "upgrades(u -> u.trust(", "twice"),
        upgrades("channel", u -> u.channel("../x"), "upgrades(u -> u.channel(", "\"../x\""),
        upgrades("look at hour 25", u -> u.lookAt(cron("0 25 * * *")), "look-for-releases", "25"),
        upgrades(
            "negative drain", u -> u.times(times(Duration.ofSeconds(-1))), "upgrades(", "drain"),
        upgrades("endless drain", u -> u.times(times(ABSURD)), "upgrades(", "drain", "30 days"),
        upgrades(
            "two probes of a name",
            u -> u.probe("p", () -> {}).probe("p", () -> {}),
            "upgrades(u -> u.probe(\"p\"",
            "twice"),
        upgrades(
            "two critical paths of a name",
            u -> u.criticalPath("p", () -> {}).criticalPath("p", () -> {}),
            "upgrades(u -> u.criticalPath(\"p\"",
            "twice"),
        wrong(
            "upgrades twice",
            b -> b.upgrades(u -> usable(u)).upgrades(u -> usable(u)),
            "upgrades(...)",
            "twice"));
  }

  private static Stream<Wrong> installs() {
    return Stream.of(
        upgrades(
            "slots without a launcher",
            u -> u.installBy(Install.slots()),
            "upgrades(u -> u.installBy(Install.slots())) needs the launcher",
            "launcher.jar run HOME"),
        upgrades(
            "a platform that promises less",
            u -> u.installBy(Install.deploying(new InMemoryPlatform())),
            "upgrades(u -> u.installBy(Install.deploying(",
            "until NEVER, expected CONFIRMED",
            "allowing(KeptUntil.NEVER)"),
        upgrades(
            "a platform and a restart",
            u -> u.installBy(deploying()).switchBy(Switch.RESTART),
            "upgrades(u -> u.installBy(Install.deploying(",
            "leave switchBy(...) out"),
        upgrades(
            "no time for a platform",
            u -> u.installBy(deploying().within(Duration.ZERO)),
            "upgrades(...)",
            "within(PT0S)"),
        upgrades(
            "two ways to install",
            u -> u.installBy(deploying()).installBy(deploying()),
            "u.installBy(...)",
            "twice"),
        upgrades("way to install null", u -> u.installBy(null), "u.installBy(...)", "null"));
  }

  private static Install.Deploying deploying() {
    return Install.deploying(new InMemoryPlatform(KeptUntil.CONFIRMED, false));
  }

  private static Stream<Wrong> observe() {
    return Stream.of(
        wrong(
            "two notifiers of a name",
            b -> b.notifyBy(new LogNotifier()).notifyBy(new LogNotifier()),
            "notifyBy(...)",
            "\"log\""),
        wrong(
            "more notifiers than the store takes",
            b -> IntStream.rangeClosed(1, 21).forEach(i -> b.notifyBy(new Named("n" + i))),
            "notifyBy(...)",
            "at most 20"),
        wrong(
            "two probes of a name",
            b -> b.observe(o -> o.probe("p", () -> {}).probe("p", () -> {})),
            "observe(o -> o.probe(\"p\"",
            "twice"),
        wrong(
            "a probe of a name here and there",
            b ->
                b.upgrades(u -> usable(u).probe("shared", () -> {}))
                    .observe(o -> o.probe("shared", () -> {})),
            "observe(o -> o.probe(\"shared\"",
            "upgrades(u -> u.probe"),
        wrong("notifier null", b -> b.notifyBy(null), "notifyBy(...)", "null"),
        wrong("observe null", b -> b.observe(null), "observe(...)", "null"),
        wrong("spool null", b -> b.observe(o -> o.spool(null)), "o.spool(...)", "null"),
        wrong("retention null", b -> b.observe(o -> o.retention(null)), "o.retention(...)", "null"),
        wrong(
            "retention of nothing",
            b ->
                b.observe(
                    o -> o.retention(Retention.DEFAULT.keep(Retention.Kept.LOGS, Duration.ZERO))),
            "observe(...)",
            "LOGS"));
  }

  private static Stream<Wrong> others() {
    return Stream.of(
        wrong("memory twice", b -> b.memory().memory(), "memory(...)", "twice"),
        wrong("memory null", b -> b.memory(null), "memory(...)", "null"),
        wrong("tier null", b -> life(b, null, HOUR), "memory(m -> m.life(...))", "null"),
        wrong("life null", b -> life(b, Tier.WORKING, null), "memory(m -> m.life(...))", "null"),
        wrong("no life", b -> life(b, Tier.WORKING, Duration.ZERO), "m.life(", "PT0S", "1 s"),
        wrong("endless life", b -> life(b, Tier.SHORT_TERM, ABSURD), "m.life(", "36,500 days"),
        wrong("platform null", b -> b.deployTo(null), "deployTo(...)", "null"),
        wrong("role null", b -> b.role(null), "role(null)", "leave role(...) out"),
        wrong("primary", b -> b.role(Role.PRIMARY), "role(PRIMARY)", "leave role(...) out"));
  }

  private static SelfUpgradeBuilder life(SelfUpgradeBuilder builder, Tier tier, Duration life) {
    return builder.memory(m -> m.life(tier, life));
  }

  private static Stream<Wrong> nulls() {
    return Stream.of(
        wrong("version null", b -> b.version(null), "version(...)", "null"),
        wrong("lease null", b -> b.leaseTime(null), "leaseTime(...)", "null"),
        wrong("executor null", b -> b.executor(null), "executor(...)", "null"),
        wrong("clock null", b -> b.clock(null), "clock(...)", "null"),
        wrong("work null", b -> b.whilePrimary(null), "whilePrimary(...)", "null"),
        wrong("isolated null", b -> b.whilePrimary(work(), null), "whilePrimary(", "null"),
        wrong("task name null", b -> task(b, null, HOURLY), "task(", "null"),
        wrong("schedule null", b -> task(b, "t", null), "task(\"t\"", "null"),
        wrong("policy null", b -> b.task("t", HOURLY, null, r -> {}), "task(\"t\"", "null"),
        wrong("handler null", b -> b.task("t", HOURLY, null), "task(\"t\"", "null"),
        wrong("upgrades null", b -> b.upgrades(null), "upgrades(...)", "null"),
        upgrades("channel null", u -> u.channel(null), "u.channel(...)", "null"),
        upgrades("look null", u -> u.lookAt(null), "u.lookAt(...)", "null"),
        upgrades("times null", u -> u.times(null), "u.times(...)", "null"),
        upgrades("probe null", u -> u.probe("p", null), "u.probe(...)", "null"),
        upgrades("path null", u -> u.criticalPath(null, () -> {}), "u.criticalPath(...)", "null"),
        upgrades("check null", u -> u.check(null), "u.check(...)", "null"),
        upgrades("listener null", u -> u.listener(null), "u.listener(...)", "null"));
  }

  static UpgradesBuilder usable(UpgradesBuilder upgrades) {
    return upgrades.from(source()).trust(Trust.keys(KEY));
  }

  private static SelfUpgradeBuilder task(SelfUpgradeBuilder builder, String name, Schedule when) {
    return builder.task(name, when, run -> {});
  }

  static InMemoryStore store() {
    return new InMemoryStore(Clock.systemUTC());
  }

  static DirectoryReleases source() {
    return DirectoryReleases.in(Path.of("releases"));
  }

  private static PrimaryWork work() {
    return PrimaryWork.of(() -> {}, () -> {});
  }

  private static Schedule cron(String expression) {
    return Schedule.cron(expression, ZoneOffset.UTC);
  }

  private static TaskPolicy within(Duration age) {
    return TaskPolicy.DEFAULT.missed(Missed.within(age));
  }

  private static UpgradeTimes times(Duration drain) {
    Duration minute = Duration.ofMinutes(1);
    return new UpgradeTimes(minute, minute, drain, minute, minute);
  }

  static Map<String, String> environment(Path home, String instance) {
    return Map.of(
        "SELFUPGRADE_HOME", home.toString(),
        "SELFUPGRADE_SLOT", home.resolve("versions/1.4.0").toString(),
        "SELFUPGRADE_INSTANCE", instance);
  }

  private static PublicKey key() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
