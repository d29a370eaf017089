package io.selfupgrade.examples.springai;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What this program is told, as {@code application.properties} reads it from the environment.
 *
 * @param start whether the agent is started with the context
 * @param databaseUrl where the agent keeps what it knows; a secret, as it may have a password in it
 * @param releases directory of new versions; empty: it does not upgrade itself
 * @param releaseKey file of the public key that releases are signed with
 * @param lookEvery how often it looks for a new version; empty: every six hours
 * @param probation how long a new version proves itself
 * @param model which models it uses
 */
@ConfigurationProperties("agent")
record AgentSettings(
    @DefaultValue("true") boolean start,
    String databaseUrl,
    @DefaultValue("") String releases,
    @DefaultValue("") String releaseKey,
    @Nullable Duration lookEvery,
    @DefaultValue("2m") Duration probation,
    @DefaultValue Model model) {

  /**
   * Which models it uses.
   *
   * @param key of the service; empty: none, and a script answers instead of a model
   * @param url of any service that speaks OpenAI's protocol
   * @param chat name of the model that answers
   * @param embedding name of the model that makes vectors
   * @param dimension how many numbers its vectors have
   */
  record Model(
      @DefaultValue("") String key,
      @DefaultValue("https://api.openai.com/v1") URI url,
      @DefaultValue("gpt-4o-mini") String chat,
      @DefaultValue("text-embedding-3-small") String embedding,
      @DefaultValue("1536") int dimension) {

    boolean isScripted() {
      return key.isEmpty();
    }

    /** Without the key. */
    @Override
    public String toString() {
      return "Model[" + url + " " + chat + " " + embedding + "/" + dimension + "]";
    }
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "AgentSettings[" + releases + " " + model + "]";
  }
}
