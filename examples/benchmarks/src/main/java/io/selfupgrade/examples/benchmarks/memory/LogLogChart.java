package io.selfupgrade.examples.benchmarks.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Lines over two logarithmic axes.
 *
 * @param across what the axis across is
 * @param upwards what the axis upwards is
 */
record LogLogChart(String across, String upwards) {

  private static final int WIDTH = 760;
  private static final int HEIGHT = 440;
  private static final int LEFT = 60;
  private static final int RIGHT = 560;
  private static final int TOP = 20;
  private static final int BOTTOM = 390;
  private static final int LEGEND_STEP = 20;
  private static final List<String> COLORS = List.of("#555555", "#1565c0", "#c62828", "#2e7d32");

  /**
   * Draws them.
   *
   * @param lines by name: points, the place upwards by the place across, all of them above 0; each
   *     two lines that follow one another have a colour, the first of them dashed
   */
  String svg(Map<String, Map<Integer, Double>> lines) {
    Axis x = Axis.of(lines.values().stream().flatMap(l -> l.keySet().stream()).toList());
    Axis y = Axis.of(lines.values().stream().flatMap(l -> l.values().stream()).toList());
    List<String> parts = new ArrayList<>();
    parts.add(
        format(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'"
                + " font-size='12'>",
            WIDTH, HEIGHT));
    parts.add(format("<rect width='%d' height='%d' fill='white'/>", WIDTH, HEIGHT));
    for (double tick : x.ticks()) {
      double at = x.at(tick, LEFT, RIGHT);
      parts.add(line(at, TOP, at, BOTTOM));
      parts.add(text(at, BOTTOM + 18, "middle", number(tick)));
    }
    for (double tick : y.ticks()) {
      double at = y.at(tick, BOTTOM, TOP);
      parts.add(line(LEFT, at, RIGHT, at));
      parts.add(text(LEFT - 6, at + 4, "end", number(tick)));
    }
    parts.add(text((LEFT + RIGHT) / 2.0, BOTTOM + 40, "middle", across));
    parts.add(
        format(
            "<text x='16' y='%d' text-anchor='middle' transform='rotate(-90 16 %d)'>%s</text>",
            (TOP + BOTTOM) / 2, (TOP + BOTTOM) / 2, upwards));
    int drawn = 0;
    for (Map.Entry<String, Map<Integer, Double>> each : lines.entrySet()) {
      parts.addAll(drawn(each.getKey(), each.getValue(), drawn, new Axis[] {x, y}));
      drawn++;
    }
    parts.add("</svg>");
    return String.join("\n", parts) + "\n";
  }

  private static List<String> drawn(
      String name, Map<Integer, Double> points, int number, Axis[] axes) {
    String stroke =
        format(
            "fill='none' stroke='%s' stroke-width='2'%s",
            COLORS.get(number / 2 % COLORS.size()),
            number % 2 == 0 ? " stroke-dasharray='6 4'" : "");
    String path =
        points.entrySet().stream()
            .map(
                point ->
                    format(
                        "%.1f,%.1f",
                        axes[0].at(point.getKey(), LEFT, RIGHT),
                        axes[1].at(point.getValue(), BOTTOM, TOP)))
            .collect(Collectors.joining(" "));
    int y = TOP + LEGEND_STEP * (number + 1);
    return List.of(
        format("<polyline points='%s' %s/>", path, stroke),
        format("<polyline points='%d,%d %d,%d' %s/>", RIGHT + 15, y - 4, RIGHT + 45, y - 4, stroke),
        text(RIGHT + 52, y, "start", name));
  }

  private static String line(double fromX, double fromY, double toX, double toY) {
    return format(
        "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#dddddd'/>", fromX, fromY, toX, toY);
  }

  private static String text(double x, double y, String anchor, String words) {
    return format("<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>", x, y, anchor, words);
  }

  private static String number(double value) {
    return value >= 1 ? format("%,.0f", value) : format("%.2f", value).replaceAll("0+$", "");
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** From a value to another, with ticks at 1, 2 and 5 times powers of ten. */
  private record Axis(double least, double most) {

    static Axis of(List<? extends Number> values) {
      double least = values.stream().mapToDouble(Number::doubleValue).min().orElse(1);
      double most = values.stream().mapToDouble(Number::doubleValue).max().orElse(10);
      return new Axis(least * 0.8, most * 1.25);
    }

    double at(double value, double from, double to) {
      return from + (to - from) * Math.log(value / least) / Math.log(most / least);
    }

    List<Double> ticks() {
      List<Double> ticks = new ArrayList<>();
      for (int power = (int) Math.floor(Math.log10(least)); power <= Math.log10(most); power++) {
        for (int times : new int[] {1, 2, 5}) {
          double tick = times * Math.pow(10, power);
          if (tick >= least && tick <= most) {
            ticks.add(tick);
          }
        }
      }
      return ticks;
    }
  }
}
