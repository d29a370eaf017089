package io.selfupgrade.docs;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A delivery as GitHub signs and sends it, or nearly so.
 *
 * @param name for people
 * @param headers each with its values
 * @param text of the body
 */
record GitHubDelivery(String name, Map<String, List<String>> headers, String text) {

  private static final String TYPE = "Content-Type";
  private static final String EVENT = "X-GitHub-Event";
  private static final String DELIVERY = "X-GitHub-Delivery";
  private static final String SIGNATURE = "X-Hub-Signature-256";
  private static final String CHANGES = "{}[]\",:\\ 0123456789-+.eEtfnulrsa\n\t\u0001";

  static GitHubDelivery release(String id, String text) {
    return signed("release " + id, "release", id, text);
  }

  /** Returns the same with some characters changed, signed anew. */
  GitHubDelivery changed(Random random) {
    StringBuilder changed = new StringBuilder(text);
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(changed.length());
      char other = CHANGES.charAt(random.nextInt(CHANGES.length()));
      switch (random.nextInt(3)) {
        case 0 -> changed.setCharAt(at, other);
        case 1 -> changed.insert(at, other);
        default -> changed.deleteCharAt(at);
      }
    }
    GitHubDelivery again = signed("changed", "ping", "changed", changed.toString());
    again.headers.put(EVENT, headers.get(EVENT));
    return again;
  }

  byte[] body() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Returns deliveries that are taken, ignored and refused for each reason there is. */
  static List<GitHubDelivery> allKinds(String release, String about) {
    List<GitHubDelivery> all = new ArrayList<>();
    all.add(release("taken", release));
    events(all, about);
    releases(all, release, about);
    bodies(all, release);
    headers(all, release);
    return all;
  }

  private static void events(List<GitHubDelivery> all, String about) {
    add(all, "ping", "{\"zen\":\"z\",\"hook_id\":7,\"hook\":{\"id\":7}}");
    add(all, "ping", "{\"zen\":\"z\"}");
    add(all, "star", "{\"action\":\"created\"}");
    add(all, "star", "no JSON");
    String push =
        "{\"ref\":\"refs/heads/main\",\"after\":\"0a1b\",\"deleted\":false," + about + "}";
    add(all, "push", push);
    add(all, "push", push.replace("main", "m\u00e4in \ud83d\ude00"));
    add(all, "push", push.replace("heads", "tags"));
    add(all, "push", push.replace("false", "true"));
    add(all, "push", push.replace("false", "null"));
    add(all, "push", push.replace("\"0a1b\"", "{}"));
    add(all, "push", push.replace("main", "x".repeat(400)));
    add(all, "push", push.replace("main", "x".repeat(600)));
    String run =
        "{\"action\":\"completed\",\"workflow_run\":{\"id\":12345678901,\"path\":"
            + "\".github/workflows/release.yml@main\",\"conclusion\":\"success\"},"
            + about
            + "}";
    add(all, "workflow_run", run);
    add(all, "workflow_run", run.replace("completed", "requested"));
    add(all, "workflow_run", run.replace("success", "failure"));
    add(all, "workflow_run", run.replace("\"success\"", "null"));
    add(all, "workflow_run", run.replace("release.yml", "other.yml"));
    add(all, "workflow_run", run.replace("12345678901", "1e3"));
    add(all, "workflow_run", run.replace("12345678901", "1".repeat(101)));
    add(all, "workflow_run", run.replace("\"id\"", "\"number\""));
  }

  private static void releases(List<GitHubDelivery> all, String release, String about) {
    for (String action : List.of("released", "prereleased", "edited", "deleted", "created")) {
      add(all, "release", release.replace("published", action));
    }
    add(all, "release", release.replace("\"draft\":false", "\"draft\":true"));
    add(all, "release", release.replace("\"draft\":false", "\"draft\":\"false\""));
    add(all, "release", release.replace("v1.1.0", "v1  \\u0041\\n" + "x".repeat(120)));
    add(all, "release", release.replace(about, "\"repository\":{\"full_name\":\"acme/other\"}"));
    add(all, "release", release.replace(about, "\"repository\":\"acme/my-bot\""));
    add(all, "release", release.replace(about, "\"repository.full_name\":\"acme/my-bot\""));
  }

  private static void bodies(List<GitHubDelivery> all, String release) {
    String first = release.substring(1);
    add(all, "release", "");
    add(all, "release", "[]");
    add(all, "release", release + "x");
    add(all, "release", release + " {}");
    add(all, "release", " \n" + release + "\r\n");
    add(all, "release", "\ufeff" + release);
    add(all, "release", "{\"action\":\"edited\"," + first);
    add(all, "release", "{\"x\":[{\"y\":1,\"y\":2}]," + first);
    add(all, "release", "{\"x\":" + "[".repeat(31) + "]".repeat(31) + "," + first);
    add(all, "release", "{\"x\":" + "[".repeat(32) + "]".repeat(32) + "," + first);
    add(all, "release", "{\"" + "n".repeat(500) + "\":1," + first);
    add(all, "release", "{\"" + "n".repeat(501) + "\":1," + first);
    for (String value : List.of("01", "1.", ".5", "+1", "-", "NaN", "tru", "'x'", "1e+5", "[1,]")) {
      add(all, "release", "{\"x\":" + value + "," + first);
    }
    for (String text : List.of("\\x", "\\u12", "\\ud800", "\t", "\\/", "\u007f", "\\u0000")) {
      add(all, "release", "{\"x\":\"" + text + "\"," + first);
    }
  }

  private static void headers(List<GitHubDelivery> all, String release) {
    GitHubDelivery good = release("id", release);
    String signature = good.headers.get(SIGNATURE).get(0);
    all.add(good.with(SIGNATURE));
    all.add(good.with(SIGNATURE, ""));
    all.add(good.with(SIGNATURE, signature.toUpperCase(Locale.ROOT)));
    all.add(good.with(SIGNATURE, signature.replace("sha256=", "sha1=")));
    all.add(good.with(SIGNATURE, "sha256=" + "0".repeat(64)));
    all.add(good.with(SIGNATURE, signature, signature));
    all.add(good.with(EVENT));
    all.add(good.with(EVENT, "Release"));
    all.add(good.with(EVENT, "release", "release"));
    all.add(good.with(DELIVERY));
    all.add(good.with(DELIVERY, "a b"));
    all.add(good.with(DELIVERY, "a".repeat(64)));
    all.add(good.with(DELIVERY, "a".repeat(65)));
    all.add(good.with(DELIVERY, "a".repeat(201)));
    all.add(good.with(TYPE));
    all.add(good.with(TYPE, "application/x-www-form-urlencoded"));
    all.add(good.with(TYPE, "Application/JSON ; charset=utf-8"));
    all.add(good.with(TYPE, "application/json", "application/json"));
  }

  private GitHubDelivery with(String header, String... values) {
    Map<String, List<String>> other = new TreeMap<>(headers);
    other.put(header, List.of(values));
    return new GitHubDelivery(header + " " + List.of(values), other, text);
  }

  private static void add(List<GitHubDelivery> all, String event, String text) {
    all.add(
        signed(event + " " + text.substring(0, Math.min(60, text.length())), event, "id", text));
  }

  private static GitHubDelivery signed(String name, String event, String id, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(
          new SecretKeySpec(
              EdgeRuntime.WEBHOOK_SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] signature = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
      Map<String, List<String>> headers = new TreeMap<>();
      headers.put(TYPE, List.of("application/json"));
      headers.put(EVENT, List.of(event));
      headers.put(DELIVERY, List.of(id));
      headers.put(SIGNATURE, List.of("sha256=" + HexFormat.of().formatHex(signature)));
      return new GitHubDelivery(name, headers, text);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
