package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.ConfigurationException;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://db.example.org:5433/agents?user=u%40x&password=p%2Fw+1",
        "postgresql://u%40x:p%2Fw+1@db.example.org:5433/agents",
        " postgres://u%40x:p%2Fw+1@db.example.org:5433/agents\n"
      })
  void bothFormsSayTheSame(String text) {
    DatabaseUrl url = DatabaseUrl.parse(text);

    assertThat(url.url()).isEqualTo("jdbc:postgresql://db.example.org:5433/agents");
    assertThat(url.properties())
        .containsEntry("user", "u@x")
        .containsEntry("password", "p/w+1")
        .containsEntry("sslmode", "require")
        .containsEntry("connectTimeout", "10")
        .containsEntry("socketTimeout", "30")
        .containsEntry("tcpKeepAlive", "true")
        .containsEntry("ApplicationName", "selfupgrade");
    assertThat(url.place().told()).isEmpty();
    assertThat(url.toString()).doesNotContain("p/w").doesNotContain("u@x");
  }

  @Test
  void aPasswordMayHoldAnAtSign() {
    assertThat(DatabaseUrl.parse("postgresql://u:a@b@db.example.org/x").properties())
        .containsEntry("password", "a@b");
  }

  @Test
  void whatStandsInTheUrlWins() {
    Properties properties =
        DatabaseUrl.parse(
                "postgresql://u@db.example.org/x?sslmode=verify-full&connect_timeout=3"
                    + "&application_name=bot")
            .properties();

    assertThat(properties)
        .containsEntry("sslmode", "verify-full")
        .containsEntry("connectTimeout", "3")
        .containsEntry("ApplicationName", "bot")
        .doesNotContainKey("password");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://localhost/x, false",
    "jdbc:postgresql://127.0.0.1:5432/x, false",
    "jdbc:postgresql://[::1]:5432/x, false",
    "jdbc:postgresql:x, false",
    "postgresql:///x, false",
    "postgresql://u@localhost:5432/x, false",
    "'postgresql://u@localhost:5432,db.example.org/x', true",
    "postgresql://u@localhost.example.org/x, true",
    "postgresql://u@127.example.org/x, true",
    "postgresql://u@10.0.0.5/x, true"
  })
  void encryptionIsRequiredForEveryHostButThisOne(String text, boolean required) {
    assertThat(DatabaseUrl.parse(text).properties().containsKey("sslmode")).isEqualTo(required);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u@aws-0-eu.pooler.supabase.com:6543/postgres",
        "postgresql://u@db.abcdefghij.supabase.co:6543/postgres",
        "postgresql://u@db.example.org:6543/postgres",
        "postgresql://u@db.abcdefghij.supabase.co:5432,other.example.org:6543/postgres",
        "postgresql://u@db.example.org/x?pgbouncer=true"
      })
  void aTransactionPoolerIsKnownByItsPortOrBecauseTheUrlSaysIt(String text) {
    assertThat(DatabaseUrl.parse(text).place().told()).contains(ConnectionKind.TRANSACTION_POOLER);
  }

  @ParameterizedTest
  @CsvSource({
    "postgresql://u@db.abcdefghij.supabase.co:5432/postgres, DIRECT",
    "postgresql://u@db.abcdefghij.supabase.co/postgres, DIRECT",
    "postgresql://u.abc@aws-0-eu.pooler.supabase.com:5432/postgres, SESSION_POOLER",
    "postgresql://u.abc@aws-1-us-east-1.pooler.supabase.com/postgres, SESSION_POOLER",
    "'postgresql://u@db.a.supabase.co,aws-0-eu.pooler.supabase.com/postgres', ",
    "'postgresql://u@db.a.supabase.co:5432,db.example.org/postgres', ",
    "postgresql://u@db.abcdefghij.supabase.co:5433/postgres, ",
    "postgresql://u@db.abcdefghij.supabase.co.example.org/postgres, ",
    "postgresql://u@pooler.supabase.com.example.org/postgres, ",
    "postgresql://u@[::1]:5432/postgres, ",
    "jdbc:postgresql:x, ",
  })
  void whatTheNameDoesNotTellIsNotKnown(String text, @Nullable ConnectionKind kind) {
    assertThat(DatabaseUrl.parse(text).place().told()).isEqualTo(Optional.ofNullable(kind));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"mysql://u:hunter2@h/x", "hunter2", "", "postgresql://u:hunter2%@h/x", "jdbc:x"})
  void anotherShapeIsRefusedWithoutRepeatingIt(String text) {
    assertThatThrownBy(() -> DatabaseUrl.parse(text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
        .hasMessageNotContaining("hunter2");
  }
}
