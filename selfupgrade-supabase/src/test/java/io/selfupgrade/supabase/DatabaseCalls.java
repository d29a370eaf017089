package io.selfupgrade.supabase;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Stand-ins with the signatures of pg_net 0.20 and Vault, which no package has, in schemas of
 * another role; what the database asks for is sent when a test says so.
 */
public final class DatabaseCalls {

  private static final String SCHEMAS =
      """
      do $$
      begin
          create role platform_of_tests nologin;
      exception when duplicate_object or unique_violation then
          null;
      end
      $$;
      create schema net authorization platform_of_tests;
      create schema vault authorization platform_of_tests;
      set role platform_of_tests;
      create table net.http_request_queue (
          id bigint generated always as identity primary key, url text not null, headers jsonb, body text);
      create table net._http_response (
          id bigint, status_code integer, timed_out boolean, error_msg text, created timestamptz default now());
      create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}',
          headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
          returns bigint language sql as
          'insert into net.http_request_queue (url, headers, body) values (url, headers, body::text) returning id';
      create table vault.decrypted_secrets (name text, decrypted_secret text);
      reset role;
      """;

  private final TestDatabase database;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private DatabaseCalls(TestDatabase database) {
    this.database = database;
  }

  /** Puts them into a database. */
  public static DatabaseCalls into(TestDatabase database) throws SQLException {
    DatabaseCalls calls = new DatabaseCalls(database);
    calls.run(statements -> statements.script(SCHEMAS));
    return calls;
  }

  /** Takes them out again. */
  public void remove() throws SQLException {
    run(statements -> statements.script("drop schema net cascade; drop schema vault cascade;"));
  }

  /** Keeps a secret under a name. */
  public void keep(String name, String secret) throws SQLException {
    run(
        statements ->
            statements.update(
                "insert into vault.decrypted_secrets values (?, ?)", Arguments.of(name, secret)));
  }

  /** Notes an answer to every call that has none. */
  void answer(int status) throws SQLException {
    run(
        statements ->
            statements.update(
                "insert into net._http_response (id, status_code) select q.id, ?"
                    + " from net.http_request_queue q where not exists"
                    + " (select from net._http_response r where r.id = q.id)",
                Arguments.of(status)));
  }

  /** Returns the calls, oldest first: address, key, body. */
  List<String> all() throws SQLException {
    return waiting("true").stream()
        .map(call -> call.url() + " " + call.key() + " " + call.body())
        .toList();
  }

  /** Sends what was not sent, and notes the answers, as pg_net's worker does; returns those. */
  public List<Integer> send() throws SQLException, IOException, InterruptedException {
    List<Integer> answers = new ArrayList<>();
    for (Call call : waiting("not exists (select from net._http_response r where r.id = q.id)")) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(call.url()))
              .timeout(Duration.ofSeconds(30))
              .header("content-type", call.type())
              .POST(BodyPublishers.ofString(call.body()));
      if (!call.key().isEmpty()) {
        request.header("apikey", call.key());
      }
      HttpResponse<Void> response = client.send(request.build(), BodyHandlers.discarding());
      run(
          statements ->
              statements.update(
                  "insert into net._http_response (id, status_code) values (?, ?)",
                  Arguments.of(call.id(), response.statusCode())));
      answers.add(response.statusCode());
    }
    return answers;
  }

  private List<Call> waiting(String which) throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      return new Statements(connection)
          .list(
              "select q.id, q.url, q.body, coalesce(q.headers ->> 'apikey', '') as key,"
                  + " q.headers ->> 'Content-Type' as type from net.http_request_queue q where "
                  + which
                  + " order by q.id",
              row ->
                  new Call(
                      row.number("id"),
                      row.text("url"),
                      row.text("key"),
                      row.text("type"),
                      row.text("body")),
              Arguments.of());
    }
  }

  private void run(Work work) throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      work.run(new Statements(connection));
    }
  }

  private interface Work {
    void run(Statements statements) throws SQLException;
  }

  private record Call(long id, String url, String key, String type, String body) {}
}
