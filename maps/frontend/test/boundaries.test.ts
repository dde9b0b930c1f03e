import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "../src/api.ts";
import { NOWHERE, formatEditor, parseEditor } from "../src/boundaries/address.ts";
import type { BoundaryApi } from "../src/boundaries/api.ts";
import { Editing, type Table } from "../src/boundaries/editing.ts";
import { boxOf, merged } from "../src/boundaries/faults.ts";
import { ToolsMissing } from "../src/boundaries/notice.ts";
import type { DraftDetail, Fault, Operation, Step, StepAnswer, Vertices } from "../src/boundaries/payloads.ts";
import { operationsOf, rebase } from "../src/boundaries/rebasing.ts";
import { type Standing, deedsOf, hindranceOf } from "../src/boundaries/review.ts";
import { boundaryWordsOf } from "../src/i18n/boundaries.ts";
import type { Session } from "../src/session.ts";

const DRAFT: DraftDetail = {
  id: 3, scheme: "primary", title: "T", state: "open", base_edition: 1, revision: 0, outline: false, created_by: "A", created_at: "", changed_at: "",
  submitted_by: null, approved_by: null, comment: null, publish_at: null, takes_back: null, edition: null, edition_in_force: 1, changes: [], faults: [],
  steps: [],
};

function fault(kind: string, codes: string[], severity: Fault["severity"] = "error"): Fault {
  return { kind, codes, severity, message: kind };
}

function step(kind: string, undone_at: string | null = null): Step {
  return { seq: 1, kind, operation: { op: kind, code: "A", new: "B" }, actor: null, recorded_at: "", undone_at, grids: 1 };
}

const DELETE: Operation = { op: "delete_node", at: [0, 0] };

/** A server that answers each operation with the next revision, after as long as the test lets it wait. */
class Server {
  draft = DRAFT;
  asked: string[] = [];
  refuses: Problem | null = null;
  /** What does not come: the network is down. */
  lost: readonly string[] = [];
  wait: Promise<void> = Promise.resolve();

  get api(): BoundaryApi {
    const answer = async (name: string, told: unknown) => {
      this.asked.push(name);
      await this.wait;
      if (this.lost.includes(name)) throw new TypeError("Failed to fetch");
      return told;
    };
    const api = {
      perform: async (_key: string, _id: number, revision: number, { op }: Operation) => {
        await answer(`${op}@${revision}`, null);
        if (this.refuses) throw this.refuses;
        this.draft = { ...this.draft, revision: revision + 1 };
        return { revision: revision + 1, touched: ["A"], faults: [fault("gap", [])], nodes: [], grids: [], gone: ["B"] };
      },
      undo: (_key: string, _id: number, revision: number) => answer(`undo@${revision}`, { revision: revision + 1 }),
      draft: () => answer("draft", this.draft),
      vertices: () => answer("vertices", { nodes: [], grids: [], gone: [] }),
      changedMap: () => answer("map", { type: "FeatureCollection", features: [] }),
      start: (_key: string, { title }: { title: string }) => answer(`start ${title}`, { ...DRAFT, id: 4 }),
    };
    return api as unknown as BoundaryApi;
  }
}

class Rows implements Table {
  readonly grids = new Map<string, { code: string; name: string }>();
  log: string[] = [];
  take(answer: Vertices): void {
    this.log.push(`take ${answer.gone.join()}`);
  }
  clear(): void {
    this.log.push("clear");
  }
}

function open(server: Server, capabilities = ["boundaries.draft"], draft: Partial<DraftDetail> = {}) {
  const session = { board: { may: (one: string) => capabilities.includes(one) } } as unknown as Session;
  const table = new Rows();
  server.draft = { ...DRAFT, ...draft };
  const editing = new Editing(session, server.api, table, server.draft);
  return { editing, table };
}

describe("the address of the editor", () => {
  it("comes back as it went", () => {
    const all = { ...NOWHERE, draft: 3, view: { zoom: 16.2, lat: 28.97, lon: 118.87 }, tool: "split", compare: "both" } as const;
    for (const at of [NOWHERE, { ...NOWHERE, edition: 12 }, all]) assert.deepEqual(parseEditor(formatEditor(at)), at);
  });

  it("breaks on nothing", () => {
    for (const hash of ["", "#", "#draft=x&at=1/2&tool=saw", "#draft=-1&at=99/99/999", "#at=//", "#%"]) assert.deepEqual(parseEditor(hash), NOWHERE);
  });
});

