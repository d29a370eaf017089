package io.selfupgrade.change;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What an agent may change in its source, and what becomes of it; nothing is allowed by default.
 *
 * <p>Immutable. Forbidden whatever is allowed: everything whose name begins with {@code .git}
 * (workflows too), {@code CODEOWNERS}, keys and signatures, the release's manifest, the launcher's
 * and service files; links and submodules; paths that may mean another place. Names are compared
 * without case, accents and Unicode variants. Content that looks like a secret is refused: a net
 * for accidents, no proof.
 *
 * <p>Nothing is merged unless {@link #mergeWhenChecksPass} is called.
 *
 * <pre>{@code
 * ChangePolicy.allow("prompts/**", "src/main/resources/answers/*.md")
 *     .forbid("prompts/safety/**")
 *     .mergeWhenChecksPass(MergeMethod.SQUASH, "build", "answers")
 * }</pre>
 */
public final class ChangePolicy {

  private static final int FILES = 20;
  private static final int BYTES_A_FILE = 256 << 10;
  private static final int BYTES = 1 << 20;
  private static final int MOST_FILES = 200;
  private static final int MOST_BYTES = 5 << 20;

  private final List<PathPattern> allowed;
  private final List<PathPattern> forbidden;
  private final Limits limits;
  private final Optional<MergeRule> merge;

  private ChangePolicy(
      List<PathPattern> allowed,
      List<PathPattern> forbidden,
      Limits limits,
      Optional<MergeRule> merge) {
    this.allowed = allowed;
    this.forbidden = forbidden;
    this.limits = limits;
    this.merge = merge;
  }

  /**
   * Allows the paths of some patterns.
   *
   * @param first such as {@code prompts/*.md}, where {@code *} stands for a part of a name, or
   *     {@code prompts/**}, where {@code **} stands for any names
   * @throws IllegalArgumentException if a pattern is none
   */
  public static ChangePolicy allow(String first, String... more) {
    return new ChangePolicy(
        Stream.concat(Stream.of(first), Stream.of(more)).map(PathPattern::exact).toList(),
        List.of(),
        new Limits(FILES, BYTES_A_FILE, BYTES),
        Optional.empty());
  }

  /**
   * Forbids the paths of some patterns and all that is below them, whatever is allowed.
   *
   * <p>Compared without case, accents and Unicode variants. For what decides over builds and
   * releases, beside what is always forbidden.
   *
   * @throws IllegalArgumentException if a pattern is none
   */
  public ChangePolicy forbid(String first, String... more) {
    List<PathPattern> all =
        Stream.concat(
                forbidden.stream(),
                Stream.concat(Stream.of(first), Stream.of(more)).map(PathPattern::folded))
            .toList();
    return new ChangePolicy(allowed, all, limits, merge);
  }

  /**
   * Limits the size of a change; 20 files, 256 KiB each and 1 MiB in all by default.
   *
   * @param files 1 to 200, deleted ones too
   * @param bytesAFile 1 to 5 MiB
   * @param bytes in all, 1 to 5 MiB
   * @throws IllegalArgumentException if a number is another
   */
  public ChangePolicy atMost(int files, int bytesAFile, int bytes) {
    return new ChangePolicy(allowed, forbidden, new Limits(files, bytesAFile, bytes), merge);
  }

  /**
   * Lets a change be merged without a person, once the named checks are there and have passed.
   *
   * <p>It is merged only while its branch holds the agent's one commit and nothing else, every
   * other check that is there has not failed and is not under way, and nobody has asked for
   * changes. What the repository's own rules demand is demanded all the same.
   *
   * @param first name of a check run or of a status
   * @throws IllegalArgumentException if a name is blank
   */
  public ChangePolicy mergeWhenChecksPass(MergeMethod method, String first, String... more) {
    Set<String> names = Set.copyOf(Stream.concat(Stream.of(first), Stream.of(more)).toList());
    return new ChangePolicy(allowed, forbidden, limits, Optional.of(new MergeRule(method, names)));
  }

  /** Returns when a change is merged without a person; empty: never. */
  public Optional<MergeRule> merge() {
    return merge;
  }

  /** Returns how many files a change may have. */
  public int mostFiles() {
    return limits.files;
  }

  /** Judges all of a change; empty if it may go out. */
  public Optional<ChangeResult.Refused> check(Change change) {
    Objects.requireNonNull(change, "change");
    return secretInWords(change)
        .or(() -> ChangeText.unusable(change.title(), change.reason()).map(ChangePolicy::noText))
        .or(() -> checkPaths(change.paths()))
        .or(() -> limits.check(change.files()))
        .or(() -> secretInFiles(change));
  }

  /** Judges the paths of a change, as when they are read from a pull request. */
  public Optional<ChangeResult.Refused> checkPaths(Collection<String> paths) {
    if (paths.isEmpty()) {
      return Optional.of(
          refused(ChangeRefusal.EMPTY, "the change has no file: add one, or do not propose it"));
    }
    if (paths.size() > limits.files) {
      return Optional.of(
          refused(
              ChangeRefusal.TOO_LARGE,
              "the change has "
                  + paths.size()
                  + " files, at most "
                  + limits.files
                  + " are allowed: make it smaller"));
    }
    return paths.stream().flatMap(path -> check(path).stream()).findFirst();
  }

  private Optional<ChangeResult.Refused> check(String path) {
    Optional<String> unusable = ChangePaths.unusable(path);
    if (unusable.isPresent()) {
      return Optional.of(refused(ChangeRefusal.PATH_UNUSABLE, unusable.get()));
    }
    Optional<String> never = ChangePaths.forbidden(path);
    if (never.isPresent()) {
      return Optional.of(refused(ChangeRefusal.PATH_FORBIDDEN, never.get()));
    }
    String folded = ChangePaths.folded(path);
    if (forbidden.stream().anyMatch(pattern -> pattern.covers(folded))) {
      return Optional.of(
          refused(
              ChangeRefusal.PATH_FORBIDDEN,
              "\"" + path + "\" is forbidden by the policy's caller"));
    }
    if (allowed.stream().noneMatch(pattern -> pattern.matches(path))) {
      return Optional.of(
          refused(
              ChangeRefusal.PATH_NOT_ALLOWED,
              "\"" + path + "\" is not among the paths that may be changed: " + allowed));
    }
    return Optional.empty();
  }

  /** Looks first at what later messages would repeat. */
  private static Optional<ChangeResult.Refused> secretInWords(Change change) {
    String words =
        change.title() + "\n" + change.reason() + "\n" + String.join("\n", change.paths());
    return ChangeText.secret(words).map(kind -> secret("title, reason or a path", kind));
  }

  private static Optional<ChangeResult.Refused> secretInFiles(Change change) {
    return change.files().entrySet().stream()
        .flatMap(
            file ->
                ChangeText.secret(file.getValue()).stream()
                    .map(kind -> secret("\"" + file.getKey() + "\"", kind)))
        .findFirst();
  }

  private static ChangeResult.Refused secret(String where, String kind) {
    return refused(
        ChangeRefusal.SECRET_FOUND,
        where
            + " holds what looks like "
            + kind
            + ": take it out, and replace it if it was a real one");
  }

  private static ChangeResult.Refused noText(String why) {
    return refused(ChangeRefusal.TEXT_UNUSABLE, why);
  }

  private static ChangeResult.Refused refused(ChangeRefusal code, String message) {
    return new ChangeResult.Refused(code, message);
  }

  private record Limits(int files, int bytesAFile, int bytes) {
    Limits {
      require(files, MOST_FILES, "files");
      require(bytesAFile, MOST_BYTES, "bytes a file");
      require(bytes, MOST_BYTES, "bytes");
    }

    Optional<ChangeResult.Refused> check(Map<String, byte[]> contents) {
      long sum = 0;
      for (Map.Entry<String, byte[]> file : contents.entrySet()) {
        int length = file.getValue().length;
        sum += length;
        if (length > bytesAFile) {
          return Optional.of(
              tooLarge("\"" + file.getKey() + "\" has " + length + " bytes", bytesAFile));
        }
      }
      return sum > bytes
          ? Optional.of(tooLarge("the files have " + sum + " bytes", bytes))
          : Optional.empty();
    }

    private static ChangeResult.Refused tooLarge(String what, int most) {
      return refused(
          ChangeRefusal.TOO_LARGE, what + ", at most " + most + " are allowed: make it smaller");
    }

    private static void require(int number, int most, String what) {
      if (number < 1 || number > most) {
        throw new IllegalArgumentException(number + " " + what + ": expected 1 to " + most);
      }
    }
  }
}
