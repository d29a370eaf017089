package io.selfupgrade.world;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** The way of agents to their database, which can be cut. Thread-safe. */
final class Wire implements AutoCloseable {

  private final ServerSocket entry;
  private final int server;
  private final List<Socket> sockets = new ArrayList<>();
  private boolean cut;

  /** Leads to that port of this host. */
  Wire(int server) throws IOException {
    this.server = server;
    this.entry = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  int port() {
    return entry.getLocalPort();
  }

  /** Ends all connections and each new one. */
  synchronized void cut() {
    cut = true;
    sockets.forEach(Wire::end);
    sockets.clear();
  }

  synchronized void mend() {
    cut = false;
  }

  @Override
  public void close() {
    cut();
    try {
      entry.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (!entry.isClosed()) {
      try {
        connect(entry.accept());
      } catch (IOException e) {
        // The entry is closed, or there is no server behind it: then the next one is tried.
      }
    }
  }

  private synchronized void connect(Socket near) throws IOException {
    if (cut) {
      end(near);
      return;
    }
    Socket far = new Socket(InetAddress.getLoopbackAddress(), server);
    sockets.add(near);
    sockets.add(far);
    daemon(() -> copy(near, far));
    daemon(() -> copy(far, near));
  }

  private void copy(Socket from, Socket to) {
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      in.transferTo(out);
    } catch (IOException e) {
      return; // Either end is gone, and the other one is closed with it.
    } finally {
      forget(from);
    }
  }

  private synchronized void forget(Socket socket) {
    sockets.remove(socket);
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "wire");
    thread.setDaemon(true);
    thread.start();
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
