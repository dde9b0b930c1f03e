/** Rows that open issues: those of a grid as they pass the filters, and any one by its number. */

import { useState } from "preact/hooks";

import { opens } from "../focus.ts";
import { daysSince, number } from "../format.ts";
import type { IssueItem } from "../payloads.ts";
import type { Session } from "../session.ts";
import { useDetail } from "./hooks.ts";
import { IssueIcon } from "./icons.tsx";
import { categoryName } from "./parts.tsx";

const LISTED = 10; // at first, and with every press

/** The open issues of a grid that count, oldest limit first. ``known``: its first ones as the server told them. */
export function GridIssues({ session, code, known }: { session: Session; code: string; known: readonly IssueItem[] }) {
  const { words, board } = session;
  const [limit, setLimit] = useState(LISTED);
  // A grid that the filter leaves out shows what it has.
  const ids = (board.counted.of(code) && board.issuesOf(code)) ?? known.map(({ id }) => id);
  const told = new Map(known.map((issue) => [issue.id, issue]));
  if (!ids.length) return <p class="note">{board.counted.narrowsIssues ? words.nothingMatches : words.noIssues}</p>;
  const left = ids.length - limit;
  return (
    <>
      <ul class="issues">
        {ids.slice(0, limit).map((id) => {
          const issue = told.get(id);
          return issue ? <IssueRow key={id} session={session} issue={issue} /> : <IssueById key={id} session={session} id={id} />;
        })}
      </ul>
      {left > 0 && (
        <button type="button" class="link more" onClick={() => setLimit(limit + LISTED)}>
          {words.moreIssues(number(left))}
        </button>
      )}
    </>
  );
}

export function IssueRow({ session, issue }: { session: Session; issue: IssueItem }) {
  const { words } = session;
  return (
    <li>
      <button type="button" {...opens({ kind: "issue", id: issue.id })} onClick={() => session.open({ kind: "issue", id: issue.id })}>
        <IssueIcon state={issue.state === "reopened" ? 1 : 0} overdue={issue.overdue} />
        <span class="issue-name">{categoryName(session, issue.category)}</span>
        <DueChip session={session} issue={issue} />
        <small>
          {words.states[issue.state]}　{issue.number}
        </small>
      </button>
    </li>
  );
}

/** One that is only drawn so far: its symbol at once, its words when they come. */
export function IssueById({ session, id }: { session: Session; id: number }) {
  const { api, board, constants, words } = session;
  const { data } = useDetail(() => api.issue(id), `issue ${id}`, session.changesOf("issue", id));
  if (data) return <IssueRow session={session} issue={data} />;
  const row = board.issues?.rowOf(id) ?? -1;
  const isLate = row >= 0 && (board.issues!.flags[row]! & constants.flags.overdue) !== 0;
  return (
    <li>
      <button type="button" {...opens({ kind: "issue", id })} onClick={() => session.open({ kind: "issue", id })}>
        <IssueIcon state={row >= 0 ? board.issues!.klass[row]! : 0} overdue={isLate} />
        <span class="issue-name">{words.issue}</span>
        <small>{"\u00a0"}</small>
      </button>
    </li>
  );
}

export function DueChip({ session, issue }: { session: Session; issue: Pick<IssueItem, "state" | "due_at" | "overdue"> }) {
  const { words } = session;
  if (issue.state === "closed" || issue.state === "withdrawn") return null;
  const days = daysSince(issue.due_at, session.now());
  if (issue.overdue) return <span class="overdue">{words.overdueBy(days)}</span>;
  return <span class="muted">{words.dueIn(-days - 1)}</span>;
}
