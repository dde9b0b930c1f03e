/** Talking to the server: JSON in, JSON out, problems as errors with a status and words. */

import type { CoverageReport } from "./coverage.ts";
import { asOf } from "./past.ts";
import type {
  BackgroundFeature, Boundaries, Config, GridCollection, GridDetail, InspectionResult, IssueDetail, PlaceFeature, QueueCounts, Term, Trends, UnitDetail, UnitItem,
} from "./payloads.ts";
import type { CoordinateReading, FoundPoint, SearchAnswer } from "./search.ts";
import { type PointTable, decodeSnapshot } from "./snapshot.ts";

export class Problem extends Error {
  readonly status: number;
  readonly slug: string;
  /** Material for programs: places, grids, sizes. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, slug: string, detail: string, details: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.status = status;
    this.slug = slug;
    this.details = details;
  }
}

/** The last event, and the local day, that an answer knows of. In headers: an answer that is as before may know of more. */
export interface AsOf {
  rev: string;
  today: string;
}

/** A part of the map that live changes go on from. */
export interface Told<T> {
  part: T;
  asOf: AsOf;
}

export interface Inspection {
  result: InspectionResult;
  note?: string;
  term?: { unchanged: true } | Partial<Term>;
}

export class Api {
  protected readonly base: string;
  /** The day of the past that is asked about; null for now. */
  private readonly day: string | null;
  /** Called when something of a day of the past is refused; set at the start. */
  onRefused: () => void = () => {};

  constructor(base: string, day: string | null = null) {
    this.base = base;
    this.day = day;
  }

  /** The time comes beside the rest, which so stays the same until something changes. */
  async config(url: string): Promise<Config> {
    const answer = await this.send(asOf(url, this.day));
    return { ...((await answer.json()) as Config), now: answer.headers.get("Gridwarden-Now")! };
  }

  grids(url: string): Promise<Told<GridCollection>> {
    return this.told(url, (answer) => answer.json());
  }

  background(url: string): Promise<{ features: BackgroundFeature[] }> {
    return this.json(url);
  }

  buildings(url: string): Promise<{ features: BackgroundFeature[] }> {
    return this.json(`${url}?buildings=true`);
  }

  /** The address of a file. */
  coverageTable(query: string): string {
    return asOf(`${this.base}/coverage.csv?${query}`, this.day);
  }

  coverage(url: string): Promise<CoverageReport> {
    return this.recorded(url);
  }

  places(url: string): Promise<{ features: PlaceFeature[] }> {
    return this.recorded(url);
  }

  snapshot(url: string): Promise<Told<PointTable>> {
    return this.told(url, async (answer) => decodeSnapshot(await answer.arrayBuffer()));
  }

  grid(code: string): Promise<GridDetail> {
    return this.recorded(`${this.base}/grids/${encodeURIComponent(code)}`);
  }

  /** Of one grid, or of all that this reader's map counts; by the boundaries of each day, or all by those of today. */
  trends(grid?: string, boundaries: Boundaries = "day"): Promise<Trends> {
    const query = new URLSearchParams({ ...(grid !== undefined && { grid }), ...(boundaries === "today" && { boundaries }) });
    return this.recorded(`${this.base}/trends${query.size ? `?${query}` : ""}`);
  }

  /** The number of somebody who answers. The server keeps who asked. */
  phone(person: number): Promise<{ phone: string }> {
    return this.json(`${this.base}/people/${person}/phone`);
  }

  queues(): Promise<QueueCounts> {
    return this.json(`${this.base}/queues`);
  }

  issue(id: number): Promise<IssueDetail> {
    return this.recorded(`${this.base}/issues/${id}`);
  }

  unit(id: number, purpose?: string): Promise<UnitDetail> {
    const query = purpose ? `?${new URLSearchParams({ purpose })}` : "";
    return this.recorded(`${this.base}/units/${id}${query}`);
  }

