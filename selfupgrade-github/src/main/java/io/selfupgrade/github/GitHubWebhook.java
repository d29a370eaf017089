package io.selfupgrade.github;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.upgrade.DeliveryReceipt;
import io.selfupgrade.upgrade.DeliveryStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies GitHub's deliveries of a repository's webhook, and queues what they ask for.
 *
 * <p>A delivery is only a hint to look for something new: what is found then has to pass the same
 * signatures and digests as ever. Nothing in a body can restart, freeze or deploy.
 *
 * <p>Describes and does nothing; immutable and thread-safe; knows no web framework. The host reads
 * the body with {@link #read}, passes on the headers, and sends back the {@link WebhookAnswer}.
 * Releases are followed; pushes and workflow runs are where they are asked for.
 *
 * <p>The signature is HMAC-SHA256 over the body as it was received (GitHub Docs, "Validating
 * webhook deliveries"). Nothing is parsed before it was found good, in constant time.
 */
public final class GitHubWebhook {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubWebhook.class);

  /** GitHub's own limit (GitHub Docs, "Webhook events and payloads"). */
  private static final int GITHUBS_LARGEST = 25 << 20;

  private static final int SMALLEST_LARGEST = 1 << 10;
  private static final int DEFAULT_LARGEST = 5 << 20;

  private static final Pattern EVENT = Pattern.compile("[a-z_]{1,64}");
  private static final Pattern DELIVERY = Pattern.compile("[0-9A-Za-z-]{1,64}");
  private static final Pattern JSON =
      Pattern.compile("application/json\\s*(;.{0,100})?", Pattern.CASE_INSENSITIVE);

  private final WebhookSecrets secrets;
  private final WebhookFilter filter;
  private final int largest;
  private final DeliveryStore.Rule rule;

  private GitHubWebhook(
      WebhookSecrets secrets, WebhookFilter filter, int largest, DeliveryStore.Rule rule) {
    this.secrets = secrets;
    this.filter = filter;
    this.largest = largest;
    this.rule = rule;
  }

  /**
   * Describes the webhook of a repository, or of an App that is installed on it.
   *
   * @param repository {@code owner/name}; deliveries of others are ignored
   * @param secret what was entered as the webhook's secret, 16 bytes or more; read at each delivery
   * @throws IllegalArgumentException if the repository's name has another shape
   */
  public static GitHubWebhook of(String repository, Secret secret) {
    return new GitHubWebhook(
        new WebhookSecrets(secret, Optional.empty()),
        WebhookFilter.of(repository),
        DEFAULT_LARGEST,
        DeliveryStore.Rule.DEFAULT);
  }

  /**
   * Accepts another secret too, for the time in which the webhook's secret is changed.
   *
   * @param previous the one that goes
   */
  public GitHubWebhook rotating(Secret previous) {
    Objects.requireNonNull(previous, "previous");
    return new GitHubWebhook(secrets.rotating(previous), filter, largest, rule);
  }

  /** Follows pushes to a branch too, for agents that upgrade from commits. */
  public GitHubWebhook pushesTo(String branch) {
    return new GitHubWebhook(secrets, filter.pushesTo(branch), largest, rule);
  }

  /**
   * Follows the good ends of a workflow's runs too, such as that of the one that makes releases.
   *
   * @param file its name in {@code .github/workflows}, such as {@code release.yml}
   */
  public GitHubWebhook runsOf(String file) {
    return new GitHubWebhook(secrets, filter.runsOf(file), largest, rule);
  }

  /**
   * Sets how large a body may be; 5 MiB by default.
   *
   * @param bytes from 1 KiB to the 25 MiB that GitHub sends at most
   * @throws IllegalArgumentException if it is another number
   */
  public GitHubWebhook largest(int bytes) {
    if (bytes < SMALLEST_LARGEST || bytes > GITHUBS_LARGEST) {
      throw new IllegalArgumentException(
          "largest body of "
              + bytes
              + " bytes: expected "
              + SMALLEST_LARGEST
              + " to "
              + GITHUBS_LARGEST);
    }
    return new GitHubWebhook(secrets, filter, bytes, rule);
  }

  /** Sets how much deliveries may ask for; {@link DeliveryStore.Rule#DEFAULT} by default. */
  public GitHubWebhook limit(DeliveryStore.Rule limit) {
    return new GitHubWebhook(secrets, filter, largest, Objects.requireNonNull(limit, "limit"));
  }

  /**
   * Reads a request's body, and no more of it than {@link #verify} needs to refuse it as too large.
   *
   * @throws IOException if it cannot be read
   */
  public byte[] read(InputStream body) throws IOException {
    return body.readNBytes(largest + 1);
  }

  /**
   * Verifies a delivery; no I/O.
   *
   * @param headers of the request; names in any case, each with its values
   * @param body as it was received, byte for byte
   * @throws io.selfupgrade.agent.ConfigurationException if the secret is not set, or shorter than
   *     16 bytes
   */
  public WebhookVerdict verify(Map<String, List<String>> headers, byte[] body) {
    Objects.requireNonNull(headers, "headers");
    Objects.requireNonNull(body, "body");
    try {
      return verified(headers, body);
    } catch (RefusedDelivery refused) {
      return refused.verdict();
    }
  }

  private WebhookVerdict verified(Map<String, List<String>> headers, byte[] body)
      throws RefusedDelivery {
    if (body.length > largest) {
      throw new RefusedDelivery(413, "the body is larger than " + largest + " bytes");
    }
    WebhookHeaders all = new WebhookHeaders(headers);
    String digest = secrets.check(all.signature(), body);
    String event = all.one("X-GitHub-Event", EVENT);
    String delivery = all.one("X-GitHub-Delivery", DELIVERY);
    if (!JSON.matcher(all.one("Content-Type")).matches()) {
      throw new RefusedDelivery(
          415, "the webhook sends another content type: set it to application/json");
    }
    if (!WebhookFilter.EVENTS.contains(event)) {
      return new WebhookVerdict.Ignored(
          delivery, "event " + event + " is not one of " + WebhookFilter.EVENTS);
    }
    return filter.judge(
        event, WebhookPayload.read(body, WebhookFilter.FIELDS), new Seal(delivery, digest));
  }

  /**
   * Verifies a delivery and queues what it asks for; takes one call of the store.
   *
   * <p>A delivery that comes again, under its own id or another, has no effect: see {@link
   * DeliveryStore}. If the store cannot be reached the answer is 503, which GitHub shows as failed:
   * it can be delivered again, and the agent looks by itself too.
   *
   * @param agent whose upgrades it is about
   * @param headers as for {@link #verify}
   * @param body as for {@link #verify}
   * @param store the open store's {@code deliveries()}
   * @return what to send back
   * @throws io.selfupgrade.agent.ConfigurationException as for {@link #verify}
   */
  public WebhookAnswer accept(
      AgentName agent, Map<String, List<String>> headers, byte[] body, DeliveryStore store) {
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(store, "store");
    WebhookVerdict verdict = verify(headers, body);
    if (verdict instanceof WebhookVerdict.Refused refused) {
      LOG.debug("delivery refused: {}", refused.why());
      return new WebhookAnswer(refused.status(), refused.why());
    }
    if (verdict instanceof WebhookVerdict.Accepted accepted
        && accepted.asks() == WebhookVerdict.Asks.CHECK) {
      return queue(agent, accepted, store);
    }
    return new WebhookAnswer(200, verdict.summary());
  }

  private WebhookAnswer queue(
      AgentName agent, WebhookVerdict.Accepted accepted, DeliveryStore store) {
    DeliveryReceipt receipt;
    try {
      receipt = store.accept(agent, accepted.hint(), rule);
    } catch (AdapterException e) {
      LOG.warn("delivery {} is not queued: {}", accepted.delivery(), e.getMessage());
      return new WebhookAnswer(503, "not queued: the agent's store cannot be reached");
    }
    LOG.debug("delivery {}: {}", accepted.delivery(), receipt.summary());
    if (receipt instanceof DeliveryReceipt.TurnedAway) {
      return new WebhookAnswer(429, receipt.summary());
    }
    int status = receipt instanceof DeliveryReceipt.Queued ? 202 : 200;
    return new WebhookAnswer(status, receipt.summary());
  }

  /** Returns what is followed, without secrets. */
  @Override
  public String toString() {
    return "GitHubWebhook[" + filter + "]";
  }

  /** What names a delivery: its id, and the digest of its body. */
  record Seal(String delivery, String bodyDigest) {}

  /** Says that a delivery is refused, and how. */
  static final class RefusedDelivery extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String why;

    RefusedDelivery(int status, String why) {
      super(why, null, false, false);
      this.status = status;
      this.why = why;
    }

    WebhookVerdict verdict() {
      return new WebhookVerdict.Refused(status, why);
    }
  }
}
