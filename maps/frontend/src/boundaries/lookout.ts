/**
 * Asks now and then what others did to the open draft, for the stream of events tells nothing of drafts: every 20 s while
 * the page is shown, and when somebody comes back to it. What takes long to answer is asked for more rarely.
 */

const EVERY_MS = 20_000;
const SHARE = 20; // at most this part of the time is spent asking,
const BACK_SHARE = 4; // and this where somebody comes back again and again
const LEAST_MS = 1000;

/** Returns what ends it. */
export function keepLooking(look: () => Promise<void>, shown: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener"> = document): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLooking = false;
  let isOver = false;
  let notBefore = 0;
  const later = (ms: number) => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(() => void now(), ms);
  };
  const now = async () => {
    if (isLooking || shown.visibilityState === "hidden") return; // who comes back is heard
    isLooking = true;
    const begun = Date.now();
    await look().finally(() => {
      isLooking = false;
      const took = Date.now() - begun;
      notBefore = Date.now() + Math.max(LEAST_MS, took * BACK_SHARE);
      later(Math.max(EVERY_MS, took * SHARE));
    });
  };
  const back = () => (Date.now() < notBefore ? later(notBefore - Date.now()) : void now());
  shown.addEventListener("visibilitychange", back);
  globalThis.addEventListener?.("focus", back);
  later(EVERY_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
    shown.removeEventListener("visibilitychange", back);
    globalThis.removeEventListener?.("focus", back);
  };
}
