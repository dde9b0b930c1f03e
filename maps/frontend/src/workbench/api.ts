/** What the workbench asks of the server beside what every page does. */

import { Api, Problem, newKey } from "../api.ts";
import type { LonLat } from "../pin.ts";
import type { Batch, HeldImport, Kind, Options, Outcome, Preview, Settlement } from "./drafts.ts";
import type { AddressAnswer, Alias, Disagreement, Page, Versioned, Waiting } from "./payloads.ts";

const PAGE = 100;

export class BenchApi extends Api {
  /** Called when the server does not know us any more; set by the page. */
  onSignedOut: () => void = () => {};

  override issue(id: number): Promise<Versioned> {
    return super.issue(id) as Promise<Versioned>;
  }

  /** Open issues without a location, the most urgent first. */
  toPlace(cursor: string | null): Promise<Page<Waiting>> {
    return this.page("issues", { queue: "no_location", open: "true", order: "due" }, cursor);
  }

  /** Open issues whose grid is in doubt, the most urgent first. */
  inDoubt(cursor: string | null): Promise<Page<Waiting>> {
    return this.page("queues/ambiguous", { order: "due" }, cursor);
  }

  /** Where an issue may be by its own report, or by an address that somebody tries. */
  candidates(issue: number, address: string): Promise<AddressAnswer> {
    const path = address ? `addresses?${new URLSearchParams({ q: address })}` : `issues/${issue}/candidates`;
    return this.json(`${this.base}/${path}`);
  }

  place(key: string, { id, version }: Versioned, place: string): Promise<Versioned> {
    return this.post(`${this.base}/issues/${id}/place`, { place }, key, version);
  }

  setPin(key: string, { id, version }: Versioned, { lon, lat }: LonLat): Promise<Versioned> {
    return this.post(`${this.base}/issues/${id}/position`, { lon, lat, datum: "wgs84" }, key, version);
  }

  confirm(key: string, { id, version }: Versioned, grid: string): Promise<Versioned> {
    return this.post(`${this.base}/issues/${id}/confirm`, { grid }, key, version);
  }

  /** Take back one's own last step, with the name that it taught. */
  undo(key: string, { id, version }: Pick<Versioned, "id" | "version">): Promise<Versioned> {
    return this.post(`${this.base}/issues/${id}/take-back`, {}, key, version);
  }

  aliases(text: string, takenBack: boolean, cursor: string | null): Promise<Page<Alias>> {
    return this.page("aliases", { q: text, taken_back: String(takenBack) }, cursor);
  }

  teach(key: string, { text, place, area }: Alias): Promise<{ id: number }> {
    return this.post(`${this.base}/aliases`, { text, place, area }, key);
  }

  async takeBack(key: string, alias: number): Promise<void> {
    await this.send(`${this.base}/aliases/${alias}`, { method: "DELETE", headers: { "Idempotency-Key": key } });
  }

  /** What the import of a file would do. */
  preview(kind: Kind, file: File, options: Options): Promise<Preview> {
    return this.upload(`imports/${kind}/preview`, file, options);
  }

  runImport(kind: Kind, file: File, options: Options): Promise<Outcome> {
    return this.upload(`imports/${kind}`, file, options);
  }

  /** Imports, newest first. */
  batches(cursor: string | null): Promise<Page<Batch>> {
    return this.page("batches", {}, cursor);
  }

  /** Imports that wait for a word on their datum, newest first. */
  held(cursor: string | null): Promise<Page<HeldImport>> {
    return this.page("held-imports", {}, cursor);
  }

  settle(held: number, settlement: Settlement): Promise<{ held: HeldImport; outcome: Outcome | null }> {
    return this.post(`${this.base}/held-imports/${held}/decision`, settlement, newKey());
  }

  /** What registers say otherwise than the systems that own it, newest first. register: "" for all. */
  disagreements(register: string, state: string, cursor: string | null): Promise<Page<Disagreement>> {
    return this.page("disagreements", { ...(register && { register }), state }, cursor);
  }

  decide(key: string, disagreement: number, decision: "keep" | "take"): Promise<Disagreement> {
    return this.post(`${this.base}/disagreements/${disagreement}/decision`, { decision }, key);
  }

  private async upload<T>(path: string, file: File, options: Options): Promise<T> {
    const form = new FormData();
    form.set("file", file);
    form.set("options", JSON.stringify(options));
    return (await (await this.send(`${this.base}/${path}`, { method: "POST", body: form })).json()) as T;
  }

  private page<T>(path: string, query: Record<string, string>, cursor: string | null): Promise<Page<T>> {
    const asked = new URLSearchParams({ ...query, limit: String(PAGE), ...(cursor !== null && { cursor }) });
    return this.json(`${this.base}/${path}?${asked}`);
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
