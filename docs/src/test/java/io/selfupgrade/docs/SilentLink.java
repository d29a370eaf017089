package io.selfupgrade.docs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A way to a server that may fall silent: connections stay, and what is sent on them is lost. */
final class SilentLink implements AutoCloseable {

  private final ServerSocket door;
  private final int target;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private volatile boolean silent;

  /** Leads to a port of this machine. */
  SilentLink(int target) throws IOException {
    this.target = target;
    this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    begin(this::accept);
  }

  int port() {
    return door.getLocalPort();
  }

  void silent(boolean now) {
    silent = now;
  }

  private void accept() throws IOException {
    while (true) {
      Socket here = door.accept();
      Socket there = new Socket(InetAddress.getLoopbackAddress(), target);
      open.addAll(List.of(here, there));
      begin(() -> pass(here.getInputStream(), there.getOutputStream()));
      begin(() -> pass(there.getInputStream(), here.getOutputStream()));
    }
  }

  private void pass(InputStream from, OutputStream to) throws IOException {
    byte[] buffer = new byte[1 << 14];
    boolean cut = false;
    try (from;
        to) {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        cut |= silent;
        if (!cut) {
          to.write(buffer, 0, read);
        }
      }
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void begin(Step step) {
    Thread thread =
        new Thread(
            () -> {
              try {
                step.run();
              } catch (IOException expected) {
                // One of both ends has been closed.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    door.close();
    for (Socket each : open) {
      each.close();
    }
  }
}
