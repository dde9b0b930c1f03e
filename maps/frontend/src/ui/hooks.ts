import { useEffect, useRef, useState } from "preact/hooks";

import { Problem } from "../api.ts";
import type { Trends } from "../payloads.ts";
import type { Session } from "../session.ts";

export interface Detail<T> {
  data: T | null;
  problem: Problem | null;
  set(data: T): void;
  reload(): void;
}

/**
 * Something loaded by key. A new key empties it; a new version loads it again beneath what stands there, so that nothing
 * jumps.
 */
export function useDetail<T>(load: () => Promise<T>, key: string, version: unknown = 0): Detail<T> {
  const [found, setFound] = useState<{ key: string; data: T | null; problem: Problem | null }>({
    key,
    data: null,
    problem: null,
  });
  const [tries, setTries] = useState(0);
  const wanted = useRef(key);
  wanted.current = key;
  useEffect(() => {
    let dropped = false;
    load().then(
      (data) => !dropped && wanted.current === key && setFound({ key, data, problem: null }),
      (error: unknown) => {
        if (dropped || wanted.current !== key) return;
        const problem = error instanceof Problem ? error : new Problem(0, "unreachable", String(error));
        setFound((before) => ({ key, data: before.key === key ? before.data : null, problem }));
      },
    );
    return () => {
      dropped = true;
    };
  }, [key, version, tries]);
  const current = found.key === key ? found : { data: null, problem: null };
  return {
    data: current.data,
    problem: current.problem,
    set: (data) => setFound({ key, data, problem: null }),
    reload: () => setTries((n) => n + 1),
  };
}

const HOUR_MS = 3_600_000;

/**
 * The trends of all that this reader's map counts, asked for once the map is live, every hour, and after a loss.
 * ``busy`` until the answer to the last question is there, be it a refusal.
 */
export function useTrends(session: Session): { trends: Trends | null; busy: boolean } {
  const isLive = session.state.link === "live" || session.state.link === "past";
  const [trends, setTrends] = useState<Trends | null>(null);
  const [answered, setAnswered] = useState("");
  const asked = useRef("");
  const wanted = `${Math.floor(session.now() / HOUR_MS)} ${session.loads}`;
  useEffect(() => {
    if (!isLive || asked.current === wanted) return;
    asked.current = wanted;
    session.api
      .trends()
      .then(setTrends, () => (asked.current = ""))
      .finally(() => setAnswered(wanted));
  }, [isLive, wanted]);
  return { trends, busy: isLive && answered !== wanted };
}

const LATE_MS = 5000;

/** Whether something has been awaited for so long that words are due. */
export function useLate(): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), LATE_MS);
    return () => window.clearTimeout(timer);
  }, []);
  return late;
}

/** A class name for two seconds after a value changed where it stands. */
export function useFlash(value: unknown): boolean {
  const before = useRef(value);
  const [flashing, setFlashing] = useState(false);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    setFlashing(true);
    const timer = window.setTimeout(() => setFlashing(false), 2000);
    return () => window.clearTimeout(timer);
  }, [value]);
  return flashing;
}
