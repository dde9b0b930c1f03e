/** What belongs to one open workbench and is handed to its tabs: the session, the small map, where it stands, what it says. */

import { type BenchWords, benchWordsOf } from "../i18n/workbench.ts";
import type { Language } from "../payloads.ts";
import type { Session } from "../session.ts";
import { type BenchAddress, formatBench, parseBench } from "./address.ts";
import type { BenchApi } from "./api.ts";
import type { Ground } from "./ground.ts";
import type { Tab } from "./tab.ts";

/** What was done, with what may be done about it. It stays until the next one: nobody has to read against a clock. */
export interface Notice {
  text: string;
  actions: readonly NoticeAction[];
}

export interface NoticeAction {
  label: string;
  /** An address to open, or what to do. */
  href?: string;
  act?: () => void;
}

export class Bench {
  readonly session: Session;
  readonly api: BenchApi;
  readonly ground: Ground;
  readonly tabs: readonly Tab[];
  notice: Notice | null = null;
  private readonly changed: () => void;

  constructor(session: Session, api: BenchApi, ground: Ground, tabs: readonly Tab[], changed: () => void) {
    this.session = session;
    this.api = api;
    this.ground = ground;
    this.tabs = tabs;
    this.changed = changed;
  }

  get language(): Language {
    return this.session.state.language;
  }

  get words(): BenchWords {
    return benchWordsOf(this.language);
  }

  /** The tabs that this reader may use. */
  get open(): readonly Tab[] {
    const { board } = this.session;
    return this.tabs.filter(({ needs, whole }) => board.may(needs) && (!whole || board.config?.me.whole));
  }

  /** Where the address leads; the first tab where it leads nowhere that this reader may go. */
  get at(): BenchAddress {
    const asked = parseBench(location.hash);
    if (asked && this.open.some(({ name }) => name === asked.tab)) return asked;
    return { tab: this.open[0]?.name ?? "", item: "" };
  }

  /** Choose something in a tab. A choice that the page made by itself is nothing to go back to. */
  go(tab: string, item = "", isStep = true): void {
    const address = formatBench({ tab, item });
    if (address === location.hash) return;
    if (isStep) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    this.changed();
  }

  tell(text: string, actions: readonly NoticeAction[] = []): void {
    this.notice = { text, actions };
    this.changed();
  }

  hush(): void {
    this.notice = null;
    this.changed();
  }
}
