package io.selfupgrade.github;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** One request on the wire: OkHttp, with everything off that it would do of its own accord. */
final class Transport {

  /** Carries what GitHub says of waiting past OkHttp, which would send again at once. */
  static final String RETRY_AFTER = "x-selfupgrade-retry-after";

  private static final String USER_AGENT = "selfupgrade-github/" + version();
  private static final MediaType JSON = MediaType.get("application/json; charset=utf-8");

  private final OkHttpClient client;
  private final String apiVersion;

  Transport(ClientSettings settings) {
    this.apiVersion = settings.apiVersion();
    this.client =
        Shared.CLIENT
            .newBuilder()
            .connectTimeout(settings.times().connect())
            .readTimeout(settings.times().read())
            .writeTimeout(settings.times().read())
            .build();
  }

  /**
   * Sends and returns as soon as the headers are there.
   *
   * @param authorization empty where the host must not see it
   * @param left for all of it, the body too
   */
  Response send(
      URI uri, ApiRequest request, Optional<String> authorization, Duration left, Sent sent)
      throws IOException {
    Request.Builder builder =
        new Request.Builder()
            .url(uri.toString())
            .method(request.method(), body(request))
            .header("Accept", request.accept())
            .header("User-Agent", USER_AGENT)
            .header("X-GitHub-Api-Version", apiVersion)
            .tag(Sent.class, sent);
    authorization.ifPresent(value -> builder.header("Authorization", value));
    request.validator().ifPresent(etag -> builder.header("If-None-Match", etag));
    OkHttpClient bounded = client.newBuilder().callTimeout(left).build();
    return bounded.newCall(builder.build()).execute();
  }

  private static @Nullable RequestBody body(ApiRequest request) {
    if (request.method().equals("GET")) {
      return null;
    }
    byte[] content = request.body().map(JsonText::write).orElse(new byte[0]);
    return new Once(content, content.length == 0 ? null : JSON);
  }

  private static String version() {
    String found = Transport.class.getPackage().getImplementationVersion();
    return found == null ? "dev" : found;
  }

  /** The pool of connections, made when the first request is sent. */
  private static final class Shared {

    private static final OkHttpClient CLIENT =
        new OkHttpClient.Builder()
            .followRedirects(false)
            .followSslRedirects(false)
            .retryOnConnectionFailure(false)
            .connectionPool(new ConnectionPool(4, 30, TimeUnit.SECONDS))
            .eventListenerFactory(
                call -> {
                  Sent sent = call.request().tag(Sent.class);
                  return sent == null ? EventListener.NONE : sent;
                })
            .addNetworkInterceptor(Shared::hideRetryAfter)
            .build();

    private Shared() {}

    /** OkHttp sends any request again, writes too, that is answered 503 and Retry-After: 0. */
    private static Response hideRetryAfter(Interceptor.Chain chain) throws IOException {
      Response response = chain.proceed(chain.request());
      String after = response.header("Retry-After");
      return after == null
          ? response
          : response.newBuilder().removeHeader("Retry-After").header(RETRY_AFTER, after).build();
    }
  }

  /** A body that OkHttp must not send a second time. */
  private static final class Once extends RequestBody {

    private final byte[] content;
    private final @Nullable MediaType type;

    Once(byte[] content, @Nullable MediaType type) {
      this.content = content;
      this.type = type;
    }

    @Override
    public @Nullable MediaType contentType() {
      return type;
    }

    @Override
    public long contentLength() {
      return content.length;
    }

    @Override
    public boolean isOneShot() {
      return true;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      sink.write(content);
    }
  }
}
