/** One file before its import: what would become of its rows, whether its datum is right, and the two buttons. */

import { Problem } from "../api.ts";
import { number } from "../format.ts";
import { type RegisterWords, registerWordsOf } from "../i18n/registers.ts";
import { Skeleton } from "../ui/parts.tsx";
import { formatBench } from "./address.ts";
import type { Bench } from "./bench.ts";
import { LookView } from "./datum-view.tsx";
import { reasonOf } from "./reasons.ts";
import { COUNTED, type Draft, type Drafts, type RegisterRow, type RowKind, type Standing, confirming, heldOf, renaming } from "./drafts.ts";

interface Props {
  bench: Bench;
  drafts: Drafts;
  draft: Draft;
}

/** imported, left: there is something new among the imports, or among those that wait. */
interface CardProps extends Props {
  imported: () => void;
  left: () => void;
}

export function DraftCard({ bench, drafts, draft, imported, left }: CardProps) {
  const words = registerWordsOf(bench.language);
  const { id, file, kind, preview, outcome, problem, busy } = draft;
  const title = `draft-${id}`;
  return (
    <article class="draft" aria-labelledby={title} aria-busy={busy}>
      <header>
        <h3 id={title}>{file.name}</h3>
        <small>
          {words.kinds[kind]}
          {preview?.register && `　${words.system(systemOf(preview.register.system, words))}`}
        </small>
      </header>
      {busy && !preview && <Skeleton session={bench.session} rows={3} />}
      {problem && (
        <div class="trouble" role="alert">
          {problem.status ? reasonOf(problem.slug, bench.language) : words.lost} {problem.status > 0 && <Exactly problem={problem} words={words} />}
        </div>
      )}
      {outcome ? <Imported draft={draft} words={words} /> : preview && <Looked bench={bench} drafts={drafts} draft={draft} />}
      <Actions bench={bench} drafts={drafts} draft={draft} imported={imported} left={left} />
    </article>
  );
}

/** What the server says of it, with names of columns and values: for who reads English, or asks somebody who does. */
function Exactly({ problem, words }: { problem: Problem; words: RegisterWords }) {
  return (
    <details>
      <summary>{words.exactly}</summary>
      <small lang="en">{problem.message}</small>
    </details>
  );
}

function Looked({ bench, drafts, draft }: Props) {
  const words = registerWordsOf(bench.language);
  const { register, datum } = draft.preview!;
  const held = heldOf(draft);
  const again = (options: Draft["options"]) => {
    drafts.change(draft.id, { options });
    void lookAt(bench, drafts, draft.id);
  };
  return (
    <>
      {datum.map((look) => {
        const options = look.better === null ? null : renaming(draft, look.better);
        return (
          <LookView
            key={look.datum}
            bench={bench}
            look={look}
            isHeld={held.includes(look)}
            rename={options && (() => again(options))}
            confirm={() => drafts.change(draft.id, { options: confirming(draft) })}
          />
        );
      })}
      {register && <StandingView register={register} words={words} />}
    </>
  );
}

function StandingView({ register, words }: { register: Standing; words: RegisterWords }) {
  const { first } = register;
  return (
    <>
      <dl class="standing">
        {COUNTED.map((name) => (
          <div key={name}>
            <dt>{words.counts[name]}</dt>
            <dd>{number(register[name])}</dd>
          </div>
        ))}
      </dl>
      {register.new + register.changed + register.disputed + register.gone === 0 && <p class="help">{words.noChange}</p>}
      <Changes title={words.changedRows} rows={first.changed} all={register.changed} words={words} />
      <Changes title={words.disputedRows} rows={first.disputed} all={register.disputed} words={words} />
      <Codes name="new" title={words.newRows} register={register} words={words} />
      <Codes name="gone" title={words.goneRows} register={register} words={words} />
    </>
  );
}