describe("an open draft", () => {
  it("sends operations one after another, each on the revision before it", async () => {
    const server = new Server();
    const { editing, table } = open(server);
    const done = [editing.perform(DELETE), editing.perform(DELETE), editing.perform(DELETE)];
    assert.equal(editing.saved, "saving");
    assert.deepEqual(await Promise.all(done), [true, true, true]);
    assert.deepEqual(server.asked, ["delete_node@0", "delete_node@1", "delete_node@2"]);
    assert.deepEqual([editing.draft.revision, editing.saved, table.log.length], [3, "saved", 3]);
    editing.close();
  });

  it("has the server's table again where an operation is refused, and says why", async () => {
    const server = new Server();
    const { editing, table } = open(server);
    await editing.look([0, 0, 1, 1]);
    server.refuses = new Problem(400, "edit-refused", "it would cross itself");
    assert.equal(await editing.perform(DELETE), false);
    assert.deepEqual(table.log, ["take ", "clear", "take "]);
    assert.deepEqual(editing.notice, { word: "refused", problem: server.refuses });
    server.refuses = new Problem(412, "precondition-failed", "");
    server.draft = { ...server.draft, revision: 7 };
    assert.equal(await editing.perform(DELETE), false);
    assert.deepEqual([editing.notice?.word, editing.draft.revision], ["changed", 7]);
    editing.close();
  });

  it("drops what is gone from what is chosen", async () => {
    const { editing } = open(new Server());
    editing.choose(["A", "B"]);
    await editing.perform(DELETE);
    assert.deepEqual(editing.chosen, ["A"]);
    editing.close();
  });

  it("takes no view that is older than what is on its way", async () => {
    const server = new Server();
    const { editing, table } = open(server);
    let answerNow = () => {};
    server.wait = new Promise((answered) => (answerNow = answered));
    const done = [editing.perform(DELETE), editing.look([0, 0, 1, 1])];
    answerNow();
    await Promise.all(done);
    await new Promise((soon) => setTimeout(soon, 1));
    assert.equal(server.asked.filter((name) => name === "vertices").length, 2);
    assert.deepEqual(table.log, ["take B", "take "]);
    editing.close();
  });

  it("takes no answer that was asked for before something was done", async () => {
    const server = new Server();
    const { editing } = open(server);
    let answerNow = () => {};
    server.wait = new Promise((answered) => (answerNow = answered));
    const reloading = editing.reload();
    server.wait = Promise.resolve();
    await editing.perform(DELETE);
    answerNow();
    await reloading;
    assert.deepEqual([editing.draft.revision, editing.isCounting], [1, true]);
    editing.close();
  });

  it("asks for nothing while something is on its way, for it might be told how it was before", async () => {
    const server = new Server();
    const { editing } = open(server);
    let answerNow = () => {};
    server.wait = new Promise((answered) => (answerNow = answered));
    const done = editing.perform(DELETE);
    const reloading = editing.reload();
    answerNow();
    await Promise.all([done, reloading]);
    assert.deepEqual([server.asked, editing.draft.revision], [["delete_node@0"], 1]);
    editing.close();
  });

  it("undoes a step at once, before it was told of its steps", async () => {
    const server = new Server();
    const { editing } = open(server, undefined, { steps: [] });
    assert.equal(editing.canUndo, false);
    await editing.perform(DELETE);
    assert.equal(editing.canUndo, true);
    assert.equal(await editing.undo(), true);
    assert.deepEqual(server.asked.slice(0, 2), ["delete_node@0", "undo@1"]);
    assert.equal(editing.canUndo, false); // the server's steps are none again
    editing.close();
  });

  it("undoes no further than the first step, however quickly it is asked to", async () => {
    const server = new Server();
    const { editing } = open(server, ["boundaries.draft"], { steps: [step("recode")] });
    server.draft = { ...server.draft, steps: [step("recode", "2026-01-01T00:00:00Z")] };
    assert.deepEqual(await Promise.all([editing.undo(), editing.undo()]), [true, true]);
    assert.deepEqual([server.asked.filter((name) => name.startsWith("undo")), editing.notice], [["undo@0"], null]);
    editing.close();
  });

  it("says that tools did not come, which is no loss of what is saved", () => {
    const { editing } = open(new Server());
    editing.failed(new ToolsMissing());
    assert.deepEqual([editing.notice?.word, editing.saved], ["toolsMissing", "saved"]);
  });

  it("is read only once it is submitted, and for who may not draw", () => {
    assert.equal(open(new Server()).editing.isReadOnly, false);
    assert.equal(open(new Server(), ["boundaries.publish"]).editing.isReadOnly, true);
    const { editing } = open(new Server(), ["boundaries.draft"], { state: "submitted" });
    editing.setTool("split");
    assert.deepEqual([editing.isReadOnly, editing.tool, editing.canUndo], [true, "select", false]);
  });

  it("takes no operation any more once it was handed in elsewhere", async () => {
    const server = new Server();
    const { editing } = open(server);
    server.draft = { ...server.draft, state: "submitted" };
    await editing.reload();
    assert.deepEqual([editing.tool, await editing.perform(DELETE)], ["select", false]);
    assert.ok(!server.asked.some((name) => name.startsWith("delete_node")));
  });

  it("takes what others did with it, and asks for nothing more where nobody did anything", async () => {
    const server = new Server();
    const { editing } = open(server, ["boundaries.draft", "boundaries.publish"], { state: "scheduled" });
    await editing.check();
    assert.deepEqual(server.asked, ["draft"]);
    editing.ask({ kind: "publish" });
    server.draft = { ...server.draft, state: "published", edition: 2 };
    await editing.check();
    assert.deepEqual([editing.draft.edition, editing.request, editing.notice], [2, null, null]);
    const { length } = server.asked;
    await editing.check(); // nothing comes after that
    assert.equal(server.asked.length, length);
    editing.close();
  });

  it("says that others changed it, and goes on from what they left", async () => {
    const server = new Server();
    const { editing } = open(server);
    server.draft = { ...server.draft, revision: 4 };
    await editing.check();
    assert.deepEqual([editing.draft.revision, editing.notice?.word], [4, "changed"]);
    editing.close();
  });

  it("takes no notice of what it was told of others where a step began meanwhile", async () => {
    const server = new Server();
    const { editing } = open(server);
    let answerNow = () => {};
    server.wait = new Promise((answered) => (answerNow = answered));
    server.draft = { ...server.draft, revision: 4 };
    const looking = editing.check();
    server.wait = Promise.resolve();
    server.draft = { ...server.draft, revision: 0 };
    await editing.perform(DELETE);
    answerNow();
    await looking;
    assert.deepEqual([server.asked, editing.draft.revision, editing.notice], [["draft", "delete_node@0"], 1, null]);
    editing.close();
  });

  it("goes on saying that the network is down where what others did could not be had", async () => {
    const server = new Server();
    const { editing, table } = open(server);
    await editing.look([0, 0, 1, 1]);
    const { api } = editing;
    let asked = 0;
    const told = { ...server.draft, revision: 4 };
    const once = async () => (asked++ ? Promise.reject(new TypeError("Failed to fetch")) : told);
    Object.assign(api, { draft: once });
    await editing.check();
    assert.deepEqual([editing.notice?.word, editing.draft.revision, table.log], ["offline", 0, ["take "]]);
    editing.close();
  });

  it("keeps its table until the server's comes, and asks for it once more", async () => {
    const server = new Server();
    const { editing, table } = open(server);
    await editing.look([0, 0, 1, 1]);
    server.refuses = new Problem(400, "edit-refused", "");
    server.lost = ["vertices"];
    const refused = editing.perform(DELETE);
    editing.subscribe(() => editing.isAtRest && (server.lost = []));
    await refused;
    await new Promise((soon) => setTimeout(soon, 1));
    assert.deepEqual(table.log, ["take ", "clear", "take "]);
    editing.close();
  });

  it("says that the network is down where the table does not come again either, and has it with the next view", async () => {
    const server = new Server();
    const { editing, table } = open(server);
    await editing.look([0, 0, 1, 1]);
    server.refuses = new Problem(400, "edit-refused", "");
    server.lost = ["vertices"];
    await editing.perform(DELETE);
    await new Promise((soon) => setTimeout(soon, 1));
    assert.deepEqual([table.log, editing.notice?.word], [["take "], "offline"]);
    server.lost = [];
    assert.equal(await editing.look([0, 0, 1, 1]), true);
    assert.deepEqual(table.log, ["take ", "clear", "take "]);
    editing.close();
  });

  it("undoes what was done and redoes what was undone, as long as there is something", async () => {
    const server = new Server();
    const { editing } = open(server, ["boundaries.draft"], { steps: [step("recode")] });
    assert.deepEqual([editing.canUndo, editing.canRedo, await editing.redo()], [true, false, false]);
    assert.equal(await editing.undo(), true);
    assert.deepEqual(server.asked.slice(0, 2), ["undo@0", "draft"]);
    editing.close();
  });

  it("redoes nothing that a newer step has passed over", async () => {
    const [undone, newer] = [step("recode", "2026-01-01T00:00:00Z"), { ...step("describe"), seq: 2 }];
    assert.equal(open(new Server(), undefined, { steps: [undone, newer] }).editing.canRedo, false);
    const { editing } = open(new Server(), undefined, { steps: [undone] });
    assert.equal(editing.canRedo, true);
    await editing.perform(DELETE);
    assert.equal(editing.canRedo, false);
    editing.close();
  });
});

