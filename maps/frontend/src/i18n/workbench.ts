/** Words that only the workbench has. */

import type { Language } from "../payloads.ts";

const zh = {
  title: "工作台",
  skip: "跳到内容",
  tabs: "工作台的各页",
  refusedTitle: "您没有权限使用工作台",
  refusedHelp: "定位和确认归属需要调度员或网格员权限，请找管理员授权。",
  unreachable: "连不上服务。",
  refresh: "刷新",
  more: "再取一些",

  places: "待定位",
  doubts: "存疑",
  names: "别名",
};

export type BenchWords = typeof zh;

const en: BenchWords = {
  title: "Workbench",
  skip: "Skip to the content",
  tabs: "Pages of the workbench",
  refusedTitle: "You may not use the workbench",
  refusedHelp: "Placing and confirming is for dispatchers and grid workers. Ask the administrator to grant it.",
  unreachable: "The service cannot be reached.",
  refresh: "Refresh",
  more: "Show more",

  places: "To place",
  doubts: "In doubt",
  names: "Names",
};

const WORDS: Record<Language, BenchWords> = { zh, en };

export function benchWordsOf(language: Language): BenchWords {
  return WORDS[language];
}
