package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FetchAheadTest {

  private static final long MILLI = 1_000_000;

  private final FetchAhead ahead = new FetchAhead(4);

  @Test
  void itBeginsWithOneForEachThread() {
    assertThat(ahead.room(0)).isEqualTo(4);
    assertThat(ahead.room(3)).isEqualTo(1);
    assertThat(ahead.room(9)).isZero();
  }

  @Test
  void aQuickHandlerIsGivenWhatItEndsInATenthOfASecond() {
    ahead.note(0, 0, 4);
    ahead.note(10 * MILLI, 50, 4);

    assertThat(ahead.room(0)).isEqualTo(500);
  }

  @Test
  void aQuickHandlerIsGivenAQuarterAtLeast() {
    ahead.note(0, 0, 4);
    ahead.note(10 * MILLI, 50, 4);

    assertThat(ahead.room(376)).isZero();
    assertThat(ahead.room(375)).isEqualTo(125);
  }

  @Test
  void aGroupThatIsNotYetRecordedTellsNothing() {
    ahead.note(0, 0, 4);
    ahead.note(10 * MILLI, 50, 4);
    ahead.note(30 * MILLI, 50, 500);

    assertThat(ahead.room(0)).isEqualTo(500);

    ahead.note(50 * MILLI, 450, 100);

    assertThat(ahead.room(0)).isEqualTo(1_000);
  }

  @Test
  void thereIsAMost() {
    ahead.note(0, 0, 4);
    ahead.note(10 * MILLI, 50_000, 4);

    assertThat(ahead.room(0)).isEqualTo(FetchAhead.MOST);
  }

  @Test
  void aSlowHandlerIsGivenOneForEachThread() {
    ahead.note(0, 0, 4);
    ahead.note(10 * MILLI, 50, 4);
    ahead.note(1_010 * MILLI, 52, 4);

    assertThat(ahead.room(0)).isEqualTo(4);
  }

  @Test
  void aPauseTellsNothing() {
    ahead.note(-5, 0, 4);
    ahead.note(10 * MILLI - 5, 50, 0);
    ahead.note(5_000 * MILLI, 50, 0);

    assertThat(ahead.room(0)).isEqualTo(500);
  }
}
