package io.selfupgrade.supabase;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One exchange with a function: its time, its size, and what its failures mean. */
final class EdgeCall {

  static final String PORT = "EdgeFunctions";

  private static final Duration TO_CONNECT = Duration.ofSeconds(10);
  private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final int LARGEST = 1 << 20;
  private static final JsonFactory JSON = new JsonFactory();

  private final URI project;
  private final Secret key;

  /** A redirect would take the key elsewhere. */
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(TO_CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .version(HttpClient.Version.HTTP_1_1)
          .build();

  EdgeCall(URI project, Secret key) {
    String host = project.getHost();
    boolean safe =
        host != null
            && ("https".equalsIgnoreCase(project.getScheme())
                || ("http".equalsIgnoreCase(project.getScheme()) && THIS_MACHINE.contains(host)));
    boolean plain =
        project.getUserInfo() == null
            && project.getQuery() == null
            && project.getFragment() == null
            && Optional.ofNullable(project.getPath()).filter(p -> p.length() > 1).isEmpty();
    if (!safe || !plain) {
      throw new IllegalArgumentException(
          "the project's URL is not usable: expected https://REFERENCE.supabase.co, without a path");
    }
    this.project = project;
    this.key = key;
  }

  /** Calls a function with a JSON object, and returns its answer if that is a good one. */
  EdgeAnswer post(String function, Map<String, String> fields, Duration time) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(at(function))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .POST(BodyPublishers.ofByteArray(json(fields)));
    EdgeKey.send(key, request);
    String what = function + " " + fields.get("action");
    EdgeAnswer answer = exchange(what, request.build(), time);
    if (answer.status() < 200 || answer.status() > 299) {
      throw EdgeFailure.of(what, function, answer);
    }
    return answer.requireObject();
  }

  boolean health(Duration time) {
    EdgeAnswer answer = exchange("health", HttpRequest.newBuilder(at("health")).build(), time);
    String said = answer.text("status").orElse("");
    if (answer.status() == 200 && said.equals("up")) {
      return true;
    }
    if (answer.status() == 503 && said.equals("down")) {
      return false;
    }
    throw EdgeFailure.of("health", "health", answer);
  }

  private URI at(String function) {
    return project.resolve("/functions/v1/" + function);
  }

  private EdgeAnswer exchange(String what, HttpRequest request, Duration time) {
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, head -> new LimitedBody(LARGEST));
    try {
      HttpResponse<byte[]> got = answer.get(time.toMillis(), TimeUnit.MILLISECONDS);
      if (got.body().length > LARGEST) {
        throw failure(what + " answered more than " + LARGEST + " bytes: " + check(), false, null);
      }
      return EdgeAnswer.of(what, got.statusCode(), got.body());
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw failure(
          what
              + " did not reach "
              + project.getHost()
              + " ("
              + cause.getClass().getSimpleName()
              + "): check the project's URL and the way there, and see whether the project is"
              + " paused; repeat the call with the same key",
          true,
          cause);
    } catch (TimeoutException e) {
      throw failure(
          what + " was not answered within " + time + ": repeat the call with the same key",
          true,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(what + " was interrupted: it may have been carried out", true, e);
    } finally {
      answer.cancel(true);
    }
  }

  private static String check() {
    return "check that the project's URL is that of a Supabase project with these functions";
  }

  private static byte[] json(Map<String, String> fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      for (Map.Entry<String, String> field : fields.entrySet()) {
        json.writeStringField(field.getKey(), field.getValue());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  static AdapterException failure(String what, boolean retryable, @Nullable Throwable cause) {
    return new AdapterException(PORT, what, retryable, cause);
  }

  /** Returns the project's URL. */
  @Override
  public String toString() {
    return project.toString();
  }
}
