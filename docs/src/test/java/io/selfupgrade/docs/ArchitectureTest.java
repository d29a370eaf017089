package io.selfupgrade.docs;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the layers: who may know whom, who may see which library, and who may ask for the time. */
final class ArchitectureTest {

  private static final String ASSEMBLY = "io.selfupgrade";
  private static final String LAUNCHER = "io.selfupgrade.launcher";
  private static final String SEES_JACKSON = "io.selfupgrade.core.json";
  private static final String SEES_CRON_UTILS = "io.selfupgrade.core.schedule";
  private static final List<String> CAPABILITIES =
      Stream.of("upgrade", "failover", "schedule", "observe", "memory", "conversation")
          .map(name -> "io.selfupgrade.core." + name)
          .toList();

  /**
   * The programs, and the door to GitHub; and the assembly, which makes the clock that everybody
   * else is given.
   */
  private static final Set<String> MAKE_THE_CLOCK =
      Set.of(
          "io.selfupgrade.launcher.Launcher",
          "io.selfupgrade.core.release.ReleaseTool",
          "io.selfupgrade.github.GitHub");

  private static final Set<String> SYSTEM_TIME =
      Set.of(
          "now",
          "currentTimeMillis",
          "system",
          "systemUTC",
          "systemDefaultZone",
          "tickMillis",
          "tickSeconds",
          "tickMinutes");

  private static final DescribedPredicate<JavaClass> JDK = resideInAnyPackage("java..", "javax..");
  private static final DescribedPredicate<JavaClass> JSPECIFY =
      resideInAPackage("org.jspecify.annotations");
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .importPaths(
              Stream.of(Module.values())
                  .map(module -> module.directory().resolve("target/classes"))
                  .toList());

  @Test
  void packagesThatTheRulesNameAreThere() {
    assertThat(Module.CORE.packages())
        .containsAll(CAPABILITIES)
        .contains(ASSEMBLY, LAUNCHER, SEES_JACKSON, SEES_CRON_UTILS);
    assertThat(ALL.stream().map(JavaClass::getName)).containsAll(MAKE_THE_CLOCK);
  }

