package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a publisher has put on GitHub, and GitHub's answers about it. */
final class Publisher {

  static final String PATH = "/repos/" + StandIn.NAME;

  private final StandIn github;
  private final Map<String, Release> releases = new LinkedHashMap<>();
  private long id = 42;
  private long lastAsset = 100;

  Publisher(StandIn github) {
    this.github = github;
  }

  /** Publishes, or changes what was published; {@link #answer} lets GitHub say so. */
  Release release(String tag) {
    return releases.computeIfAbsent(tag, Release::new);
  }

  void delete(String tag) {
    releases.remove(tag);
    github.on(
        get(urlPathEqualTo(PATH + "/releases/tags/" + tag)), StandIn.refusal(404, "Not Found"));
  }

  /** Gives the name to another repository. */
  void resurrect(long other) {
    id = other;
  }

  /** Lets GitHub answer for what is published now. */
  void answer() {
    ObjectNode repository = Samples.of("full-repository").put("id", id);
    github.on(get(urlPathEqualTo(PATH)), StandIn.json(repository));
    ArrayNode list = JsonText.array();
    List<Release> newestFirst = new ArrayList<>(releases.values());
    for (int i = newestFirst.size() - 1; i >= 0; i--) {
      list.add(newestFirst.get(i).json());
    }
    String etag = "W/\"" + hex((id + list.toString()).getBytes(StandardCharsets.UTF_8)) + "\"";
    github.on(get(urlPathEqualTo(PATH + "/releases")), StandIn.json(list).withHeader("ETag", etag));
    github.on(
        get(urlPathEqualTo(PATH + "/releases")).withHeader("If-None-Match", equalTo(etag)),
        aResponse().withStatus(304).withHeader("ETag", etag));
    github.on(
        get(urlPathMatching(PATH + "/releases/tags/.*")).atPriority(9),
        StandIn.refusal(404, "Not Found"));
    newestFirst.forEach(Release::answer);
  }

  private static String hex(byte[] content) {
    return HexFormat.of().formatHex(AssetStream.sha256().digest(content));
  }

  /** A release. */
  final class Release {

    private final String tag;
    private final Map<String, ObjectNode> assets = new LinkedHashMap<>();
    private final Map<String, byte[]> contents = new LinkedHashMap<>();
    private final ObjectNode json = Samples.of("release");
    private String commit = "a".repeat(40);
    private String annotated = "";

    Release(String tag) {
      this.tag = tag;
      json.put("tag_name", tag);
    }

    Release is(String field, boolean value) {
      json.put(field, value);
      return this;
    }

    Release at(String sha) {
      commit = sha;
      return this;
    }

    /** Makes the tag an object of its own. */
    Release annotated(String sha) {
      annotated = sha;
      return this;
    }

    /** Adds a file; one of that name gets another id, as when it is deleted and put there anew. */
    Release with(String name, byte[] content) {
      lastAsset++;
      contents.put(name, content);
      assets.put(
          name,
          Samples.of("release-asset")
              .put("id", lastAsset)
              .put("name", name)
              .put("state", "uploaded")
              .put("size", content.length)
              .put("digest", "sha256:" + hex(content)));
      return this;
    }

    /** Changes what GitHub says of a file. */
    ObjectNode asset(String name) {
      return assets.get(name);
    }

    /** Changes a file's bytes, and not what GitHub says of it. */
    void spoil(String name, byte[] content) {
      contents.put(name, content);
    }

    private ObjectNode json() {
      ArrayNode list = JsonText.array();
      assets.values().forEach(list::add);
      json.set("assets", list);
      return json;
    }

    private void answer() {
      if (!json.path("draft").asBoolean()) {
        github.on(get(urlPathEqualTo(PATH + "/releases/tags/" + tag)), StandIn.json(json()));
      }
      ObjectNode reference = Samples.of("git-ref").put("ref", "refs/tags/" + tag);
      ObjectNode object = (ObjectNode) reference.path("object");
      object.put("type", annotated.isEmpty() ? "commit" : "tag");
      object.put("sha", annotated.isEmpty() ? commit : annotated);
      github.on(get(urlPathEqualTo(PATH + "/git/ref/tags%2F" + tag)), StandIn.json(reference));
      if (!annotated.isEmpty()) {
        ObjectNode tagObject = Samples.of("git-tag");
        ((ObjectNode) tagObject.path("object")).put("sha", commit).put("type", "commit");
        github.on(get(urlPathEqualTo(PATH + "/git/tags/" + annotated)), StandIn.json(tagObject));
      }
      assets.forEach(this::answer);
    }

    /** As GitHub does: the API sends to a host for files, by a URL that is a password. */
    private void answer(String name, ObjectNode asset) {
      String file = "/file/" + asset.path("id").asLong();
      github.on(
          get(urlPathEqualTo(PATH + "/releases/assets/" + asset.path("id").asLong())),
          aResponse()
              .withStatus(302)
              .withHeader("Location", github.storage().baseUrl() + file + "?sig=secret"));
      github
          .storage()
          .stubFor(
              get(urlPathEqualTo(file))
                  .willReturn(
                      aResponse()
                          .withHeader("Content-Type", "application/octet-stream")
                          .withBody(contents.get(name))));
    }
  }
}
