package io.selfupgrade.examples.springai;

import io.selfupgrade.SelfUpgrade;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** What the agent answers over HTTP. */
@RestController
final class AgentController {

  private final SelfUpgrade agent;
  private final Assistant assistant;

  AgentController(SelfUpgrade agent, Assistant assistant) {
    this.agent = agent;
    this.assistant = assistant;
  }

  @GetMapping("/version")
  String version() {
    return agent.version().toString();
  }

  @PostMapping("/chat/{conversation}")
  String chat(@PathVariable String conversation, @RequestBody String said) {
    return assistant.answer(conversation, said);
  }
}