  async unitsOf(grid: string, klass: string): Promise<UnitItem[]> {
    const query = new URLSearchParams({ grid, class: klass, limit: "100" });
    return (await this.recorded<{ items: UnitItem[] }>(`${this.base}/units?${query}`)).items;
  }

  search(query: string): Promise<SearchAnswer> {
    return this.json(`${this.base}/search?${new URLSearchParams({ q: query })}`);
  }

  point({ x, y }: CoordinateReading, datum: string): Promise<FoundPoint> {
    return this.json(`${this.base}/search/point?${new URLSearchParams({ x: String(x), y: String(y), datum })}`);
  }

  movePin(key: string, id: number, lon: number, lat: number, reason: string): Promise<IssueDetail> {
    const body = { lon, lat, datum: "wgs84", ...(reason && { reason }) };
    return this.post(`${this.base}/issues/${id}/position`, body, key);
  }

  /** Whose an issue near an edge is: one of its candidates. */
  confirmGrid(key: string, id: number, grid: string): Promise<IssueDetail> {
    return this.post(`${this.base}/issues/${id}/confirm`, { grid }, key);
  }

  closeIssue(key: string, id: number, reply: string): Promise<IssueDetail> {
    return this.post(`${this.base}/issues/${id}/close`, { reply }, key);
  }

  reopenIssue(key: string, id: number, reason: string): Promise<IssueDetail> {
    return this.post(`${this.base}/issues/${id}/reopen`, { reason }, key);
  }

  inspect(key: string, id: number, inspection: Inspection): Promise<UnitDetail> {
    return this.post(`${this.base}/units/${id}/inspections`, inspection, key);
  }

  setTerm(key: string, id: number, term: Partial<Term>): Promise<UnitDetail> {
    return this.post(`${this.base}/units/${id}/term`, term, key);
  }

  async signIn(url: string, token: string): Promise<void> {
    const headers = { "Content-Type": "application/json" };
    await this.send(url, { method: "POST", headers, body: JSON.stringify({ token }) });
  }

  async signOut(url: string): Promise<void> {
    await this.send(url, { method: "DELETE" });
  }

  private async told<T>(url: string, read: (answer: Response) => Promise<T>): Promise<Told<T>> {
    const answer = await this.send(asOf(url, this.day));
    const { headers } = answer;
    return { part: await read(answer), asOf: { rev: headers.get("Gridwarden-Rev")!, today: headers.get("Gridwarden-Today")! } };
  }

  /** As it was recorded on the day that is asked about. No stream tells of such a day that the session has ended. */
  private async recorded<T>(url: string): Promise<T> {
    try {
      return await this.json(asOf(url, this.day));
    } catch (error) {
      if (this.day !== null && error instanceof Problem && [401, 403].includes(error.status)) this.onRefused();
      throw error;
    }
  }

  protected async json<T>(url: string, init: RequestInit = {}): Promise<T> {
    return (await (await this.send(url, init)).json()) as T;
  }

  /** version: what the reader saw; 412 where it has changed since. */
  protected async post<T>(url: string, body: unknown, key: string, version?: number): Promise<T> {
    const headers: Record<string, string> = { "Content-Type": "application/json", "Idempotency-Key": key };
    if (version !== undefined) headers["If-Match"] = `"${version}"`;
    return (await (await this.send(url, { method: "POST", headers, body: JSON.stringify(body) })).json()) as T;
  }

  protected async send(url: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url, { credentials: "same-origin", ...init });
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

/** One for each act, kept over retries: an act that arrives twice is done once. Works without a secure context, too. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function problemOf(response: Response): Promise<Problem> {
  let slug = "";
  let detail = response.statusText;
  let details = {};
  try {
    const body = (await response.json()) as { type?: string; detail?: string; details?: Record<string, unknown> };
    slug = body.type?.split("/").at(-1) ?? "";
    detail = body.detail ?? detail;
    details = body.details ?? {};
  } catch {
    // Not ours: a proxy's page. The status says enough.
  }
  return new Problem(response.status, slug, detail, details);
}
