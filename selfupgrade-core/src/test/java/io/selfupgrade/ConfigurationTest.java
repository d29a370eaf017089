package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Trust;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong settings: one line of the table for each, and all of them together. */
class ConfigurationTest {

  /** What may be called on an agent without capabilities. */
  private static final Set<String> ALWAYS =
      Set.of("close", "instance", "role", "version", "freeze", "unfreeze", "recoverFromBackup");

  /** The life of an agent; other tests live it. */
  private static final Set<String> LIFE = Set.of("start", "stop", "awaitStop", "restart");

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("io.selfupgrade.WrongSettings#table")
  void eachIsNamedWithTheCallThatMendsIt(WrongSettings.Wrong line) {
    SelfUpgradeBuilder builder = builder();
    line.wrong().accept(builder);

    List<String> problems = problemsOf(builder);

    assertThat(problems).anySatisfy(problem -> assertThat(problem).contains(line.said()));
  }

  @Test
  void allAreNamedAtOnce() {
    SelfUpgradeBuilder builder = builder();
    WrongSettings.table().forEach(line -> line.wrong().accept(builder));

    String all = String.join("\n", problemsOf(builder));

    assertThat(all)
        .contains("store(...) is called twice")
        .contains("leaseTime(PT0S)", "leaseTime(PT-1S)", "leaseTime(" + WrongSettings.ABSURD + ")")
        .contains("whilePrimary(...) is called twice")
        .contains("task(\"a b\"", "hour \"25\"", "\"0 2 * *\"", "never due", "36,500", "9999")
        .contains("upgrades(...) is called twice", "executor(...) got null", "clock(...) got null");
  }

  @Test
  void nothingAtAllIsNamedToo() {
    assertThat(problemsOf(SelfUpgrade.builder(null)))
        .anySatisfy(problem -> assertThat(problem).contains("SelfUpgrade.builder(...)", "null"))
        .anySatisfy(problem -> assertThat(problem).contains("call store(...)"))
        .hasSize(2);
    for (String name : List.of("", "no spaces", "-a", "a".repeat(64), "a/b", "ä")) {
      assertThat(problemsOf(SelfUpgrade.builder(name).store(WrongSettings.store())))
          .singleElement()
          .satisfies(p -> assertThat(p).contains("SelfUpgrade.builder(...)", "\"" + name + "\""));
    }
    assertThat(problemsOf(SelfUpgrade.builder("a").store(null)))
        .singleElement()
        .satisfies(problem -> assertThat(problem).contains("call store(...)"));
  }

  @Test
  void upgradesNeedAVersionAndOthersDoNot() {
    SelfUpgradeBuilder builder = SelfUpgrade.builder("a").store(WrongSettings.store());
    builder.build().close();

    builder.upgrades(u -> WrongSettings.usable(u));

    assertThat(problemsOf(builder))
        .singleElement()
        .satisfies(p -> assertThat(p).contains("call version(...)", "Implementation-Version"));
  }

  @Test
  void aVersionThatContradictsTheSlotIsNamed() throws Exception {
    Path slot = Files.createDirectories(directory.resolve("versions/1.4.0"));
    Files.writeString(
        slot.resolve("launch.properties"),
        "version=1.4.0\nmanifestSha256=" + "0".repeat(64) + "\n");
    Map<String, String> environment =
        WrongSettings.environment(directory, UUID.randomUUID().toString());

    SelfUpgradeBuilder builder =
        builder().launcher(() -> LauncherLink.from(environment)).version("1.3.0");

    assertThat(problemsOf(builder))
        .singleElement()
        .satisfies(p -> assertThat(p).contains("version(...)", "1.3.0", "1.4.0", "leave the call"));
  }

  @Test
  void aPlatformDoesNotGoWithTheLauncher() throws Exception {
    Path slot = Files.createDirectories(directory.resolve("versions/1.4.0"));
    Files.writeString(
        slot.resolve("launch.properties"),
        "version=1.4.0\nmanifestSha256=" + "0".repeat(64) + "\n");
    Map<String, String> environment =
        WrongSettings.environment(directory, UUID.randomUUID().toString());
    InMemoryPlatform platform = new InMemoryPlatform(KeptUntil.CONFIRMED, false);

    SelfUpgradeBuilder builder =
        SelfUpgrade.builder("tested")
            .store(WrongSettings.store())
            .launcher(() -> LauncherLink.from(environment))
            .upgrades(u -> WrongSettings.usable(u).installBy(Install.deploying(platform)));

    assertThat(problemsOf(builder))
        .singleElement()
        .satisfies(
            p -> assertThat(p).contains("does not go with the launcher", "leave installBy(...)"));
  }

  @Test
  void whatWentWrongIsKeptAsSuppressed() {
    SelfUpgradeBuilder builder = builder().upgrades(u -> u.trust(Trust.keys()));

    ConfigurationException all = catchThrowableOfType(ConfigurationException.class, builder::build);

    assertThat(all.getSuppressed())
        .singleElement()
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(cause -> assertThat(cause.getStackTrace()).isNotEmpty());
  }

  @Test
  void eachMethodOfAnUnsetCapabilityNamesItsBuilderCall() throws Exception {
    Set<String> calls =
        Arrays.stream(SelfUpgradeBuilder.class.getMethods())
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    try (SelfUpgrade bare = SelfUpgrade.builder("bare").store(WrongSettings.store()).build()) {
      bare.start();
      for (Method method : SelfUpgrade.class.getMethods()) {
        String name = method.getName();
        boolean plain = method.getParameterCount() == 0;
        if (plain && !name.equals("builder") && !ALWAYS.contains(name) && !LIFE.contains(name)) {
          answersOrNames(bare, method, calls);
        }
      }
    }
  }

  /** A door may be open without any call; one that is closed says which call opens it. */
  private static void answersOrNames(SelfUpgrade bare, Method method, Set<String> calls)
      throws IllegalAccessException {
    try {
      assertThat(method.invoke(bare)).as(method.getName()).isNotNull();
    } catch (InvocationTargetException e) {
      assertThat(e.getCause()).as(method.getName()).isInstanceOf(IllegalStateException.class);
      assertThat(calls)
          .as(method.getName() + ": " + e.getCause().getMessage())
          .anySatisfy(call -> assertThat(e.getCause()).hasMessageContaining(call + "("));
    }
  }

  private static List<String> problemsOf(SelfUpgradeBuilder builder) {
    ConfigurationException all = catchThrowableOfType(ConfigurationException.class, builder::build);
    assertThat(all).as("build() refuses").isNotNull();
    return all.problems();
  }

  private static SelfUpgradeBuilder builder() {
    return SelfUpgrade.builder("tested").store(WrongSettings.store()).version("1.0.0");
  }
}
