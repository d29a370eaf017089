package io.selfupgrade.core.notify;

import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells news to the log of this process: the logger {@code io.selfupgrade.news}, at WARN. */
public final class LogNotifier implements Notifier {

  private static final Logger NEWS = LoggerFactory.getLogger("io.selfupgrade.news");

  @Override
  public String name() {
    return "log";
  }

  @Override
  public Delivery deliver(Notification notification) {
    NEWS.warn(
        "{} ({}, {}){}{}",
        notification.title(),
        notification.kind(),
        notification.key(),
        notification.text().isEmpty() ? "" : System.lineSeparator(),
        notification.text());
    return new Delivery.Delivered();
  }
}
