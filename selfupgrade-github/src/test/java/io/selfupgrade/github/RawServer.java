package io.selfupgrade.github;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that sends what no server should, until the other side has hung up. */
final class RawServer implements AutoCloseable {

  private final ServerSocket socket;
  private final Script script;
  private final AtomicInteger answered = new AtomicInteger();

  RawServer(Script script) {
    this.script = script;
    try {
      this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread thread = new Thread(this::serve, "raw-server");
    thread.setDaemon(true);
    thread.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort());
  }

  /** Returns how many requests were answered. */
  int answered() {
    return answered.get();
  }

  private void serve() {
    while (!socket.isClosed()) {
      try (Socket connection = socket.accept()) {
        var in =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
          // To the end of the request, which has no body.
        }
        answered.incrementAndGet();
        script.play(connection.getOutputStream());
      } catch (IOException hungUp) {
        // The other side has had enough, or the test is over.
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** What is sent. */
  interface Script {
    void play(OutputStream out) throws IOException;
  }
}
