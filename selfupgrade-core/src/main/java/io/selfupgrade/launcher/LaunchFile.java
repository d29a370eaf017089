package io.selfupgrade.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The content of a slot's {@code launch.properties}: the only thing that the launcher parses.
 *
 * <p>Staging writes it after the manifest is trusted; the launcher reads it before each start.
 *
 * @param name the agent
 * @param version the release's version, the slot's directory name
 * @param manifestSha256 digest of the slot's {@code release.json}; empty if there is none
 * @param program how it is launched
 * @param files every file of the release
 */
public record LaunchFile(
    String name, String version, String manifestSha256, Program program, List<SlotFile> files) {
  /** Name of the file in the slot. */
  public static final String FILE_NAME = "launch.properties";

  private static final String FORMAT = "1";
  private static final int MAX_ITEMS = 20_000;

  /**
   * Checks and copies the values.
   *
   * @throws IllegalArgumentException if the version is no version name, a path is listed twice, or
   *     the program names a file that is not listed
   */
  public LaunchFile {
    files = List.copyOf(files);
    if (!Home.isVersion(version)) {
      throw new IllegalArgumentException("Not a version name: '" + version + "'");
    }
    Set<String> paths = new HashSet<>();
    for (SlotFile file : files) {
      if (!paths.add(file.path())) {
        throw new IllegalArgumentException("A file is listed twice: " + file.path());
      }
    }
    if (!program.jar().isEmpty() && !paths.contains(program.jar())) {
      throw new IllegalArgumentException("The jar is not among the files: " + program.jar());
    }
    for (String entry : program.classpath()) {
      boolean directory = paths.stream().anyMatch(path -> path.startsWith(entry + "/"));
      if (!paths.contains(entry) && !(SlotFile.staysInside(entry) && directory)) {
        throw new IllegalArgumentException("A classpath entry is not among the files: " + entry);
      }
    }
  }

  /**
   * Decodes the content of {@code launch.properties}.
   *
   * @throws IOException if it has another format or a value is missing or wrong
   */
  public static LaunchFile decode(StateFile state) throws IOException {
    String format = state.requireText("format");
    if (!format.equals(FORMAT)) {
      throw new IOException(
          FILE_NAME
              + " has format "
              + format
              + ", this launcher knows "
              + FORMAT
              + "; update the launcher");
    }
    try {
      Program program =
          new Program(
              state.text("jar").orElse(""),
              state.text("mainClass").orElse(""),
              list(state, "classpath."),
              list(state, "jvmArgs."),
              list(state, "args."),
              Math.toIntExact(state.number("heapMb", 0)));
      return new LaunchFile(
          state.requireText("name"),
          state.requireText("version"),
          state.text("manifestSha256").orElse(""),
          program,
          files(state));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IOException(FILE_NAME + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** Encodes this for {@code launch.properties}; {@link #decode} reads it back. */
  public StateFile encode() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("format", FORMAT);
    values.put("name", name);
    values.put("version", version);
    values.put("manifestSha256", manifestSha256);
    values.put("jar", program.jar());
    values.put("mainClass", program.mainClass());
    put(values, "classpath.", program.classpath());
    put(values, "jvmArgs.", program.jvmArgs());
    put(values, "args.", program.args());
    if (program.heapMb() > 0) {
      values.put("heapMb", Integer.toString(program.heapMb()));
    }
    for (int i = 0; i < files.size(); i++) {
      String prefix = "files." + i;
      values.put(prefix + ".path", files.get(i).path());
      values.put(prefix + ".length", Long.toString(files.get(i).length()));
      values.put(prefix + ".sha256", files.get(i).sha256());
    }
    values.entrySet().removeIf(entry -> isAbsent(entry.getKey(), entry.getValue()));
    return StateFile.empty().with(values);
  }

  private static boolean isAbsent(String key, String value) {
    return value.isEmpty() && key.indexOf('.') < 0;
  }

  private static void put(Map<String, String> values, String prefix, List<String> items) {
    for (int i = 0; i < items.size(); i++) {
      values.put(prefix + i, items.get(i));
    }
  }

  private static List<String> list(StateFile state, String prefix) throws IOException {
    List<String> items = new ArrayList<>();
    while (state.values().containsKey(prefix + items.size())) {
      items.add(state.values().get(prefix + items.size()));
      requireFew(items.size(), prefix);
    }
    return items;
  }

  private static List<SlotFile> files(StateFile state) throws IOException {
    List<SlotFile> files = new ArrayList<>();
    Optional<String> path = state.text("files.0.path");
    while (path.isPresent()) {
      String prefix = "files." + files.size();
      files.add(
          new SlotFile(
              path.get(),
              state.requireNumber(prefix + ".length"),
              state.requireText(prefix + ".sha256")));
      requireFew(files.size(), "files.");
      path = state.text("files." + files.size() + ".path");
    }
    return files;
  }

  private static void requireFew(int count, String what) throws IOException {
    if (count > MAX_ITEMS) {
      throw new IOException(FILE_NAME + " has more than " + MAX_ITEMS + " entries of " + what);
    }
  }
}
