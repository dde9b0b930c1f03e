/** What belongs to the open page: the session, the draft that is open, and where the address leads. */

import { Problem } from "../api.ts";
import { type BoundaryWords, boundaryWordsOf } from "../i18n/boundaries.ts";
import { editionWordsOf } from "../i18n/editions.ts";
import { refusalIn } from "../i18n/refusals.ts";
import type { Session } from "../session.ts";
import { type EditorAddress, NOWHERE, formatEditor, parseEditor } from "./address.ts";
import type { BoundaryApi } from "./api.ts";
import { Editing } from "./editing.ts";
import type { EditMap } from "./map/edit-map.ts";
import type { Draft } from "./payloads.ts";
import { VertexTable } from "./vertices.ts";

export type OpenDraft = Editing<VertexTable>;

export class Desk {
  readonly session: Session;
  readonly api: BoundaryApi;
  readonly changed: () => void;
  editing: OpenDraft | null = null;
  /** The map of the open draft or of an edition, while it is there. */
  map: Pick<EditMap, "redraw"> | null = null;
  /** Why the draft that the address names is not open. */
  problem: Problem | null = null;
  /** What was done last, until the next thing is. */
  told: string | null = null;
  /** Whether something is drawn or asked in the open draft that would be lost with it; set by its page. */
  hasBegun: () => boolean = () => false;
  private wanted: number | null = null;

  constructor(session: Session, api: BoundaryApi, changed: () => void) {
    this.session = session;
    this.api = api;
    this.changed = changed;
  }

  get words(): BoundaryWords {
    return boundaryWordsOf(this.session.state.language);
  }

  get at(): EditorAddress {
    return parseEditor(location.hash);
  }

  may(capability: "boundaries.draft" | "boundaries.publish" | "boundaries.alone" | "boundaries.outline"): boolean {
    return this.session.board.may(capability);
  }

  get mayEnter(): boolean {
    return this.may("boundaries.draft") || this.may("boundaries.publish");
  }

  /** A draft that takes an edition back has no title of its own. */
  titleOf({ title, takes_back }: Draft): string {
    return takes_back === null ? title : editionWordsOf(this.session.state.language).tookBack(takes_back);
  }

  /** A grid's name as far as this page knows it, else its code. */
  nameOf(code: string): string {
    const { session, editing } = this;
    const changed = editing?.draft.changes.find((change) => change.code === code);
    const inForce = session.board.grids.get(code)?.properties;
    const isRenamed = changed && changed.name !== inForce?.name;
    const known = editing?.table.grids.get(code) ?? (isRenamed ? { name: changed.name, name_en: null } : inForce);
    return known ? session.nameOfGrid(known) : code;
  }

  /** The name that a grid has after a change, in the reader's language where it is that of the grid in force. */
  nameOfChange({ code, name }: { code: string; name: string }): string {
    const inForce = this.session.board.grids.get(code)?.properties;
    return inForce?.name === name ? this.session.nameOfGrid(inForce) : name;
  }

  /** Why something was refused and of which grids, in the reader's language; null where nobody has put it into words. */
  readonly refusalOf = ({ details }: Pick<Problem, "details">): string | null => {
    const said = refusalIn(this.session.state.language, details.reason);
    const told = [details.codes, details.grids, details.code].flat();
    const codes = new Set(told.filter((each) => typeof each === "string"));
    return said && this.words.concerning([...codes].map((code) => this.nameOf(code))) + said;
  };

  tell(told: string | null): void {
    this.told = told;
    this.changed();
  }

  /** Go to a draft, an edition, or with neither to the lists. */
  go(address: Partial<EditorAddress>): void {
    history.pushState(null, "", formatEditor({ ...NOWHERE, ...address }));
    this.follow();
  }

  /** Open what the address names. */
  follow(): void {
    const { draft } = this.at;
    const { editing } = this;
    const isLost = editing !== null && draft !== editing.draft.id && this.hasBegun();
    if (isLost && !window.confirm(this.words.leaveBegun)) return this.stay(editing);
    if (this.session.board.config && draft !== this.wanted) void this.open(draft);
    this.changed();
  }

  /** Ask again for the draft that could not be opened. */
  retry(): void {
    this.wanted = null;
    this.follow();
  }

  /** Back to the address of the open draft. */
  private stay({ draft, view, tool, compare }: OpenDraft): void {
    history.pushState(null, "", formatEditor({ ...NOWHERE, draft: draft.id, view, tool, compare }));
  }

  private async open(id: number | null): Promise<void> {
    this.wanted = id;
    this.editing?.close();
    this.editing = null;
    this.problem = null;
    if (id === null || !this.mayEnter) return;
    try {
      const draft = await this.api.draft(id);
      if (this.wanted === id) this.show(new Editing(this.session, this.api, new VertexTable(), draft));
    } catch (error) {
      if (this.wanted === id) this.problem = error instanceof Problem ? error : new Problem(0, "unreachable", String(error));
    }
    this.changed();
  }

  private show(editing: OpenDraft): void {
    const { view, tool, compare } = this.at;
    editing.view = view;
    if (tool && !editing.isReadOnly) editing.tool = tool;
    if (compare) editing.compare = compare;
    editing.subscribe(() => {
      this.remember(editing);
      this.changed();
    });
    editing.rest(0);
    this.editing = editing;
  }

  private remember({ draft, view, tool, compare }: OpenDraft): void {
    if (this.at.draft !== draft.id) return;
    const address = formatEditor({ ...NOWHERE, draft: draft.id, history: this.at.history, historyIn: this.at.historyIn, view, tool, compare });
    if (address !== location.hash) history.replaceState(null, "", address);
  }
}
