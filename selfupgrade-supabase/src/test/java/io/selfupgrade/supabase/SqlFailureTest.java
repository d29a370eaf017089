package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AdapterException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlFailureTest {

  @ParameterizedTest
  @CsvSource({
    "08006, true",
    "08001, true",
    "57P01, true",
    "57P03, true",
    "57014, true",
    "53300, true",
    "40P01, true",
    "40001, true",
    "55P03, true",
    "25P03, true",
    "25006, true",
    "58030, true",
    "28P01, false",
    "28000, false",
    "3D000, false",
    "42P01, false",
    "42501, false",
    "23505, false",
    "22P02, false",
    "XX000, false"
  })
  void theCodeTellsWhetherItMayPass(String state, boolean retryable) {
    SQLException failure = new SQLException("as the server said", state);

    AdapterException wrapped = SqlFailure.of("UpgradeJournal", "reading upgrades", failure);

    assertThat(wrapped.retryable()).isEqualTo(retryable);
    assertThat(wrapped)
        .hasCause(failure)
        .hasMessageContaining("UpgradeJournal: reading upgrades failed: as the server said")
        .hasMessageContaining(state);
  }

  @Test
  void thePoolsTimeoutIsJudgedByWhatTheDriverMet() {
    SQLException wrongPassword = new SQLException("password authentication failed", "28P01");
    SQLException pool = new SQLTransientConnectionException("not available", wrongPassword);

    assertThat(SqlFailure.retryable(pool)).isFalse();
    assertThat(SqlFailure.of("AgentStore", "x", pool))
        .hasMessageContaining("password authentication failed");
  }

  @Test
  void aTimeoutWithoutACodeMayPass() {
    assertThat(SqlFailure.retryable(new SQLTransientConnectionException("none free"))).isTrue();
    assertThat(SqlFailure.retryable(new SQLException("x", new SocketTimeoutException()))).isTrue();
    assertThat(SqlFailure.retryable(new SQLException("x"))).isFalse();
  }

  @Test
  void onlyCollisionsAreRepeatedAtOnce() {
    assertThat(SqlFailure.collision(new SQLException("x", "40P01"))).isTrue();
    assertThat(SqlFailure.collision(new SQLException("x", "40001"))).isTrue();
    assertThat(SqlFailure.collision(new SQLException("x", "08006"))).isFalse();
  }
}