describe("what would put a fault right", () => {
  it("is sent step by step, and no further than it is taken", async () => {
    const server = new Server();
    const { editing } = open(server);
    editing.choose(["A"]);
    const suggestion = { operations: [{ op: "mend", codes: ["A"] }, { op: "mend", codes: ["B"] }] as Operation[], grids: ["A"], area_m2: 1 };
    await Promise.all([editing.mend(suggestion), editing.mend(suggestion)]); // pressed twice
    assert.deepEqual(server.asked.filter((asked) => asked.startsWith("mend")), ["mend@0", "mend@1"]);
    assert.deepEqual(editing.chosen, []);
    server.refuses = new Problem(400, "", "");
    await editing.mend(suggestion);
    assert.equal(server.asked.filter((asked) => asked.startsWith("mend")).length, 3);
    editing.close();
  });
});

it("says what a suggestion moves, and where it moves nothing", () => {
  assert.ok(boundaryWordsOf("zh").suggestion.would("甲", "3 m²").includes("共 3 m²"));
  assert.ok(boundaryWordsOf("zh").suggestion.would("甲", null).includes("面积不变"));
  assert.ok(boundaryWordsOf("en").suggestion.would("A", null).includes("no ground moves"));
});

describe("faults after a step", () => {
  const answer = (touched: string[], faults: Fault[]): Pick<StepAnswer, "touched" | "gone" | "faults"> => ({ touched, gone: [], faults });

  it("are those it told, and of the others those of other grids", () => {
    const before = [fault("overlap", ["A", "B"]), fault("overlap", ["C", "D"]), fault("gap", ["C"])];
    const kinds = merged(before, answer(["A"], [fault("crossing", ["A"])])).map(({ kind, codes }) => `${kind} ${codes}`);
    assert.deepEqual(kinds, ["crossing A", "overlap C,D"]);
  });

  it("have errors before warnings", () => {
    const found = merged([fault("overlap", ["C"])], answer(["A"], [fault("parts", ["A"], "warning")]));
    assert.deepEqual(found.map(({ severity }) => severity), ["error", "warning"]);
  });

  it("are shown at forty times their width, within reason", () => {
    const box = boxOf({ ...fault("gap", []), lon: 118.87, lat: 28.95, length_m: 5 })!;
    const height = (box[3] - box[1]) * 111_320;
    assert.ok(Math.abs(height - 200) < 1, String(height));
    assert.ok(boxOf({ ...fault("gap", []), lon: 118.87, lat: 28.95, area_m2: 0 })![2] > 118.87);
    assert.equal(boxOf(fault("gap", [])), null);
  });
});

