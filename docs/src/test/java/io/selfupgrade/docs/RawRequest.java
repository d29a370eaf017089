package io.selfupgrade.docs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Requests that no client library would send; returns the first line of the answer. */
final class RawRequest {

  private static final int LONGEST_MILLIS = 30_000;
  private static final int MOST_CHUNKS = 20_000;
  private static final byte[] CHUNK =
      ("1000\r\n" + "x".repeat(0x1000) + "\r\n").getBytes(StandardCharsets.US_ASCII);

  private RawRequest() {}

  /** Sends the head of a request, and nothing of what it promises. */
  static String head(int port, String head) throws IOException {
    try (Socket socket = connect(port, head)) {
      return firstLine(socket.getInputStream());
    }
  }

  /** Sends chunks for as long as there is no answer. */
  static String endless(int port, String head) throws IOException {
    try (Socket socket = connect(port, head + "Transfer-Encoding: chunked\r\n")) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      for (int i = 0; i < MOST_CHUNKS && in.available() == 0; i++) {
        out.write(CHUNK);
        out.flush();
      }
      return firstLine(in);
    }
  }

  private static Socket connect(int port, String head) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(LONGEST_MILLIS);
    socket.getOutputStream().write((head + "\r\n").getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
    return socket;
  }

  private static String firstLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\r' && next >= 0 && line.length() < 200; next = in.read()) {
      line.append((char) next);
    }
    return line.toString();
  }
}
