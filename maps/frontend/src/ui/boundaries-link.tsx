import type { Session } from "../session.ts";
import { Icon } from "./icons.tsx";

const NEEDS = ["boundaries.draft", "boundaries.publish"];

/** To the boundary editor, for those who draw there or review; in words where there is room for them. */
export function BoundariesLink({ session }: { session: Session }) {
  const { words, board } = session;
  if (!NEEDS.some((needs) => board.may(needs))) return null;
  return (
    <a class="button boundaries-link" href="/boundaries" title={words.boundaries}>
      <Icon name="nodes" />
      <span>{words.boundaries}</span>
    </a>
  );
}
