package example.retrofit;

import com.sun.net.httpserver.HttpServer;
import example.plain.Plain;
import io.selfupgrade.github.GitHub;
import io.selfupgrade.github.GitHubReleases;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import okhttp3.OkHttp;
import retrofit2.Retrofit;

/** A host with Retrofit, whose okhttp is of another major version than that of the library. */
public final class BesideRetrofit {

  private BesideRetrofit() {}

  /** Uses both. */
  public static void main(String[] args) throws Exception {
    Retrofit retrofit = new Retrofit.Builder().baseUrl("http://127.0.0.1/").build();
    System.out.println("retrofit for " + retrofit.baseUrl() + " on okhttp " + OkHttp.VERSION);
    HttpServer server = newGitHub();
    try {
      URI api = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
      GitHubReleases releases = GitHub.repository("acme/agent").at(api).releases();
      System.out.println("GitHub has " + releases.latest("stable", 1000));
    } finally {
      server.stop(0);
    }
    Plain.main(args);
  }

  /** Serves a repository that has no release. */
  private static HttpServer newGitHub() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean releases = exchange.getRequestURI().getPath().endsWith("/releases");
          String json = releases ? "[]" : "{\"id\": 7, \"full_name\": \"acme/agent\"}";
          byte[] body = json.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }
}
