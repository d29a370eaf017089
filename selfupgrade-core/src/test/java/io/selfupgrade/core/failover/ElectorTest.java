package io.selfupgrade.core.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.Trigger;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ElectorTest {

  private static final AgentName AGENT = new AgentName("elected");
  private static final Duration TTL = Duration.ofMillis(900);
  private static final Duration SOON = Duration.ofSeconds(20);

  private final InMemoryStore state = new InMemoryStore(Clock.systemUTC());
  private final FaultyStore faulty = FaultyStore.around(state);
  private final Set<InstanceId> dead = ConcurrentHashMap.newKeySet();
  private final List<Member> members = new ArrayList<>();

  @AfterEach
  void closeAll() {
    faulty.comeBack();
    members.forEach(member -> member.elector.close());
  }

  @Test
  void oneOfManyLeads() {
    List<Member> all = List.of(member(state), member(state), member(state));
    all.forEach(Member::start);

    Eventually.holds("one leads", SOON, () -> all.stream().anyMatch(Member::leads));
    assertThat(all.stream().filter(Member::leads).count()).isEqualTo(1);
  }

  @Test
  void aStandbyTakesOverWhatIsReleased() {
    Member first = member(state);
    first.start();
    first.awaitLead();
    Member second = member(state);
    second.start();

    first.elector.close();

    second.awaitLead();
    assertThat(second.epoch()).isEqualTo(first.lastEpoch + 1);
  }

  @Test
  void anAttestedDeathIsTakenOverBeforeTheLeaseExpires() {
    Member first = member(state, Duration.ofMinutes(10));
    first.start();
    first.awaitLead();
    faulty.goAway();
    Member second = member(state, Duration.ofMinutes(10));
    second.start();

    dead.add(first.self.id());

    second.awaitLead();
  }

  @Test
  void aPrimaryWithoutItsStoreIsUnsureThenLaysTheLeadDown() throws InterruptedException {
    Member first = member(faulty);
    first.start();
    first.awaitLead();

    faulty.goAway();

    assertThat(first.next()).isEqualTo("unsure true");
    assertThat(first.elector.fence()).isEmpty();
    assertThat(first.next()).isEqualTo("demoted replaced=false");
  }

  @Test
  void aPrimaryWhoseStoreReturnsInTimeLeadsOn() throws InterruptedException {
    Member first = member(faulty, Duration.ofSeconds(30));
    first.start();
    first.awaitLead();
    faulty.goAway();
    state.journal().request(AGENT, Trigger.MANUAL);
    assertThat(first.next()).isEqualTo("unsure true");

    faulty.comeBack();

    assertThat(first.next()).isEqualTo("unsure false");
    assertThat(first.leads()).isTrue();
  }

  @Test
  void anIsolatedPrimaryHearsLaterThatItIsReplaced() throws InterruptedException {
    Member first = member(faulty);
    first.start();
    first.awaitLead();
    faulty.goAway();
    assertThat(first.next()).isEqualTo("unsure true");
    assertThat(first.next()).isEqualTo("demoted replaced=false");
    Member second = member(state);
    second.start();
    second.awaitLead();

    faulty.comeBack();

    assertThat(first.next()).isEqualTo("replaced");
  }

  @Test
  void aTransferIsNoticedByItsReceiver() {
    Member old = member(state);
    old.start();
    old.awaitLead();
    Member candidate = member(state);
    candidate.start();
    Eventually.holds(
        "registered", SOON, () -> state.instances().find(candidate.self.id()).isPresent());
    Fence fence = old.elector.fence().orElseThrow();

    old.elector.close();

    candidate.awaitLead();
    assertThat(candidate.epoch()).isGreaterThan(fence.epoch());
  }

  private Member member(AgentStore store) {
    return member(store, TTL);
  }

  private Member member(AgentStore store, Duration ttl) {
    Member member = new Member(store, ttl);
    members.add(member);
    return member;
  }

  private final class Member implements Tenure {

    private final InstanceRecord self =
        new InstanceRecord(
            InstanceId.random(), AGENT, Version.parse("1.0.0"), "", Optional.empty(), true, "test");
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final Elector elector;
    private volatile long lastEpoch;

    Member(AgentStore store, Duration ttl) {
      this.elector =
          new Elector(
              store,
              new ElectionSettings(() -> self, ttl, dead::contains),
              this,
              () -> store.instances().register(self),
              System::nanoTime);
    }

    void start() {
      elector.start();
    }

    boolean leads() {
      return elector.fence().isPresent();
    }

    long epoch() {
      return elector.fence().orElseThrow().epoch();
    }

    void awaitLead() {
      Eventually.holds("it leads", SOON, this::leads);
    }

    String next() throws InterruptedException {
      String event = heard.poll(SOON.toMillis(), TimeUnit.MILLISECONDS);
      return String.valueOf(event);
    }

    @Override
    public void promoted(Promotion promotion) {
      lastEpoch = promotion.fence().epoch();
    }

    @Override
    public void unsure(boolean unsure) {
      heard.add("unsure " + unsure);
    }

    @Override
    public void demoted(boolean replaced) {
      heard.add("demoted replaced=" + replaced);
    }

    @Override
    public void signalled() {}

    @Override
    public void replaced() {
      heard.add("replaced");
    }
  }
}
