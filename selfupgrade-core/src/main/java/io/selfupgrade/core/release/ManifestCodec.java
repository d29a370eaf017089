package io.selfupgrade.core.release;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.core.json.JsonObject;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.StateVersions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads and writes {@code release.json}, format 1. */
public final class ManifestCodec {

  /** Longest manifest, and longest signature file of one, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  static final String DOCUMENT = "release.json";
  static final String SIGNATURES = ".sig";
  static final int FORMAT = 1;

  private static final int MAX_FILES = 10_000;
  private static final int MAX_ARGS = 1_000;
  private static final int MAX_HEAP_MB = 1 << 22;
  private static final int MAX_SMOKE_SECONDS = 600;
  private static final Pattern MAIN_CLASS =
      Pattern.compile("[\\p{L}_$][\\p{L}\\p{N}_$]*(\\.[\\p{L}_$][\\p{L}\\p{N}_$]*)*");
  private static final Pattern COMMIT = Pattern.compile("[0-9A-Za-z._/+-]{0,100}");

  private static final Set<String> FIELDS =
      Set.of(
          "format",
          "name",
          "version",
          "commit",
          "created",
          "expires",
          KeyChangeCodec.FIELD,
          "launcherProtocol",
          "launch",
          "smoke",
          "state",
          "files");
  private static final Set<String> LAUNCH_FIELDS =
      Set.of("jar", "mainClass", "classpath", "jvmArgs", "args", "heapMb");
  private static final Set<String> SMOKE_FIELDS = Set.of("args", "timeoutSeconds", "heapMb");
  private static final Set<String> STATE_FIELDS = Set.of("readsFrom", "readsTo", "writes");
  private static final Set<String> FILE_FIELDS = Set.of("path", "length", "sha256", "archive");
  private static final Set<String> ARCHIVE_FIELDS = Set.of("format", "folder", "files", "bytes");

  private ManifestCodec() {}

  /**
   * Reads the manifest in a slot or staged directory, of which the signatures were once verified.
   *
   * @throws RefusalException if it is not usable
   * @throws IOException if it cannot be read
   */
  public static Release read(Path slot) throws RefusalException, IOException {
    try (InputStream in = Files.newInputStream(slot.resolve(DOCUMENT))) {
      return decode(in.readNBytes(MAX_BYTES + 1));
    }
  }

  /**
   * Reads manifest and signatures in a slot as they were received.
   *
   * @throws IOException if one of them is not there or cannot be read
   */
  public static SignedDocument signed(Path slot) throws IOException {
    try (InputStream document = Files.newInputStream(slot.resolve(DOCUMENT));
        InputStream signatures = Files.newInputStream(slot.resolve(DOCUMENT + SIGNATURES))) {
      return new SignedDocument(
          document.readNBytes(MAX_BYTES + 1), signatures.readNBytes(IndexCodec.MAX_BYTES + 1));
    }
  }

  /**
   * Decodes a manifest; says nothing about who wrote it.
   *
   * @throws RefusalException {@link ReasonCode#UNKNOWN_FORMAT} or {@link
   *     ReasonCode#MANIFEST_INVALID}
   */
  public static Release decode(byte[] document) throws RefusalException {
    try {
      JsonObject json = JsonObject.parse(document, MAX_BYTES);
      requireFormat(json, DOCUMENT);
      json.requireOnly(FIELDS);
      Release.Id id =
          new Release.Id(
              new AgentName(json.text("name")).value(),
              version(json.text("version")),
              Sha256.of(document),
              json.instant("created"),
              matching(COMMIT, json.text("commit"), "commit"));
      return new Release(
          id,
          new Release.Terms(IndexCodec.expires(json), KeyChangeCodec.decode(json)),
          launch(json.object("launch")),
          json.has("smoke") ? Optional.of(smoke(json.object("smoke"))) : Optional.empty(),
          state(json.object("state")),
          json.number("launcherProtocol", 1, 1_000),
          files(json.objects("files", MAX_FILES)));
    } catch (JsonFormatException | IllegalArgumentException e) {
      throw new RefusalException(
          ReasonCode.MANIFEST_INVALID, DOCUMENT + " is not usable: " + e.getMessage(), e);
    }
  }

