package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The slice of GitHub's GraphQL schema that is beside the tests, and whether a mutation and its
 * answer fit it: its variables by their types, its selection and the answer by their fields.
 *
 * <p>Reads mutations of the form that this library sends: one, with all of its input in variables.
 */
final class GraphQlDescription {

  private static final JsonNode SCHEMA = load();
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*|[{}()!:$\\[\\]]");
  private static final Map<String, Pattern> SCALARS =
      Map.of(
          "String", Pattern.compile("(?s).*"),
          "ID", Pattern.compile("\\S+"),
          "GitObjectID", Pattern.compile("[0-9a-f]{40}"),
          "Base64String", Pattern.compile("[A-Za-z0-9+/]*={0,2}"));

  private final List<String> misfits = new ArrayList<>();
  private final Iterator<String> tokens;

  private GraphQlDescription(String document) {
    this.tokens = TOKEN.matcher(document).results().map(MatchResult::group).iterator();
  }

  /** Returns what does not fit; empty if all does, and for queries, which it does not know. */
  static List<String> misfits(byte[] request, byte[] answer) {
    JsonNode sent = JsonText.read("a request", request);
    String document = sent.path("query").asText();
    if (!document.startsWith("mutation")) {
      return List.of();
    }
    GraphQlDescription description = new GraphQlDescription(document);
    JsonNode data = answer.length == 0 ? MissingNode.getInstance() : data(answer);
    description.mutation(sent.path("variables"), data);
    return description.misfits;
  }

  private static JsonNode data(byte[] answer) {
    return JsonText.read("an answer", answer).path("data");
  }

  /** {@code mutation($input: Input!) { name(input: $input) { fields } }}. */
  private void mutation(JsonNode variables, JsonNode data) {
    expect("mutation", "(", "$");
    String variable = tokens.next();
    expect(":");
    String declared = tokens.next() + tokens.next();
    expect(")", "{");
    String name = tokens.next();
    JsonNode mutation = SCHEMA.path("mutations").path(name);
    expect("(");
    String argument = tokens.next();
    expect(":", "$", variable, ")", "{");
    String type = mutation.path("arguments").path(argument).asText();
    if (!type.equals(declared)) {
      misfits.add(name + "(" + argument + ") is " + type + ", and is declared as " + declared);
    }
    value("$" + variable, type, variables.path(variable));
    selection(mutation.path("answer").asText(), data.path(name));
    expect("}");
  }

  private void value(String where, String type, JsonNode value) {
    if (type.endsWith("!")) {
      if (value.isMissingNode() || value.isNull()) {
        misfits.add(where + " is missing: it is " + type);
        return;
      }
      value(where, type.substring(0, type.length() - 1), value);
    } else if (value.isMissingNode() || value.isNull()) {
      return;
    } else if (type.startsWith("[")) {
      value.forEach(item -> value(where, type.substring(1, type.length() - 1), item));
    } else if (SCHEMA.path("inputs").has(type)) {
      input(where, SCHEMA.path("inputs").path(type), value);
    } else if (!SCALARS.containsKey(type)) {
      misfits.add(where + " is of type " + type + ", which is not known here");
    } else if (!value.isTextual() || !SCALARS.get(type).matcher(value.textValue()).matches()) {
      misfits.add(where + " is no " + type + ": " + value);
    }
  }

  private void input(String where, JsonNode fields, JsonNode value) {
    value
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!fields.has(name)) {
                misfits.add(where + " has no field " + name);
              }
            });
    for (var field : fields.properties()) {
      String name = field.getKey();
      value(where + "." + name, field.getValue().asText(), value.path(name));
    }
  }

  /** Reads {@code field field { field } }} of a type, and looks for each in the answer. */
  private void selection(String type, JsonNode answer) {
    JsonNode fields = SCHEMA.path("answers").path(type);
    List<String> selected = new ArrayList<>();
    for (String token = tokens.next(); !token.equals("}"); token = tokens.next()) {
      if (token.equals("{")) {
        String field = selected.get(selected.size() - 1);
        selection(fields.path(field).asText().replace("!", ""), answer.path(field));
      } else {
        selected.add(token);
        if (!fields.has(token)) {
          misfits.add(type + " has no field " + token);
        } else if (answer.isObject() && !answer.has(token)) {
          misfits.add("the answer has no " + token + " of " + type);
        }
      }
    }
    answer
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!selected.contains(name)) {
                misfits.add("the answer has " + name + " of " + type + ", not asked for");
              }
            });
  }

  private void expect(String... expected) {
    for (String each : expected) {
      String seen = tokens.next();
      if (!seen.equals(each)) {
        misfits.add("a mutation has \"" + seen + "\", expected \"" + each + "\"");
      }
    }
  }

  private static JsonNode load() {
    try (InputStream in = GraphQlDescription.class.getResourceAsStream("/graphql/github.json")) {
      return JsonText.read("the schema", in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
