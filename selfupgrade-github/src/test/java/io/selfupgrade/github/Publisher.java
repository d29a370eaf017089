package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

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
    answerList();
    releases.values().forEach(Release::answer);
  }

  /** Lets GitHub list what is published now, and no more: of many, the rest takes a while. */
  void answerList() {
    ObjectNode repository = Samples.of("full-repository").put("id", id);
    github.on(get(urlPathEqualTo(PATH)), StandIn.json(repository));
    github.on(
        get(urlPathMatching(PATH + "/releases/tags/.*")).atPriority(9),
        StandIn.refusal(404, "Not Found"));
    List<Release> newestFirst = new ArrayList<>(releases.values());
    Collections.reverse(newestFirst);
    for (int size : new int[] {30, 100}) {
      for (int page = 1; page == 1 || (page - 1) * size < newestFirst.size(); page++) {
        answer(newestFirst, page, size);
      }
    }
  }

  /** As GitHub does: what else is in a list than what is on the page does not count. */
  private void answer(List<Release> newestFirst, int page, int size) {
    ArrayNode list = JsonText.array();
    int end = Math.min(page * size, newestFirst.size());
    newestFirst.subList((page - 1) * size, end).forEach(release -> list.add(release.json()));
    String etag = "W/\"" + hex((id + list.toString()).getBytes(StandardCharsets.UTF_8)) + "\"";
    ResponseDefinitionBuilder answer = StandIn.json(list).withHeader("ETag", etag);
    if (end < newestFirst.size()) {
      String next = github.url() + "/repositories/" + id + "/releases?per_page=" + size;
      answer.withHeader("Link", "<" + next + "&page=" + (page + 1) + ">; rel=\"next\"");
    }
    github.on(asked(page, size), answer);
    github.on(
        asked(page, size).withHeader("If-None-Match", equalTo(etag)),
        aResponse().withStatus(304).withHeader("ETag", etag));
  }

  private static MappingBuilder asked(int page, int size) {
    return get(urlPathEqualTo(PATH + "/releases"))
        .withQueryParam("per_page", equalTo(Integer.toString(size)))
        .withQueryParam("page", page == 1 ? absent() : equalTo(Integer.toString(page)));
  }

  /** Returns what is listed, as text. */
  Stream<String> listed() {
    return releases.values().stream().map(release -> release.json().toString());
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

    void answer() {
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
