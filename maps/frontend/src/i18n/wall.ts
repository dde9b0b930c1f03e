/** Words that only a wall screen has. */

import type { Language } from "../payloads.ts";

export const zh = {
  changes: "最近变化",
  noChanges: (since: string) => `${since} 以来没有变化`,
  open: "未办结",
  overdue: "超期",
  count: (label: string, now: string, by: string) => `${label} ${now}（${by}）`,
  endedTitle: "此屏的授权已收回",
  endedHelp: "请管理员用 gridwarden user wall 生成新地址，再在此屏打开。",
  refusedTitle: "此屏不再有权显示作战图",
  refusedHelp: "请管理员重新授权，此屏会自动恢复。",
  signInFailed: "此地址已收回或不完整。请管理员用 gridwarden user wall 生成新地址，再在此屏打开。",
  signInOffline: "连不上服务，会自动重试。",
};

export type WallWords = typeof zh;

const en: WallWords = {
  changes: "Latest changes",
  noChanges: (since) => `No change since ${since}`,
  open: "open",
  overdue: "overdue",
  count: (label, now, by) => `${now} ${label} (${by})`,
  endedTitle: "This screen has been signed out",
  endedHelp: "Ask the administrator for a new address (gridwarden user wall), and open it on this screen.",
  refusedTitle: "This screen may not show the map any more",
  refusedHelp: "Ask the administrator to grant it again. It then goes on by itself.",
  signInFailed: "This address has been revoked or is not complete. Ask the administrator for a new one (gridwarden user wall).",
  signInOffline: "The service cannot be reached. Trying again.",
};

const WORDS: Record<Language, WallWords> = { zh, en };

export function wallWordsOf(language: Language): WallWords {
  return WORDS[language];
}
