package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.supabase.SetupReport.Line;
import io.selfupgrade.supabase.SetupReport.Mark;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder {@code supabase} in a user's project. */
class SetupFolderTest {

  private static final String HEALTH = "functions/health/index.ts";

  @TempDir Path project;

  private SetupReport run() {
    return SupabaseSetup.in(project).run();
  }

  private Path file(String name) {
    return project.resolve("supabase").resolve(name);
  }

  private static List<String> texts(SetupReport report, Mark mark) {
    return report.lines().stream().filter(line -> line.mark() == mark).map(Line::text).toList();
  }

  static Map<String, String> tree(Path root) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        found.put(root.relativize(each).toString(), Files.readString(each));
      }
    }
    return found;
  }

  @Test
  void allOfTheResourceIsWrittenAsItIs() throws IOException, URISyntaxException {
    Path resource = Path.of(MigrationFile.class.getResource("/supabase/migrations").toURI());
    Map<String, String> shipped = tree(resource.getParent());

    SetupReport report = run();

    Map<String, String> written = tree(project.resolve("supabase"));
    assertThat(written.keySet()).contains(".gitignore", ".selfupgrade", "config.toml", "seed.sql");
    written.keySet().removeAll(List.of(".gitignore", ".selfupgrade"));
    assertThat(written).isEqualTo(shipped);
    assertThat(file(".gitignore")).content().isEqualTo(".env.*.local\n");
    assertThat(report.good()).isTrue();
    assertThat(report.left()).anySatisfy(step -> assertThat(step).contains("functions deploy"));
  }

  @Test
  void theSecondRunHasNothingToDo() throws IOException {
    run();
    Map<String, String> before = tree(project);

    SetupReport again = run();

    assertThat(again.changes()).isFalse();
    assertThat(tree(project)).isEqualTo(before);
  }

  @Test
  void aDryRunSaysAllAndWritesNothing() throws IOException {
    SetupReport planned = SupabaseSetup.in(project).plan();

    assertThat(tree(project)).isEmpty();
    try (Stream<Path> entries = Files.list(project)) {
      assertThat(entries).isEmpty();
    }
    List<String> would = texts(planned, Mark.WOULD);
    List<String> done = texts(run(), Mark.DONE);
    assertThat(done.stream().filter(text -> !text.startsWith(".selfupgrade:")))
        .containsExactlyElementsOf(would);
  }

  @Test
  void whatIsChangedIsLeftAloneAndTheNewOneLaidBeside() throws IOException {
    run();
    String ours = Files.readString(file(HEALTH));
    Files.writeString(file(HEALTH), ours + "// mine\n");

    SetupReport report = run();
    SetupReport again = run();

    assertThat(file(HEALTH)).content().endsWith("// mine\n");
    assertThat(file(HEALTH + ".selfupgrade-new")).content().isEqualTo(ours);
    assertThat(texts(report, Mark.YOURS))
        .singleElement()
        .satisfies(text -> assertThat(text).contains(HEALTH, "left alone", "diff "));
    assertThat(again.changes()).isFalse();
    assertThat(again.good()).isTrue();

    Files.writeString(file(HEALTH), ours);
    assertThat(texts(run(), Mark.DONE)).containsExactly(HEALTH + ".selfupgrade-new: removed");
  }

  @Test
  void whatAnEarlierVersionWroteAndNobodyChangedIsReplaced() throws IOException {
    run();
    String ours = Files.readString(file(HEALTH));
    Files.writeString(file(HEALTH), "// of an earlier version\n");
    String record = Files.readString(file(".selfupgrade"));
    Files.writeString(
        file(".selfupgrade"),
        record.replace(ProjectFile.sha256(ours), ProjectFile.sha256("// of an earlier version\n")));

    assertThat(texts(run(), Mark.DONE))
        .anySatisfy(text -> assertThat(text).contains(HEALTH, "replaced by the new version"));
    assertThat(file(HEALTH)).content().isEqualTo(ours);
    assertThat(run().changes()).isFalse();
  }

  @Test
  void aDeletedFileStaysDeletedAndOtherLineEndsAreNoChange() throws IOException {
    run();
    Files.delete(file(HEALTH));
    Files.writeString(file("seed.sql"), Files.readString(file("seed.sql")).replace("\n", "\r\n"));

    SetupReport report = run();

    assertThat(file(HEALTH)).doesNotExist();
    assertThat(report.changes()).isFalse();
    assertThat(texts(report, Mark.YOURS))
        .singleElement()
        .satisfies(text -> assertThat(text).contains(HEALTH, "you have deleted it"));
  }

  @Test
  void aFileThatWasThereBeforeIsTheUsers() throws IOException {
    Files.createDirectories(file("x").getParent());
    Files.writeString(file("seed.sql"), "insert into public.mine values (1);\n");

    run();

    assertThat(file("seed.sql")).content().startsWith("insert into public.mine");
    assertThat(file("seed.sql.selfupgrade-new")).exists();
  }

  private void config(String text) throws IOException {
    Files.createDirectories(project.resolve("supabase"));
    Files.writeString(file("config.toml"), text);
  }

  @Test
  void sectionsAreAddedToTheEndOfTheUsersSettings() throws IOException {
    String theirs =
        "project_id = \"mine\"\n\n[functions.hello] # mine\nverify_jwt = true\n"
            + "\n[functions.\"register\"]\nverify_jwt = true";
    config(theirs);

    SetupReport report = run();

    String merged = Files.readString(file("config.toml"));
    assertThat(merged)
        .startsWith(theirs + "\n\n[functions.self-upgrade]\nverify_jwt = false\n")
        .contains("[functions.agent-core]", "[functions.health]", "[functions.github-webhook]")
        .doesNotContain("[functions.register]", "[db]");
    assertThat(texts(report, Mark.YOURS))
        .singleElement()
        .satisfies(text -> assertThat(text).contains("[functions.register]", "verify_jwt = false"));
    assertThat(run().changes()).isFalse();

    config(merged.replaceAll("(?s)\\[functions\\.health\\].*?(?=\\[)", ""));
    SetupReport third = run();
    assertThat(third.changes()).isFalse();
    assertThat(texts(third, Mark.YOURS))
        .anySatisfy(text -> assertThat(text).contains("[functions.health]: you have taken it out"));
  }

  @Test
  void settingsThatSayFunctionsInAnotherWayAreForAPerson() throws IOException {
    for (String theirs :
        List.of(
            "functions.hello.verify_jwt = true\n",
            "functions = { hello = { verify_jwt = true } }\n",
            "[functions]\nhello = { verify_jwt = true }\n",
            "note = \"\"\"\n[functions.\n\"\"\"\n")) {
      config(theirs);

      SetupReport report = run();

      assertThat(file("config.toml")).content().isEqualTo(theirs);
      assertThat(report.left())
          .filteredOn(step -> step.contains("config.toml:\n[functions."))
          .hasSize(5);
    }
  }

  @Test
  void anotherMigrationOfANumberOfOursIsRefusedBeforeAnythingIsWritten() throws IOException {
    Files.createDirectories(file("migrations"));
    Files.writeString(file("migrations/20261101000300_mine.sql"), "select 1;\n");
    Map<String, String> before = tree(project);

    assertThatThrownBy(this::run)
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("20261101000300_mine.sql")
        .hasMessageContaining("20261101000300_observe.sql")
        .hasMessageContaining("give yours another number");

    assertThat(tree(project)).isEqualTo(before);
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Files.writeString(project.resolve("supabase"), "a file");
    assertThatThrownBy(this::run)
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("is no folder");

    // Nobody may make a folder there, not even root.
    assertThatThrownBy(() -> SupabaseSetup.in(Path.of("/proc/selfupgrade")).run())
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("cannot read or write /proc/selfupgrade")
        .hasMessageContaining("see that it is there");
  }

  @Test
  void oneThatIsCutOffBeforeAnyChangeEndsRightTheNextTime(@TempDir Path other) throws IOException {
    run();
    Map<String, String> whole = tree(project);

    boolean cut = true;
    int changes = 0;
    for (; cut; changes++) {
      Path fresh = Files.createDirectory(other.resolve("p" + changes));
      cut = cutOff(fresh, changes);
      assertThat(SupabaseSetup.in(fresh).run().good()).isTrue();
      assertThat(tree(fresh)).as("cut off before change %s", changes).isEqualTo(whole);
    }

    assertThat(changes).isGreaterThan(whole.size());
  }

  private static boolean cutOff(Path folder, int after) {
    int[] left = {after};
    try {
      SupabaseSetup.in(folder)
          .run(
              new SetupNotes(
                  false,
                  () -> {
                    if (left[0]-- == 0) {
                      throw new CutOff();
                    }
                  }));
      return false;
    } catch (CutOff e) {
      return true;
    }
  }

  /** As a kill would end it: nothing of the set-up catches it. */
  static final class CutOff extends Error {
    private static final long serialVersionUID = 1;
  }

  @Test
  void everyFileThatIsNamedIsNamedOnce() {
    assertThat(ProjectFile.all().stream().map(ProjectFile::path).collect(Collectors.toSet()))
        .hasSameSizeAs(ProjectFile.all());
  }
}
