/**
 * The stream of live changes: load, connect, resume, notice silence, connect again.
 *
 * It starts from a revision that all that was loaded knows of, so that nothing that happened since is missed,
 * and goes on from the last event it saw. While anything is loaded there is no stream: no change can be put into
 * what is about to be replaced, and no two loads overtake each other.
 */

import { Problem } from "./api.ts";
import type { Change, Hello } from "./payloads.ts";
import { type Message, SseParser } from "./sse.ts";

export const SILENCE_MS = 45_000; // the server beats every 15 s
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15_000];
const REFUSED_RETRY_MS = 60_000; // a grant may be given back, which nobody tells us
export const REST_MS = 180_000; // of a day of the past nothing is told: whether we may still see it is asked now and then
const LOST_AFTER = 3; // failed tries until the reader is told that the connection is lost

export interface LiveEvents {
  /** Load everything. Returns the revision from which changes are needed. */
  load(): Promise<string>;
  /** Returns whether what was loaded can be brought up to date by changes alone. */
  hello(hello: Hello): boolean;
  change(change: Change): void;
  /** Anything arrived, beats included. */
  heard(): void;
  /** Whether we still may see all that was loaded; rejects with the Problem where we may see nothing. */
  isStillOurs(): Promise<boolean>;
  stale(): void;
  lost(): void;
  signedOut(): void;
  /** We may not see the map (any more). It is asked for again from time to time. */
  refused(): void;
  /** The day of the past that was asked for cannot be shown. */
  noSuchDay(): void;
}

export class Live {
  private readonly url: string | null;
  private readonly events: LiveEvents;
  /** The last event that we know; null while everything has to be loaded. */
  private known: string | null = null;
  private failures = 0;
  /** Somebody asked for everything while it was being loaded: what comes may hold the old failure. */
  private isAskedAgain = false;
  /** How often we were told to load anew without a quiet moment between. */
  private reloads = 0;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private wake: (() => void) | null = null;
  private abort: AbortController | null = null;
  private stopped = false;

  /** url: null for a day of the past, of which no change is told. */
  constructor(url: string | null, events: LiveEvents) {
    this.url = url;
    this.events = events;
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      try {
        this.known ??= await this.loaded();
        if (this.url === null) {
          await this.rest();
          continue;
        }
        if (await this.listen(this.url, this.known)) this.failures++;
        else this.reloads++;
      } catch (error) {
        const status = error instanceof Problem ? error.status : 0;
        if (status === 401) return this.events.signedOut();
        if (status === 400 && this.url === null) return this.events.noSuchDay();
        if (status === 403) {
          await this.standAside();
          continue;
        }
        this.failures++;
      }
      if (this.stopped) return;
      if (this.failures >= LOST_AFTER || !navigator.onLine) this.events.lost();
      else if (this.failures > 1) this.events.stale();
      const tries = Math.max(this.failures, this.reloads);
      await this.pause(RETRY_MS[Math.min(tries, RETRY_MS.length) - 1]!);
    }
  }

  /** Load everything anew: a part failed, and somebody asks for it again. */
  reload(): void {
    this.known = null;
    this.isAskedAgain = true;
    this.retry();
  }

  /** Try at once: somebody pressed the button, or the machine is online again. */
  retry(): void {
    this.abort?.abort();
    this.wake?.();
  }

  stop(): void {
    this.stopped = true;
    this.retry();
    clearTimeout(this.silence);
  }

  private async loaded(): Promise<string> {
    let revision: string;
    do {
      this.isAskedAgain = false;
      revision = await this.events.load();
    } while (this.isAskedAgain);
    return revision;
  }

  /** Nothing will change but what we may see, which is asked now and then, until somebody asks for everything again. */
  private async rest(): Promise<void> {
    this.failures = 0;
    this.events.heard();
    await this.pause(REST_MS);
    if (this.stopped || this.known === null) return;
    const isOurs = await this.events.isStillOurs().catch((error: unknown) => {
      if (error instanceof Problem && [401, 403].includes(error.status)) throw error;
      return true; // what is here is as good without the network
    });
    if (!isOurs) this.known = null;
  }

  /** Nothing may be shown: say so, and ask anew after a while. */
  private async standAside(): Promise<void> {
    clearTimeout(this.silence);
    this.known = null;
    this.failures = this.reloads = 0;
    this.events.refused();
    await this.pause(REFUSED_RETRY_MS);
  }

  /** Returns whether the stream ended by itself: else we are to load anew. */
  private async listen(url: string, from: string): Promise<boolean> {
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.watchSilence();
    const response = await fetch(url, {
      headers: { Accept: "text/event-stream", "Last-Event-ID": from },
      credentials: "same-origin",
      cache: "no-store",
      signal,
    });
    if (!response.ok || !response.body) throw new Problem(response.status, "", "no stream");
    const parser = new SseParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done && !signal.aborted; part = await reader.read()) {
      this.failures = 0;
      this.watchSilence();
      this.events.heard();
      const messages = parser.push(decoder.decode(part.value, { stream: true }));
      if (!messages.length) this.reloads = 0; // a beat: nothing is going on
      for (const message of messages) {
        if (this.isUsable(message)) continue;
        this.known = null;
        this.abort.abort();
        return false;
      }
    }
    return true;
  }

  /** Take a message in. Returns whether we can go on with what we have. */
  private isUsable({ event, data, id }: Message): boolean {
    if (event === "reset" || event === "edition") return false;
    if (event === "hello" && !this.events.hello(JSON.parse(data) as Hello)) return false;
    if (event === "change") this.events.change(JSON.parse(data) as Change);
    if (id !== null) this.known = id;
    return true;
  }

  /** A dead connection looks like a quiet one: after 45 s without a beat it is given up. */
  private watchSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.events.stale();
      this.abort?.abort();
    }, SILENCE_MS);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
