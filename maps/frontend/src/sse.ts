/**
 * Server-sent events, read by hand.
 *
 * The browser's EventSource hides comments, which are the server's heartbeat, cannot start from the revision of a
 * snapshot, and gives up for good on the first answer that is not 200. This parser keeps all three in our hands.
 */

export interface Message {
  event: string;
  data: string;
  id: string | null;
}

export class SseParser {
  private pending = "";
  private event = "";
  private data: string[] = [];
  private id: string | null = null;

  /** Feed what arrived; returns the messages that are complete. Comments complete nothing. */
  push(chunk: string): Message[] {
    this.pending += chunk;
    const messages: Message[] = [];
    let end: number;
    while ((end = this.pending.search(/\r\n|\n|\r(?!$)/)) >= 0) {
      const line = this.pending.slice(0, end);
      this.pending = this.pending.slice(end + (this.pending.startsWith("\r\n", end) ? 2 : 1));
      const message = this.line(line);
      if (message) messages.push(message);
    }
    return messages;
  }

  private line(line: string): Message | null {
    if (line === "") return this.dispatch();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    return null;
  }

  private dispatch(): Message | null {
    const message = this.data.length
      ? { event: this.event || "message", data: this.data.join("\n"), id: this.id }
      : null;
    this.event = "";
    this.data = [];
    this.id = null;
    return message;
  }
}