  /** Encodes a manifest; {@link #decode} gives the release back, with the digest of these bytes. */
  public static byte[] encode(Release release) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", FORMAT);
    json.put("name", release.id().name());
    json.put("version", release.version().toString());
    json.put("commit", release.id().commit());
    json.put("created", release.id().created().toString());
    release.expires().ifPresent(instant -> json.put("expires", instant.toString()));
    KeyChangeCodec.encode(release.keys(), json);
    json.put("launcherProtocol", release.launcherProtocol());
    json.put("launch", launch(release.launch()));
    release.smoke().ifPresent(smoke -> json.put("smoke", smoke(smoke)));
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("readsFrom", release.state().readsFrom());
    state.put("readsTo", release.state().readsTo());
    state.put("writes", release.state().writes());
    json.put("state", state);
    List<Object> files = new ArrayList<>();
    for (ReleaseFile file : release.files()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("path", file.path());
      entry.put("length", file.length());
      entry.put("sha256", file.sha256());
      file.archive().ifPresent(archive -> entry.put("archive", archive(archive)));
      files.add(entry);
    }
    json.put("files", files);
    return JsonText.pretty(json);
  }

  static void requireFormat(JsonObject json, String document)
      throws JsonFormatException, RefusalException {
    long format = json.number("format");
    if (format != FORMAT) {
      throw new RefusalException(
          ReasonCode.UNKNOWN_FORMAT,
          document
              + " has format "
              + format
              + ", expected "
              + FORMAT
              + ": install a version of the agent with a newer SelfUpgrade first");
    }
  }

  private static Version version(String text) {
    Version version = Version.parse(text);
    if (version.equals(Version.UNVERSIONED)) {
      throw new IllegalArgumentException("version is \"" + text + "\": a release needs a version");
    }
    return version;
  }

  private static Launch launch(JsonObject json) throws JsonFormatException {
    json.requireOnly(LAUNCH_FIELDS);
    String mainClass = json.optionalText("mainClass").orElse("");
    if (json.has("mainClass")) {
      matching(MAIN_CLASS, mainClass, "launch.mainClass");
    }
    return new Launch(
        json.optionalText("jar").orElse(""),
        mainClass,
        json.has("classpath") ? json.texts("classpath", MAX_FILES) : List.of(),
        arguments(json, "jvmArgs"),
        arguments(json, "args"),
        json.has("heapMb")
            ? OptionalInt.of(json.number("heapMb", 1, MAX_HEAP_MB))
            : OptionalInt.empty());
  }

  private static Map<String, Object> launch(Launch launch) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (launch.jar().isEmpty()) {
      json.put("mainClass", launch.mainClass());
      json.put("classpath", launch.classpath());
    } else {
      json.put("jar", launch.jar());
    }
    json.put("jvmArgs", launch.jvmArgs());
    json.put("args", launch.args());
    launch.heapMb().ifPresent(mib -> json.put("heapMb", mib));
    return json;
  }

  private static Smoke smoke(JsonObject json) throws JsonFormatException {
    json.requireOnly(SMOKE_FIELDS);
    return new Smoke(
        arguments(json, "args"),
        Duration.ofSeconds(json.number("timeoutSeconds", 1, MAX_SMOKE_SECONDS)),
        json.number("heapMb", 1, MAX_HEAP_MB));
  }

  private static Map<String, Object> smoke(Smoke smoke) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("args", smoke.args());
    json.put("timeoutSeconds", Math.max(1, smoke.timeout().toSeconds()));
    json.put("heapMb", smoke.heapMb());
    return json;
  }

  private static StateVersions state(JsonObject json) throws JsonFormatException {
    json.requireOnly(STATE_FIELDS);
    return new StateVersions(
        json.number("readsFrom", 1, Integer.MAX_VALUE),
        json.number("readsTo", 1, Integer.MAX_VALUE),
        json.number("writes", 1, Integer.MAX_VALUE));
  }

  private static List<ReleaseFile> files(List<JsonObject> entries) throws JsonFormatException {
    List<ReleaseFile> files = new ArrayList<>(entries.size());
    for (JsonObject entry : entries) {
      entry.requireOnly(FILE_FIELDS);
      files.add(
          new ReleaseFile(
              entry.text("path"),
              entry.number("length"),
              entry.text("sha256"),
              entry.has("archive")
                  ? Optional.of(archive(entry.object("archive")))
                  : Optional.empty()));
    }
    return files;
  }

  private static Archive archive(JsonObject json) throws JsonFormatException {
    json.requireOnly(ARCHIVE_FIELDS);
    return new Archive(
        Archive.Format.parse(json.text("format")),
        json.text("folder"),
        json.number("files", 1, Archive.MAX_FILES),
        json.number("bytes"));
  }

  private static Map<String, Object> archive(Archive archive) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", archive.format().toString());
    json.put("folder", archive.folder());
    json.put("files", archive.files());
    json.put("bytes", archive.bytes());
    return json;
  }

  private static List<String> arguments(JsonObject json, String field) throws JsonFormatException {
    List<String> arguments = json.has(field) ? json.texts(field, MAX_ARGS) : List.of();
    for (String argument : arguments) {
      if (argument.indexOf('\0') >= 0) {
        throw new JsonFormatException(field + " holds an argument with a NUL character");
      }
    }
    return arguments;
  }

  private static String matching(Pattern pattern, String text, String field) {
    if (!pattern.matcher(text).matches()) {
      throw new IllegalArgumentException(
          field + " is \"" + text + "\": expected what matches " + pattern);
    }
    return text;
  }
}