function Changes({ title, rows, all, words }: { title: string; rows: readonly RegisterRow[]; all: number; words: RegisterWords }) {
  if (!rows.length) return null;
  return (
    <section>
      <h4>
        {title} {rows.length < all && <small>{words.firstOf(number(rows.length), number(all))}</small>}
      </h4>
      <div class="wide" tabIndex={0} role="group" aria-label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.code}</th>
              <th scope="col">{words.field}</th>
              <th scope="col">{words.stored}</th>
              <th scope="col">{words.offered}</th>
            </tr>
          </thead>
          {rows.map(({ code, line, fields }) => (
            <tbody key={code}>
              {fields.map(({ field, stored, offered }, at) => (
                <tr key={field}>
                  {at === 0 && (
                    <th scope="rowgroup" rowSpan={fields.length}>
                      {code} <small>{line !== null && words.line(line)}</small>
                    </th>
                  )}
                  <td>{words.fields[field] ?? field}</td>
                  <td class="was">{stored ?? words.nothing}</td>
                  <td>{offered}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

function Codes({ name, title, register, words }: { name: RowKind & ("new" | "gone"); title: string; register: Standing; words: RegisterWords }) {
  const rows = register.first[name];
  if (!rows.length) return null;
  return (
    <details>
      <summary>
        {title} {rows.length < register[name] && <small>{words.firstOf(number(rows.length), number(register[name]))}</small>}
      </summary>
      <ul class="codes">
        {rows.map(({ code, line }) => (
          <li key={code}>
            {code} <small>{line !== null && words.line(line)}</small>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Imported({ draft, words }: { draft: Draft; words: RegisterWords }) {
  const { rejects, register } = draft.outcome!;
  return (
    <>
      {register && <StandingView register={register} words={words} />}
      {rejects.length > 0 && (
        <details open>
          <summary>{words.rejects(number(rejects.length))}</summary>
          <ul class="codes">
            {rejects.slice(0, 20).map(({ line, ref, reason, why }) => (
              <li key={line}>
                {ref} <small>{words.line(line)}</small> <span title={reason}>{words.whys[why] ?? words.whys.other}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Actions({ bench, drafts, draft, imported, left }: CardProps) {
  const words = registerWordsOf(bench.language);
  const { id, preview, outcome, busy } = draft;
  const isHeld = heldOf(draft).length > 0;
  const may = preview !== null && !busy && !isHeld;
  const why = `draft-${id}-why`;
  if (outcome) {
    return (
      <footer class="buttons">
        <button type="button" class="button" onClick={() => drafts.drop(id)}>
          {words.clear}
        </button>
      </footer>
    );
  }
  return (
    <footer>
      <div class="buttons">
        {preview && (
          <button
            type="button"
            class="button primary"
            aria-disabled={!may}
            aria-describedby={isHeld ? why : undefined}
            onClick={() => may && void importDraft(bench, drafts, id, imported)}
          >
            {words.commit}
          </button>
        )}
        {isHeld && (
          <button type="button" class="button" aria-disabled={busy} onClick={() => !busy && void leave(bench, drafts, id, left)}>
            {words.leave}
          </button>
        )}
        <button type="button" class="button" aria-disabled={busy} onClick={() => !busy && drafts.drop(id)}>
          {words.discard}
        </button>
      </div>
      <p id={why} class="help" role="status">
        {busy ? (preview ? words.importing : words.looking) : isHeld && words.answerFirst}
      </p>
    </footer>
  );
}

/** The words for a system, or its name. */
export function systemOf(name: string, words: RegisterWords): string {
  return words.systems[name] ?? name;
}

/** Ask what the import of a file would do. */
export async function lookAt({ api }: Bench, drafts: Drafts, id: number): Promise<void> {
  const draft = drafts.get(id);
  if (!draft) return;
  drafts.change(id, { busy: true, preview: null, problem: null });
  try {
    drafts.change(id, { busy: false, preview: await api.preview(draft.kind, draft.file, draft.options) });
  } catch (error) {
    drafts.change(id, { busy: false, problem: problemOf(error) });
  }
}

async function importDraft(bench: Bench, drafts: Drafts, id: number, imported: () => void): Promise<void> {
  const draft = drafts.get(id)!;
  drafts.change(id, { busy: true, problem: null });
  try {
    const outcome = await bench.api.runImport(draft.kind, draft.file, draft.options);
    drafts.change(id, { busy: false, outcome });
    tell(bench, draft, outcome.summary);
    imported();
  } catch (error) {
    const problem = problemOf(error);
    drafts.change(id, { busy: false, problem });
    if (!problem.status) imported(); // it may have been: the list tells
    if (problem.slug === "wrong-datum" && !heldOf(draft).length) await lookAt(bench, drafts, id); // the store has learnt of a place since
  }
}

/** Sent as it is, it is not imported: it waits on the server for whoever knows its datum. */
async function leave(bench: Bench, drafts: Drafts, id: number, left: () => void): Promise<void> {
  const draft = drafts.get(id)!;
  await importDraft(bench, drafts, id, () => {});
  if (drafts.get(id)?.problem?.details.held === undefined) return;
  drafts.drop(id);
  bench.tell(registerWordsOf(bench.language).left(draft.file.name));
  left();
}

function tell(bench: Bench, { file }: Draft, summary: Record<string, unknown>): void {
  const words = registerWordsOf(bench.language);
  const mayDecide = Boolean(summary.disputed) && bench.session.board.may("registers.decide");
  const link = { label: words.seeDisagreements, href: formatBench({ tab: "disagreements", item: "" }) };
  bench.tell(words.done(file.name, String(summary.batch)), mayDecide ? [link] : []);
}

function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, "unreachable", String(error));
}
