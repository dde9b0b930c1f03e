/** One issue: what was reported, where it fell and why, what happened, and what may be done about it. */

import { useEffect, useState } from "preact/hooks";

import { langOf, metres, nameOf } from "../format.ts";
import type { IssueDetail } from "../payloads.ts";
import type { Session } from "../session.ts";
import { ActionButton, Actions, Field, Form, useAct } from "./form.tsx";
import { useDetail } from "./hooks.ts";
import { IssueIcon } from "./icons.tsx";
import { DueChip } from "./issue-rows.tsx";
import { Located } from "./located.tsx";
import { BackBar, Chain, History, Section, Skeleton, Trouble, categoryName } from "./parts.tsx";

type Doing = "move" | "close" | "reopen" | null;

export function IssueDrawer({ session, id }: { session: Session; id: number }) {
  const { api, words } = session;
  const detail = useDetail(() => api.issue(id), `issue ${id}`, session.changesOf("issue", id));
  const [doing, setDoing] = useState<Doing>(null);
  useEffect(() => setDoing(null), [id]);
  const issue = detail.data;
  if (!issue) {
    return (
      <article class="card">
        <BackBar session={session} />
        {detail.problem ? (
          <Trouble session={session} problem={detail.problem} retry={detail.reload} missing={session.day === null ? words.noSuchIssue : words.noSuchIssueThen} />
        ) : (
          <Skeleton session={session} rows={6} />
        )}
      </article>
    );
  }
  const done = (answer: IssueDetail) => {
    detail.set(answer);
    setDoing(null);
  };
  const form = { session, issue, done, cancel: () => setDoing(null), stale: detail.reload };
  return (
    <article class="card">
      <BackBar session={session} />
      <header class="card-title">
        <h2>
          <IssueIcon state={issue.state === "reopened" ? 1 : 0} overdue={issue.overdue} />
          {categoryName(session, issue.category)}
        </h2>
        <p class="facts">
          <span>{issue.number}</span>
          <span>{words.states[issue.state]}</span>
          <DueChip session={session} issue={issue} />
        </p>
      </header>
      <Facts session={session} issue={issue} />
      <Assignment session={session} issue={issue} done={done} stale={detail.reload} />
      <Section title={words.history}>
        <History session={session} items={issue.history} />
      </Section>
      <footer class="actions">
        {doing === "move" && <MoveForm {...form} />}
        {doing === "close" && <CloseForm {...form} />}
        {doing === "reopen" && <ReopenForm {...form} />}
        {doing === null && issue.may.length > 0 && (
          <Actions session={session}>
            {issue.may.includes("close") && (
              <ActionButton session={session} label={words.closeIssue} primary onClick={() => setDoing("close")} />
            )}
            {issue.may.includes("reopen") && (
              <ActionButton session={session} label={words.reopen} onClick={() => setDoing("reopen")} />
            )}
            {issue.may.includes("move") && (
              <ActionButton session={session} label={words.movePin} onClick={() => setDoing("move")} />
            )}
          </Actions>
        )}
      </footer>
    </article>
  );
}

function Facts({ session, issue }: { session: Session; issue: IssueDetail }) {
  const { words } = session;
  const { report } = issue;
  const source = words.sources[report.source] ?? report.source;
  const rows: [string, string | null | undefined][] = [
    [words.address, report.address],
    [words.reported, session.moment(issue.opened_at)],
    [words.dueAt, session.moment(issue.due_at)],
    [words.closedAt, issue.closed_at && session.moment(issue.closed_at)],
    [words.reply, issue.reply],
    [words.source, report.source_ref ? `${source}　${report.source_ref}` : source],
  ];
  return (
    <section class="section">
      {report.description && <p class="words" lang={langOf(report.description)}>{report.description}</p>}
      <dl class="fact-list">
        {rows.map(([term, text]) =>
          text ? (
            <div key={term}>
              <dt>{term}</dt>
              <dd lang={langOf(text)}>{text}</dd>
            </div>
          ) : null,
        )}
      </dl>
    </section>
  );
}

