package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.agent.Version;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A release as GitHub lists it, with what a source needs of it.
 *
 * @param tag its tag, such as {@code v1.2.3}
 * @param version what the tag says; empty if it is no version
 * @param prerelease whether GitHub says that it is one
 * @param immutable whether GitHub promises that its tag and assets stay; empty if it says nothing
 * @param assets those that are there whole, by name
 */
record PublishedRelease(
    String tag,
    Optional<Version> version,
    boolean prerelease,
    Optional<Boolean> immutable,
    Map<String, Asset> assets) {

  private static final Pattern RENEWAL = Pattern.compile("\\+index\\.(\\d{1,18})$");

  PublishedRelease {
    assets = Collections.unmodifiableMap(new LinkedHashMap<>(assets));
  }

  /** Reads GitHub's answer, or {@link #toJson}. */
  static PublishedRelease of(JsonNode release) {
    String tag = JsonText.text(release, "tag_name");
    Map<String, Asset> assets = new LinkedHashMap<>();
    for (JsonNode asset : JsonText.list(release, "assets")) {
      if (asset.path("state").asText("").equals("uploaded")) {
        assets.put(JsonText.text(asset, "name"), Asset.of(asset));
      }
    }
    JsonNode immutable = release.path("immutable");
    return new PublishedRelease(
        tag,
        version(tag),
        JsonText.flag(release, "prerelease"),
        immutable.isBoolean() ? Optional.of(immutable.booleanValue()) : Optional.empty(),
        assets);
  }

  /**
   * Returns which renewal of its version's index it is: 3 for {@code v1.4.0+index.3}, a release of
   * an index alone that is signed anew; 0 for one that is none.
   */
  long renewal() {
    Matcher matcher = RENEWAL.matcher(tag);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  /** Returns the tag of the release whose index this is. */
  String released() {
    return RENEWAL.matcher(tag).replaceFirst("");
  }

  /** Returns what changes when one of these assets is put there anew. */
  String ids(String... names) {
    return Arrays.stream(names)
        .map(name -> assets.containsKey(name) ? Long.toString(assets.get(name).id()) : "-")
        .collect(Collectors.joining("/"));
  }

  /** Writes what {@link #of} reads. */
  ObjectNode toJson() {
    ObjectNode json = JsonText.object().put("tag_name", tag).put("prerelease", prerelease);
    immutable.ifPresent(known -> json.put("immutable", known));
    ArrayNode list = json.putArray("assets");
    assets.forEach((name, asset) -> list.add(asset.toJson(name)));
    return json;
  }

  private static Optional<Version> version(String tag) {
    try {
      return Optional.of(Version.parse(tag.startsWith("v") ? tag.substring(1) : tag));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * A file of a release.
   *
   * @param id GitHub's
   * @param size in bytes
   * @param digest such as {@code sha256:...}, if GitHub tells one
   */
  record Asset(long id, long size, Optional<String> digest) {

    private static Asset of(JsonNode asset) {
      return new Asset(
          JsonText.number(asset, "id"),
          JsonText.number(asset, "size"),
          JsonText.optionalText(asset, "digest"));
    }

    private ObjectNode toJson(String name) {
      ObjectNode json =
          JsonText.object()
              .put("name", name)
              .put("state", "uploaded")
              .put("id", id)
              .put("size", size);
      digest.ifPresent(known -> json.put("digest", known));
      return json;
    }
  }
}