  @Test
  void apiKnowsTheJdkAndJSpecifyOnly() {
    check(
        classes()
            .that(Module.API.owns())
            .should()
            .onlyDependOnClassesThat(JDK.or(JSPECIFY).or(Module.API.owns())));
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"API", "CORE"})
  void adapterKnowsTheApiAndNoOtherModule(Module adapter) {
    DescribedPredicate<JavaClass> others =
        describe(
            "belong to another module", type -> ALL.contain(type.getBaseComponentType().getName()));
    check(
        noClasses()
            .that(adapter.owns())
            .should()
            .dependOnClassesThat(
                others.and(DescribedPredicate.not(adapter.owns().or(Module.API.owns())))));
  }

  @Test
  void coreKnowsNoAdapter() {
    check(
        noClasses()
            .that(Module.CORE.owns())
            .should()
            .dependOnClassesThat(
                Module.SUPABASE.owns().or(Module.GITHUB.owns()).or(Module.TESTKIT.owns())));
  }

  @Test
  void capabilitiesMeetInTheAssemblyOnly() {
    for (String capability : CAPABILITIES) {
      String[] others =
          CAPABILITIES.stream()
              .filter(other -> !other.equals(capability))
              .map(other -> other + "..")
              .toArray(String[]::new);
      check(
          noClasses()
              .that()
              .resideInAPackage(capability + "..")
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(others));
    }
    check(
        noClasses()
            .that()
            .resideInAPackage("io.selfupgrade.core..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ASSEMBLY));
  }

  @Test
  void launcherKnowsTheJdkOnlyAndWhoWritesItsFilesKnowsTheLauncher() {
    check(
        classes()
            .that()
            .resideInAPackage(LAUNCHER + "..")
            .should()
            .onlyDependOnClassesThat(JDK.or(resideInAPackage(LAUNCHER + ".."))));
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(
                LAUNCHER + "..",
                "io.selfupgrade.core.archive",
                "io.selfupgrade.core.commit",
                "io.selfupgrade.core.local",
                "io.selfupgrade.core.release",
                "io.selfupgrade.core.upgrade")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(LAUNCHER + ".."));
  }

  @Test
  void onlyTheSchedulesSeeCronUtils() {
    assertThat(usersOf("com.cronutils..")).isSubsetOf(SEES_CRON_UTILS);
  }

  @Test
  void onePackageOfAModuleSeesJackson() {
    assertThat(usersOf(Module.CORE, "com.fasterxml.jackson..")).isSubsetOf(SEES_JACKSON);
    assertThat(usersOf(Module.SUPABASE, "com.fasterxml.jackson..")).hasSizeLessThan(2);
    assertThat(usersOf(Module.GITHUB, "com.fasterxml.jackson..")).hasSizeLessThan(2);
    assertThat(usersOf(Module.TESTKIT, "com.fasterxml.jackson..")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void onePackageOfAModuleSeesResilience4j(Module module) {
    assertThat(usersOf(module, "io.github.resilience4j..")).hasSizeLessThan(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"java.sql..", "javax.sql..", "org.postgresql..", "com.zaxxer.hikari.."})
  void onlySupabaseSeesTheDatabase(String library) {
    check(
        noClasses()
            .that(DescribedPredicate.not(Module.SUPABASE.owns()))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(library));
  }

  @Test
  void onlyGithubSeesOkHttp() {
    check(
        noClasses()
            .that(DescribedPredicate.not(Module.GITHUB.owns()))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("okhttp3.."));
  }

  @Test
  void timeComesFromTheClockThatIsGiven() {
    DescribedPredicate<JavaClass> makesTheClock =
        describe(
            "make the clock",
            type ->
                type.getPackageName().equals(ASSEMBLY)
                    || MAKE_THE_CLOCK.contains(outermost(type).getName()));
    check(
        noClasses()
            .that(DescribedPredicate.not(makesTheClock))
            .should()
            .accessTargetWhere(
                describe("the system's time is asked for", ArchitectureTest::asksTheSystem))
            .because(
                "a test must be able to set the time: take a java.time.Clock in the constructor"));
  }

  @Test
  void packagesHaveNoCycles() {
    check(slices().matching("(**)").namingSlices("$1").should().beFreeOfCycles());
  }

  @Test
  void packageBelongsToOneModule() {
    Map<String, Set<Module>> owners = new TreeMap<>();
    for (Module module : Module.values()) {
      module
          .packages()
          .forEach(name -> owners.computeIfAbsent(name, unused -> new TreeSet<>()).add(module));
    }
    assertThat(owners).allSatisfy((name, modules) -> assertThat(modules).as(name).hasSize(1));
  }

  @ParameterizedTest
  @EnumSource
  void packageSaysWhatItIsAndIsNullMarked(Module module) {
    assertThat(module.sources().stream().map(Path::getParent).distinct())
        .allSatisfy(directory -> assertThat(directory.resolve("package-info.java")).exists());
    for (String name : module.packages()) {
      boolean marked =
          module.classes().getPackage(name).isAnnotatedWith("org.jspecify.annotations.NullMarked");
      assertThat(marked).as("%s is @NullMarked", name).isEqualTo(!name.startsWith(LAUNCHER));
    }
  }

  @Test
  void namesSayWhatAThingIs() {
    List<String> vague = new ArrayList<>();
    for (JavaClass type : ALL) {
      boolean vaguePackage =
          type.getPackageName()
              .matches(".*\\.(utils?|common|impl|managers?|helpers?|services?)(\\..*)?");
      boolean vagueName =
          type.getSimpleName()
              .matches("(Abstract.*|.*(Impl|Manager|Helper|Service|Utils?))|I[A-Z][a-z].*");
      if (vaguePackage || vagueName) {
        vague.add(type.getName());
      }
    }
    assertThat(vague).isEmpty();
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(ALL);
  }

  private static boolean asksTheSystem(JavaAccess<?> access) {
    if (!(access.getTarget() instanceof CodeUnitAccessTarget target)) {
      return false;
    }
    String owner = target.getOwner().getName();
    List<String> parameters =
        target.getRawParameterTypes().stream().map(JavaClass::getName).toList();
    if (owner.equals("java.util.Date")) {
      return target.getName().equals("<init>") && parameters.isEmpty();
    }
    boolean ofTime = owner.startsWith("java.time.") || owner.equals("java.lang.System");
    return ofTime
        && !parameters.contains("java.time.Clock")
        && SYSTEM_TIME.contains(target.getName());
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }

  private static Set<String> usersOf(String library) {
    var users = new TreeSet<String>();
    for (Module module : Module.values()) {
      users.addAll(usersOf(module, library));
    }
    return users;
  }

  private static Set<String> usersOf(Module module, String library) {
    DescribedPredicate<JavaClass> inLibrary = resideInAPackage(library);
    var users = new TreeSet<String>();
    for (JavaClass type : module.classes()) {
      if (type.getDirectDependenciesFromSelf().stream()
          .anyMatch(dependency -> inLibrary.test(dependency.getTargetClass()))) {
        users.add(type.getPackageName());
      }
    }
    return users;
  }
}
