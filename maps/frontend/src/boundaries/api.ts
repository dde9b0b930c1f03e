/** What the boundary editor asks of the server. */

import { Api, Problem } from "../api.ts";
import type { GridHistory } from "./history-steps.ts";
import type { OfficialMap } from "./official.ts";
import type {
  BalanceLoad, Box, ChangedMap, Difference, Draft, DraftDetail, Edition, FileLook, Operation, Preview, Published, StepAnswer, Taken,
  Vertices,
} from "./payloads.ts";

export interface NewDraft {
  title?: string;
  scheme?: string;
  outline?: boolean;
  takes_back?: number;
}

export interface FileOptions {
  format: "gpkg" | "geojson" | "shp" | "gdb";
  crs: string;
}

export class BoundaryApi extends Api {
  private readonly official: string;
  /** Called when the server does not know us any more; set by the page. */
  onSignedOut: () => void = () => {};

  constructor(base: string, official: string) {
    super(base);
    this.official = official;
  }

  private get drafts(): string {
    return `${this.base}/drafts`;
  }

  async list(every = false): Promise<Draft[]> {
    return (await this.json<{ items: Draft[] }>(`${this.drafts}${every ? "?every=true" : ""}`)).items;
  }

  draft(id: number, signal: AbortSignal | null = null): Promise<DraftDetail> {
    return this.json(`${this.drafts}/${id}`, { signal });
  }

  start(key: string, draft: NewDraft): Promise<Draft> {
    return this.post(this.drafts, draft, key);
  }

  vertices(id: number, box: Box): Promise<Vertices> {
    return this.json(`${this.drafts}/${id}/vertices?${new URLSearchParams({ bbox: box.join() })}`);
  }

  changedMap(id: number): Promise<ChangedMap> {
    return this.json(`${this.drafts}/${id}/map`);
  }

  preview(id: number): Promise<Preview> {
    return this.json(`${this.drafts}/${id}/preview`);
  }

  perform(key: string, id: number, revision: number, operation: Operation): Promise<StepAnswer> {
    return this.post(`${this.drafts}/${id}/operations`, { operation }, key, revision);
  }

  undo(key: string, id: number, revision: number): Promise<{ revision: number }> {
    return this.post(`${this.drafts}/${id}/undo`, {}, key, revision);
  }

  redo(key: string, id: number, revision: number): Promise<{ revision: number }> {
    return this.post(`${this.drafts}/${id}/redo`, {}, key, revision);
  }

  submit(key: string, id: number, comment: string): Promise<Draft> {
    return this.post(`${this.drafts}/${id}/submit`, { comment: comment || null }, key);
  }

  giveBack(key: string, id: number, comment: string): Promise<Draft> {
    return this.post(`${this.drafts}/${id}/return`, { comment }, key);
  }

  discard(key: string, id: number): Promise<Draft> {
    return this.post(`${this.drafts}/${id}/discard`, {}, key);
  }

  publish(key: string, id: number, at: string | null, alone: boolean): Promise<Published> {
    return this.post(`${this.drafts}/${id}/publish`, { at, alone }, key);
  }

  /** The address of the draft as a file. */
  fileOf(id: number, { format, crs }: FileOptions): string {
    return `${this.drafts}/${id}/file?${new URLSearchParams({ format, ...(crs && { crs }) })}`;
  }

  lookAtFile(id: number, file: File, options: Record<string, string>): Promise<FileLook> {
    return this.upload(`${this.drafts}/${id}/file/preview`, file, options);
  }

  takeFile(id: number, revision: number, file: File, options: Record<string, string>): Promise<Taken> {
    return this.upload(`${this.drafts}/${id}/file`, file, options, revision);
  }

  /** Where grids in force are not the official boundary of their area. */
  officialMap(): Promise<OfficialMap> {
    return this.json(this.official);
  }

  /** A draft that evens out a load within an area. */
  balance(key: string, area: string, load: BalanceLoad, title: string): Promise<{ draft: number | null }> {
    return this.post(`${this.drafts}/balance`, { area, load, title }, key);
  }

  /** Newest first. */
  editions(cursor: string | null): Promise<{ items: Edition[]; next: string | null }> {
    return this.json(`${this.base}/editions${cursor === null ? "" : `?${new URLSearchParams({ cursor })}`}`);
  }

  /** Newest first, down to one of a number. */
  async editionsDownTo(number: number): Promise<Edition[]> {
    const found: Edition[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.editions(cursor);
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== null && found.at(-1)!.number > number);
    return found;
  }

  /** What differs between an edition and an older one; 0 has no grid. */
  difference(edition: number, from: number): Promise<Difference> {
    return this.json(`${this.base}/editions/${edition}/difference?${new URLSearchParams({ from: String(from) })}`);
  }

  /** The life of the grid that has a code now, or had it last. */
  history(code: string): Promise<GridHistory> {
    return this.json(`${this.base}/grids/${encodeURIComponent(code)}/history`);
  }

  private async upload<T>(url: string, file: File, options: Record<string, string>, revision?: number): Promise<T> {
    const form = new FormData();
    form.set("file", file);
    form.set("options", JSON.stringify(options));
    const headers: Record<string, string> = revision === undefined ? {} : { "If-Match": `"${revision}"` };
    return (await (await this.send(url, { method: "POST", body: form, headers })).json()) as T;
  }

  protected override async send(url: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await super.send(url, init);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.onSignedOut();
      throw error;
    }
  }
}
