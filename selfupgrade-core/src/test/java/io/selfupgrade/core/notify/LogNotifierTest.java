package io.selfupgrade.core.notify;

import io.selfupgrade.observe.Notifier;
import io.selfupgrade.testkit.NotifierContract;
import java.util.List;
import java.util.Set;

/** The log of this process is always there. */
class LogNotifierTest extends NotifierContract {

  @Override
  protected Set<OtherSide> possible() {
    return Set.of(OtherSide.TAKES);
  }

  @Override
  protected Notifier notifier(OtherSide does) {
    return new LogNotifier();
  }

  @Override
  protected List<String> secrets() {
    return List.of();
  }
}