function Assignment({ session, issue, done, stale }: Pick<FormOf, "session" | "issue" | "done" | "stale">) {
  const { words, state, board } = session;
  const { assignment } = issue;
  const { grid, queue, method, distance_m: distance, edge_m: edge } = assignment;
  const known = grid === null ? undefined : board.grids.get(grid)?.properties;
  const notes = [
    method && words.methods[method],
    distance ? words.distance(metres(distance)) : null,
    edge !== null && words.edge(metres(edge)),
  ].filter(Boolean);
  const others = assignment.candidates.filter((candidate) => candidate.grid !== grid).map((candidate) => {
    const other = board.grids.get(candidate.grid)?.properties;
    return other ? nameOf(other, state.language) : candidate.grid;
  });
  return (
    <Section title={words.assignment} aside={assignment.edition !== null ? words.edition(assignment.edition) : undefined}>
      {grid === null ? (
        <p>{words.queues[queue ?? "outside"] ?? queue}</p>
      ) : (
        <p class="lead">
          {known ? (
            <button type="button" class="link" onClick={() => session.open({ kind: "grid", code: grid })}>
              {nameOf(known, state.language)}
            </button>
          ) : (
            (assignment.grid_name ?? grid)
          )}
          <small> {notes.join("　")}</small>
        </p>
      )}
      {assignment.ambiguous && (
        <p class="note-inline">
          <span class="tag">{words.ambiguous}</span> {others.length > 0 && words.candidates(others.join(" / "))}
        </p>
      )}
      {assignment.confirmed_at && (
        <p class="note-inline">
          {words.confirmedAt(
            session.moment(assignment.confirmed_at),
            session.actorName(assignment.confirmed_by ?? "", assignment.confirmed_by_en ?? null),
          )}
        </p>
      )}
      {assignment.ambiguous && issue.may.includes("confirm") && (
        <Doubt session={session} issue={issue} done={done} stale={stale} />
      )}
      <Located session={session} evidence={assignment.evidence} />
      <Chain session={session} chain={assignment.chain} />
    </Section>
  );
}

/** One click says whose the issue is: a button for each grid that it could be, the present one first. */
function Doubt({ session, issue, done, stale }: Pick<FormOf, "session" | "issue" | "done" | "stale">) {
  const { words, state, board, api } = session;
  const act = useAct(session);
  const { grid, candidates } = issue.assignment;
  const sorted = [...candidates].sort((a, b) => Number(b.grid === grid) - Number(a.grid === grid));
  return (
    <>
      <div class="buttons">
        {sorted.map((each) => {
          const known = board.grids.get(each.grid)?.properties;
          const share = each.share == null ? "" : `${Math.round(each.share * 100)}%`;
          return (
            <ActionButton
              key={each.grid}
              session={session}
              label={words.belongsTo(known ? nameOf(known, state.language) : each.grid, share)}
              onClick={() => act.run((key) => api.confirmGrid(key, issue.id, each.grid), done, stale)}
            />
          );
        })}
      </div>
      {act.trouble && (
        <p class="trouble" role="alert">
          {act.trouble}
        </p>
      )}
    </>
  );
}

interface FormOf {
  session: Session;
  issue: IssueDetail;
  done: (answer: IssueDetail) => void;
  cancel: () => void;
  stale: () => void;
}

function MoveForm({ session, issue, done, cancel, stale }: FormOf) {
  const { words, api } = session;
  const act = useAct(session);
  const [at, setAt] = useState<{ lon: number; lat: number } | null>(null);
  const [reason, setReason] = useState("");
  useEffect(() => {
    const start = session.pinStart(issue.lon, issue.lat);
    session.pin?.start(start, words.movePin, setAt);
    return () => session.pin?.stop();
  }, [issue.id]);
  return (
    <Form
      session={session}
      act={act}
      submit={words.moveConfirm}
      onMap
      missing={at ? null : words.movePinHelp}
      onSubmit={() => act.run((key) => api.movePin(key, issue.id, at!.lon, at!.lat, reason), done, stale)}
      onCancel={cancel}
    >
      <p class="help">{at ? `${at.lat.toFixed(6)}, ${at.lon.toFixed(6)}` : words.movePinHelp}</p>
      <Field label={words.moveReason} value={reason} onInput={setReason} />
    </Form>
  );
}

function CloseForm({ session, issue, done, cancel, stale }: FormOf) {
  const { words, api } = session;
  const act = useAct(session);
  const [reply, setReply] = useState("");
  return (
    <Form
      session={session}
      act={act}
      submit={words.closeConfirm}
      missing={reply.trim() ? null : words.required}
      onSubmit={() => act.run((key) => api.closeIssue(key, issue.id, reply.trim()), done, stale)}
      onCancel={cancel}
    >
      <Field label={words.closeReply} value={reply} onInput={setReply} rows={3} />
    </Form>
  );
}

function ReopenForm({ session, issue, done, cancel, stale }: FormOf) {
  const { words, api } = session;
  const act = useAct(session);
  const [reason, setReason] = useState("");
  return (
    <Form
      session={session}
      act={act}
      submit={words.reopenConfirm}
      missing={reason.trim() ? null : words.required}
      onSubmit={() => act.run((key) => api.reopenIssue(key, issue.id, reason.trim()), done, stale)}
      onCancel={cancel}
    >
      <Field label={words.reopenReason} value={reason} onInput={setReason} rows={2} />
    </Form>
  );
}
