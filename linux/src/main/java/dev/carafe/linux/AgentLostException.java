package dev.carafe.linux;

/** An agent ended, or answered nonsense, while a batch was performed. */
public final class AgentLostException extends KernelException {
  AgentLostException(String operation, int errno, String why) {
    super(operation, errno, operation + ": " + why);
  }
}
