package io.selfupgrade.github;

import okhttp3.Call;
import okhttp3.EventListener;

/** Whether any byte of a request went out: if none did, it was certainly not carried out. */
final class Sent extends EventListener {

  private volatile boolean begun;

  @Override
  public void requestHeadersStart(Call call) {
    begun = true;
  }

  boolean begun() {
    return begun;
  }
}