describe("a draft's way", () => {
  const standing: Standing = { state: "open", errors: 0, changes: 1, isStale: false, isAtRest: true, mayDraft: true, mayPublish: false };

  it("says what hinders its submission", () => {
    assert.equal(hindranceOf(standing), null);
    assert.equal(hindranceOf({ ...standing, errors: 2, changes: 0 }), "faultsLeft");
    assert.equal(hindranceOf({ ...standing, changes: 0 }), "nothingToSubmit");
    assert.equal(hindranceOf({ ...standing, isStale: true }), "staleSubmit");
    assert.equal(hindranceOf({ ...standing, isAtRest: false }), "isSaving");
  });

  it("is drawn by one and published by another", () => {
    assert.deepEqual(deedsOf(standing), ["discard", "submit"]);
    assert.deepEqual(deedsOf({ ...standing, state: "submitted" }), []);
    assert.deepEqual(deedsOf({ ...standing, state: "submitted", mayPublish: true }), ["return", "publish"]);
    assert.deepEqual(deedsOf({ ...standing, state: "published", mayPublish: true }), []);
    assert.deepEqual(deedsOf({ ...standing, mayDraft: false, mayPublish: true }), []);
  });

  it("is done again step by step, without what was undone, and what is refused is counted", async () => {
    const steps = [step("recode"), step("describe", "2026"), step("replace_grids")];
    assert.deepEqual(operationsOf(steps), [{ op: "recode", code: "A", new: "B" }, null]);
    const server = new Server();
    const { draft, done, left } = await rebase(server.api, { ...DRAFT, steps });
    assert.deepEqual([draft.id, done, left, server.asked], [4, 1, 1, ["start T", "recode@0"]]);
    server.refuses = new Problem(400, "edit-refused", "");
    assert.equal((await rebase(server.api, { ...DRAFT, steps })).left, 2);
  });
});
