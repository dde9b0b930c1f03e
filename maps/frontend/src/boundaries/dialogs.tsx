/** What is asked before something is done: a dialog for each request of the draft that is open. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { nameOf } from "../format.ts";
import { Dialog } from "../ui/dialog.tsx";
import { type Act, Field, Form } from "../ui/form.tsx";
import { BalanceDialog } from "./balance-dialog.tsx";
import { freeCode } from "./codes.ts";
import type { Request } from "./editing.ts";
import type { PanelProps } from "./editor.tsx";
import { FileDialog } from "./file-dialog.tsx";
import { millimetresOf, operationsToDescribe } from "./describing.ts";
import type { Millimetres, Operation, Position } from "./payloads.ts";
import { DiscardDialog, PublishDialog, ReturnDialog, SubmitDialog } from "./review-dialogs.tsx";

export function Dialogs({ desk, editing }: PanelProps) {
  const { request } = editing;
  return request && <Asked key={request.kind} desk={desk} editing={editing} request={request} />;
}

function Asked({ request, ...props }: PanelProps & { request: Request }) {
  switch (request.kind) {
    case "split":
      return <SplitDialog {...props} code={request.code} line={request.line} />;
    case "transfer":
      return <TransferDialog {...props} area={request.area} />;
    case "merge":
      return <MergeDialog {...props} codes={request.codes} />;
    case "describe":
      return <DescribeDialog {...props} code={request.code} />;
    case "place":
      return <PlaceDialog {...props} node={request.node} />;
    case "balance":
      return <BalanceDialog {...props} />;
    case "file":
      return <FileDialog {...props} />;
    case "submit":
      return <SubmitDialog {...props} />;
    case "return":
      return <ReturnDialog {...props} />;
    case "publish":
      return <PublishDialog {...props} />;
    case "discard":
      return <DiscardDialog {...props} />;
  }
}

/** A dialog over the page that asks one thing. */
export function Ask({ desk, editing, title, children }: PanelProps & { title: string; children: ComponentChildren }) {
  return (
    <Dialog session={desk.session} title={title} name="boundary-dialog" close={() => editing.ask(null)}>
      {children}
    </Dialog>
  );
}

/** Sends operations one after another and closes the dialog; where one is refused it stays open and says why. */
function useOperations({ desk, editing }: PanelProps): { act: Act; send: (operations: readonly Operation[]) => void } {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const send = async (operations: readonly Operation[]) => {
    if (busy) return;
    setBusy(true);
    setTrouble(null);
    for (const operation of operations) {
      if (await editing.perform(operation)) continue;
      const { notice } = editing;
      const why = notice?.problem && (desk.refusalOf(notice.problem) ?? notice.problem.message);
      setTrouble(notice && [desk.words.notices[notice.word], why].filter(Boolean).join(" "));
      return setBusy(false);
    }
    editing.ask(null);
  };
  return { act: { busy, trouble, run: () => {} }, send: (operations) => void send(operations) };
}

interface OperationFormProps extends PanelProps {
  help: string;
  submit: string;
  missing: string | null;
  operations: () => readonly Operation[];
  children: ComponentChildren;
}

function OperationForm({ desk, editing, help, submit, missing, operations, children }: OperationFormProps) {
  const { act, send } = useOperations({ desk, editing });
  return (
    <Form session={desk.session} act={act} submit={submit} missing={missing} onSubmit={() => send(operations())} onCancel={() => editing.ask(null)}>
      <p>{help}</p>
      {children}
    </Form>
  );
}

function SplitDialog({ desk, editing, code, line }: PanelProps & { code: string; line: readonly Position[] }) {
  const { words } = desk;
  const [fresh, setFresh] = useState(() => freeCode(code, [...desk.session.board.grids.keys(), ...editing.table.grids.keys(), ...codesOf(editing)]));
  const isTaken = editing.table.grids.has(fresh.trim()) || desk.session.board.grids.has(fresh.trim());
  const missing = fresh.trim() ? (isTaken ? words.codeTaken : null) : words.needsCode;
  return (
    <Ask desk={desk} editing={editing} title={words.split}>
      <OperationForm
        desk={desk}
        editing={editing}
        help={words.splitHelp(desk.nameOf(code))}
        submit={words.doIt.split}
        missing={missing}
        operations={() => [{ op: "split_grid", code, line, codes: [fresh.trim()] }]}
      >
        <Field label={words.newCode} value={fresh} onInput={setFresh} />
      </OperationForm>
    </Ask>
  );
}

/** Codes that the draft has given or taken away: a code that was another's yesterday is none for a new grid. */
function codesOf({ draft }: PanelProps["editing"]): string[] {
  return draft.changes.flatMap(({ code, was }) => (was === null ? [code] : [code, was]));
}

