package io.selfupgrade.observe;

/**
 * A way on which people hear of an agent's news.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #name} is always the same and tells no secret: what waits for delivery is kept under
 *       it, over restarts and versions.
 *   <li>{@link #deliver} ends within 30 s, whatever the other side does.
 *   <li>It says {@link Delivery.Later} where another attempt may help, {@link Delivery.Impossible}
 *       where none can, and does not throw for either.
 *   <li>It never follows another address than the one that it was given.
 *   <li>Neither an answer nor an exception nor {@code toString} tells a secret.
 * </ol>
 *
 * <p>Called by the primary, by one thread at a time. The same notification may be delivered twice,
 * after a crash or a lost answer: pass {@link Notification#key} on where the other side knows such
 * keys.
 */
public interface Notifier {

  /** Returns what the outbox calls it, such as {@code slack}: 1 to 60 characters, unique. */
  String name();

  /** Tries to deliver a notification, once. */
  Delivery deliver(Notification notification);
}
