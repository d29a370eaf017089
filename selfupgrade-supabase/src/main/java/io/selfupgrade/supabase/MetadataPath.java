package io.selfupgrade.supabase;

import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.MetadataFilter.Comparison;
import java.math.BigDecimal;
import java.util.List;

/**
 * A condition on metadata as one jsonpath, so that the statement around it stays the same.
 *
 * <p>Every part is true or false and never unknown: {@code exists} is, with whatever filter in it,
 * and so are comparisons of {@code type()}, which is not applied to the elements of an array.
 */
final class MetadataPath {

  private MetadataPath() {}

  /** Returns the path; PostgreSQL documentation, 9.16.2, "The SQL/JSON Path Language". */
  static String of(MetadataFilter filter) {
    StringBuilder path = new StringBuilder();
    write(filter, path);
    return path.toString();
  }

  /** Tells whether an index over values finds what meets the condition. */
  static boolean indexable(MetadataFilter filter) {
    if (filter instanceof MetadataFilter.And and) {
      return and.all().stream().anyMatch(MetadataPath::indexable);
    }
    if (filter instanceof MetadataFilter.Or or) {
      return or.any().stream().allMatch(MetadataPath::indexable);
    }
    return filter instanceof MetadataFilter.Compare compare
        && compare.comparison() == Comparison.EQUAL
        && !(compare.value() instanceof BigDecimal number && number.signum() < 0);
  }

  private static void write(MetadataFilter filter, StringBuilder path) {
    if (filter instanceof MetadataFilter.And and) {
      join(and.all(), " && ", path);
    } else if (filter instanceof MetadataFilter.Or or) {
      join(or.any(), " || ", path);
    } else if (filter instanceof MetadataFilter.Not not) {
      path.append("!(");
      write(not.filter(), path);
      path.append(')');
    } else if (filter instanceof MetadataFilter.Exists exists) {
      path.append("($.");
      quote(exists.key(), path);
      path.append(".type() != \"null\")");
    } else if (filter instanceof MetadataFilter.Contains contains) {
      leaf(contains.key(), "string", path);
      path.append("like_regex ");
      quote(contains.text(), path);
      path.append(" flag \"q\"))");
    } else if (filter instanceof MetadataFilter.Compare compare) {
      compare(compare, path);
    } else {
      throw new IllegalStateException("a condition of no known kind: " + filter);
    }
  }

  private static void compare(MetadataFilter.Compare compare, StringBuilder path) {
    Object value = compare.value();
    String type =
        value instanceof String ? "string" : value instanceof Boolean ? "boolean" : "number";
    leaf(compare.key(), type, path);
    path.append(compare.comparison() == Comparison.EQUAL ? "==" : compare.comparison().toString());
    path.append(' ');
    if (value instanceof String text) {
      quote(text, path);
    } else {
      path.append(value);
    }
    path.append("))");
  }

  /** Begins the filter of one element, which two brackets end. */
  private static void leaf(String key, String type, StringBuilder path) {
    path.append("exists($.");
    quote(key, path);
    path.append(" ? (@.type() == \"").append(type).append("\" && @ ");
  }

  /** Joins in halves: a chain of thousands would be as deep as it is long. */
  private static void join(List<MetadataFilter> parts, String sign, StringBuilder path) {
    if (parts.size() == 1) {
      write(parts.get(0), path);
      return;
    }
    int middle = parts.size() / 2;
    path.append('(');
    join(parts.subList(0, middle), sign, path);
    path.append(sign);
    join(parts.subList(middle, parts.size()), sign, path);
    path.append(')');
  }

  private static void quote(String text, StringBuilder path) {
    path.append('"');
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character == '"' || character == '\\') {
        path.append('\\').append(character);
      } else if (character < ' ') {
        path.append(String.format("\\u%04x", (int) character));
      } else {
        path.append(character);
      }
    }
    path.append('"');
  }
}