function MergeDialog({ desk, editing, codes }: PanelProps & { codes: readonly string[] }) {
  const { words } = desk;
  const [into, setInto] = useState(codes[0]!);
  return (
    <Ask desk={desk} editing={editing} title={words.merge}>
      <OperationForm
        desk={desk}
        editing={editing}
        help={words.listed(codes.map((code) => desk.nameOf(code)))}
        submit={words.doIt.merge}
        missing={null}
        operations={() => [{ op: "merge_grids", codes, into }]}
      >
        <GridChoice desk={desk} label={words.mergeHelp} codes={codes} value={into} choose={setInto} />
      </OperationForm>
    </Ask>
  );
}

function TransferDialog({ desk, editing, area }: PanelProps & { area: readonly Position[] }) {
  const { words } = desk;
  const codes = [...editing.table.grids.keys()].sort();
  const [source, setSource] = useState(editing.chosen[0] ?? codes[0] ?? "");
  const near = editing.table.neighboursOf(source);
  const [target, setTarget] = useState(editing.chosen[1] ?? near[0] ?? codes.find((code) => code !== source) ?? "");
  return (
    <Ask desk={desk} editing={editing} title={words.transfer}>
      <OperationForm
        desk={desk}
        editing={editing}
        help={words.transferHelp}
        submit={words.doIt.transfer}
        missing={source === target ? words.sameGrid : null}
        operations={() => [{ op: "transfer_area", source, target, area }]}
      >
        <GridChoice desk={desk} label={words.source} codes={codes} value={source} choose={setSource} />
        <GridChoice desk={desk} label={words.target} codes={codes} near={near} value={target} choose={setTarget} />
      </OperationForm>
    </Ask>
  );
}

interface GridChoiceProps {
  desk: PanelProps["desk"];
  label: string;
  codes: readonly string[];
  /** Those of them that come first. */
  near?: readonly string[];
  value: string;
  choose: (code: string) => void;
}

function GridChoice({ desk, label, codes, near = [], value, choose }: GridChoiceProps) {
  const option = (code: string) => (
    <option key={code} value={code}>
      {desk.nameOf(code)} {code}
    </option>
  );
  const others = codes.filter((code) => !near.includes(code));
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {near.length > 0 && <optgroup label={desk.words.neighbours}>{near.map(option)}</optgroup>}
        {near.length > 0 && others.length > 0 ? <optgroup label={desk.words.others}>{others.map(option)}</optgroup> : others.map(option)}
      </select>
    </label>
  );
}

function DescribeDialog({ desk, editing, code }: PanelProps & { code: string }) {
  const { words, session } = desk;
  const grid = editing.table.grids.get(code) ?? session.board.grids.get(code)?.properties;
  const before = { code, name: grid?.name ?? "", name_en: grid?.name_en ?? "", households: String(grid?.households ?? "") };
  const [said, setSaid] = useState(before);
  const set = (change: Partial<typeof said>) => setSaid({ ...said, ...change });
  const isTaken = said.code.trim() !== code && (editing.table.grids.has(said.code.trim()) || session.board.grids.has(said.code.trim()));
  const missing = !said.code.trim() ? words.needsCode : isTaken ? words.codeTaken : said.name.trim() ? null : words.needsName;
  return (
    <Ask desk={desk} editing={editing} title={`${words.describe} ${grid ? nameOf(grid, session.state.language) : code}`}>
      <OperationForm
        desk={desk}
        editing={editing}
        help={code}
        submit={words.save}
        missing={missing}
        operations={() => operationsToDescribe(before, said)}
      >
        <Field label={words.code} value={said.code} onInput={(text) => set({ code: text })} />
        <Field label={words.name} value={said.name} onInput={(text) => set({ name: text })} />
        <Field label={words.nameEn} value={said.name_en} onInput={(text) => set({ name_en: text })} />
        <Field label={words.householdCount} type="number" value={said.households} onInput={(text) => set({ households: text })} />
      </OperationForm>
    </Ask>
  );
}

/** A node put at coordinates that are typed, in metres. */
function PlaceDialog({ desk, editing, node }: PanelProps & { node: Millimetres }) {
  const { words, session } = desk;
  const [east, setEast] = useState((node[0] / 1000).toFixed(3));
  const [north, setNorth] = useState((node[1] / 1000).toFixed(3));
  const to = [millimetresOf(east), millimetresOf(north)] as const;
  return (
    <Ask desk={desk} editing={editing} title={words.place}>
      <OperationForm
        desk={desk}
        editing={editing}
        help={words.placeHelp(session.board.config?.crs ?? "")}
        submit={words.doIt.place}
        missing={to.every(Number.isFinite) ? null : words.needsNumbers}
        operations={() => [{ op: "move_node", at: node, to }]}
      >
        <Field label={words.east} value={east} onInput={setEast} />
        <Field label={words.north} value={north} onInput={setNorth} />
      </OperationForm>
    </Ask>
  );
}
