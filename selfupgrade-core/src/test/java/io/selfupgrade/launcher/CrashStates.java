package io.selfupgrade.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What a power loss may leave of a home: a file system that keeps what was forced, and of the rest
 * any part in any order.
 *
 * <p>Each name that changed since its directory was forced is in one of its states since, whatever
 * the others are; each file that was written since it was forced has a part of that, or zeros.
 */
final class CrashStates {
  /** So many states of names at one moment are all taken; of more, the extremes and a sample. */
  private static final int ALL_OF = 64;

  private final Path root;
  private final Random random;
  private final Directory top = new Directory();

  CrashStates(Path root, Random random) {
    this.root = root;
    this.random = random;
  }

  /** A file or directory; the name does not belong to it. */
  private static class Node {}

  private static final class Directory extends Node {
    /** The states of each name since the directory was forced, the forced one first. */
    final Map<String, List<Node>> names = new LinkedHashMap<>();

    Node now(String name) {
      List<Node> states = names.get(name);
      return states == null ? null : states.get(states.size() - 1);
    }

    void set(String name, Node node) {
      names.computeIfAbsent(name, unused -> new ArrayList<>(Arrays.asList((Node) null))).add(node);
    }

    void force() {
      names.replaceAll(
          (name, states) -> new ArrayList<>(states.subList(states.size() - 1, states.size())));
      names.values().removeIf(states -> states.get(0) == null);
    }
  }

  private static final class Content extends Node {
    byte[] forced = new byte[0];
    byte[] written = new byte[0];
    boolean torn;
  }

  /** Applies one effect. */
  void apply(Effect effect) {
    Directory parent = parent(effect.path());
    String name = effect.path().equals(root) ? "" : effect.path().getFileName().toString();
    switch (effect.kind()) {
      case CREATE_DIRECTORIES -> directory(effect.path());
      case CREATE -> {
        Content file = new Content();
        file.written = effect.bytes();
        file.torn = file.written.length > 0;
        parent.set(name, file);
      }
      case APPEND -> {
        Content file = (Content) parent.now(name);
        byte[] more = effect.bytes();
        byte[] longer = Arrays.copyOf(file.written, file.written.length + more.length);
        System.arraycopy(more, 0, longer, file.written.length, more.length);
        file.written = longer;
        file.torn = true;
      }
      case TRUNCATE -> {
        Content file = (Content) parent.now(name);
        file.written = Arrays.copyOf(file.written, (int) effect.length());
        file.torn = true;
      }
      case FORCE -> {
        Content file = (Content) parent.now(name);
        file.forced = file.written;
        file.torn = false;
      }
      case RENAME -> {
        parent(effect.to()).set(effect.to().getFileName().toString(), parent.now(name));
        parent.set(name, null);
      }
      case DELETE -> {
        if (parent.now(name) != null) {
          parent.set(name, null);
        }
      }
      case SYNC_DIRECTORY -> directory(effect.path()).force();
    }
  }

  /** Makes everything durable: the state from which a recording begins. */
  void forceAll() {
    forceAll(top);
  }

  private static void forceAll(Directory directory) {
    directory.force();
    for (List<Node> states : directory.names.values()) {
      if (states.get(0) instanceof Directory child) {
        forceAll(child);
      } else {
        Content file = (Content) states.get(0);
        file.forced = file.written;
        file.torn = false;
      }
    }
  }

  /**
   * Names all states that are possible now; {@code finely} tears what is not forced at each byte.
   */
  void forEach(boolean finely, Consumer<Map<String, byte[]>> state) {
    List<int[]> choices = choices();
    for (int[] choice : choices) {
      TreeMap<String, Node> nodes = new TreeMap<>();
      flatten("", top, nodes, choice, new int[1]);
      List<String> torn = new ArrayList<>();
      TreeMap<String, byte[]> tree = new TreeMap<>();
      nodes.forEach(
          (path, node) -> {
            tree.put(path, node instanceof Content file ? file.written : null);
            if (node instanceof Content file && file.torn) {
              torn.add(path);
            }
          });
      state.accept(new TreeMap<>(tree));
      for (String path : torn) {
        Content file = (Content) nodes.get(path);
        boolean temporary = path.endsWith(".tmp");
        for (byte[] part : parts(file, finely && !temporary)) {
          TreeMap<String, byte[]> other = new TreeMap<>(tree);
          other.put(path, part);
          state.accept(other);
        }
      }
    }
  }

  private static List<byte[]> parts(Content file, boolean finely) {
    int from = Math.min(file.forced.length, file.written.length);
    int to = Math.max(file.forced.length, file.written.length);
    List<byte[]> parts = new ArrayList<>();
    if (file.written.length < file.forced.length) {
      parts.add(file.forced);
      return parts;
    }
    int step = finely ? 1 : Math.max(1, (to - from) / 3);
    for (int length = from; length < to; length += step) {
      byte[] part = Arrays.copyOf(file.written, length);
      parts.add(part);
      boolean some = !finely || (length - from) % 2 == 0;
      if (some) {
        // The length is there, the blocks are not.
        parts.add(Arrays.copyOf(part, to));
      }
    }
    return parts;
  }

  /** For each name with several states, in the order of {@link #flatten}, which one. */
  private List<int[]> choices() {
    List<Integer> sizes = new ArrayList<>();
    sizes(top, sizes);
    long product = 1;
    for (int size : sizes) {
      product = Math.min(product * size, Integer.MAX_VALUE);
    }
    LinkedHashSet<List<Integer>> chosen = new LinkedHashSet<>();
    if (product <= ALL_OF) {
      for (int n = 0; n < product; n++) {
        List<Integer> choice = new ArrayList<>();
        int rest = n;
        for (int size : sizes) {
          choice.add(rest % size);
          rest /= size;
        }
        chosen.add(choice);
      }
    } else {
      chosen.add(sizes.stream().map(size -> 0).toList());
      chosen.add(sizes.stream().map(size -> size - 1).toList());
      while (chosen.size() < ALL_OF) {
        chosen.add(sizes.stream().map(random::nextInt).toList());
      }
    }
    return chosen.stream()
        .map(choice -> choice.stream().mapToInt(Integer::intValue).toArray())
        .toList();
  }

  /**
   * A directory whose name is not there takes what is below with it: its choices change nothing.
   */
  private static void sizes(Directory directory, List<Integer> sizes) {
    for (List<Node> states : directory.names.values()) {
      if (states.size() > 1) {
        sizes.add(states.size());
      }
      if (states.get(states.size() - 1) instanceof Directory child) {
        sizes(child, sizes);
      }
    }
  }

  private static void flatten(
      String path, Directory directory, Map<String, Node> nodes, int[] choice, int[] next) {
    for (Map.Entry<String, List<Node>> name : directory.names.entrySet()) {
      List<Node> states = name.getValue();
      Node now = states.size() == 1 ? states.get(0) : states.get(choice[next[0]++]);
      String place = path + name.getKey();
      if (nodes != null && now != null) {
        nodes.put(place, now);
      }
      if (states.get(states.size() - 1) instanceof Directory child) {
        flatten(place + "/", child, now == child ? nodes : null, choice, next);
      }
    }
  }

  private Directory parent(Path path) {
    return path.equals(root) ? top : directory(path.getParent());
  }

  private Directory directory(Path path) {
    if (path.equals(root) || !path.startsWith(root)) {
      return top;
    }
    Directory parent = directory(path.getParent());
    String name = path.getFileName().toString();
    if (!(parent.now(name) instanceof Directory)) {
      parent.set(name, new Directory());
    }
    return (Directory) parent.now(name);
  }
}
