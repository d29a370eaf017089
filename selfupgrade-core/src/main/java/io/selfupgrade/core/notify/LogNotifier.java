package io.selfupgrade.core.notify;

import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells news to the log of this process: the logger {@code io.selfupgrade.news}, at WARN. */
public final class LogNotifier implements Notifier {

  private static final Logger NEWS = LoggerFactory.getLogger("io.selfupgrade.news");
  private static final Pattern STEERING = Pattern.compile("[\\p{Cntrl}&&[^\\n\\t]]");

  @Override
  public String name() {
    return "log";
  }

  @Override
  public Delivery deliver(Notification notification) {
    NEWS.warn(
        "{} ({}, {}){}{}",
        printable(notification.title()),
        notification.kind(),
        printable(notification.key()),
        notification.text().isEmpty() ? "" : System.lineSeparator(),
        printable(notification.text()));
    return new Delivery.Delivered();
  }

  /** News quote what others said: nothing of it may steer a terminal that shows the log. */
  private static String printable(String text) {
    return STEERING.matcher(text).replaceAll("?");
  }
}
