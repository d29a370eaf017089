package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import java.util.Set;

/** What an answer that is no good one means, and what to do about it. */
final class EdgeFailure {

  /** Supabase's own: the project is paused; the function used up its time or memory. */
  private static final int PAUSED = 540;

  private static final int USED_UP = 546;
  private static final int LONGEST = 300;
  private static final Set<Integer> MAY_PASS = Set.of(408, 429, 500, 502, 503, 504, USED_UP);

  private EdgeFailure() {}

  static AdapterException of(String what, String function, EdgeAnswer answer) {
    int status = answer.status();
    boolean own = answer.text("error.code").isPresent();
    String said =
        own
            ? answer.text("error.code").orElseThrow()
                + ": "
                + answer.text("error.message").orElse("no more was said")
            : cure(function, status);
    boolean retryable = own ? status == 408 || status == 429 || status == 503 : passes(status);
    return EdgeCall.failure(
        what + " was answered with " + status + ", " + printable(said), retryable, null);
  }

  private static boolean passes(int status) {
    return MAY_PASS.contains(status);
  }

  private static String cure(String function, int status) {
    if (status >= 300 && status < 400) {
      return "a redirect, which is not followed: check the project's URL";
    }
    return switch (status) {
      case 401, 403 ->
          "by the gateway and not by the function: deploy it with verify_jwt = false, as"
              + " supabase/config.toml says; it looks at its callers itself";
      case 404 ->
          "there is no such function: supabase functions deploy "
              + function
              + ", and check the project's URL";
      case PAUSED -> "the project is paused: restore it in Supabase's dashboard";
      case USED_UP -> "the function used up its time or memory: see its logs in the dashboard";
      default ->
          "not by the function: check the project's URL, and see its logs in Supabase's dashboard";
    };
  }

  private static String printable(String text) {
    String plain = text.replaceAll("[^ -~]", "?");
    return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "...";
  }
}
