/** Words of the coverage report: the layer of blind spots and its list. */

import type { GapKind } from "../coverage.ts";
import type { Language } from "../payloads.ts";

const zh = {
  title: "覆盖盲点",
  close: "关闭盲点图层",
  gaps: {
    grid_without_lead: "网格长空缺的网格",
    area_without_grid: "未划入网格的地面",
    place_outside: "网格外的地点",
    place_unvisited: "无人到访的地点",
  } satisfies Record<GapKind, string>,
  clear: {
    grid_without_lead: "每个网格都有网格长。",
    area_without_grid: "各区域的地面都已划入网格。",
    place_outside: "所有地点都在网格内。",
    place_unvisited: "有出租房的地点都有人去过。",
  } satisfies Record<GapKind, string>,
  nothing: "没有盲点",
  checked: (grids: string, areas: string, places: string) => `已核对 ${grids} 个网格、${areas} 个区域、${places} 个地点。`,
  unknown: (n: string) => `另有 ${n} 个区域没有官方边界，无法判断。`,
  ofAll: (n: string, all: string) => `${n}／${all}`,
  window: "多久没人去过",
  days: (n: number) => `${n} 天`,
  since: (date: string) => `${date} 以来没有一次成功的巡查。没有出租房的地点无法判断，不在此列。`,
  sorts: (parts: readonly string[]) => parts.join("、"),
  sort: (what: string, n: string) => `${what} ${n}`,
  outside: (measure: string, share: string) => `网格外 ${measure}（${share}）`,
  bare: (measure: string, share: string) => `${measure} 没有网格（${share}）`,
  whollyOutside: "全部在网格外",
  all: (n: string) => `显示全部 ${n} 处`,
  few: "只显示前几处",
  table: "下载表格（CSV）",
};

export type CoverageWords = typeof zh;

const en: CoverageWords = {
  title: "Blind spots",
  close: "Hide blind spots",
  gaps: {
    grid_without_lead: "Lead post vacant",
    area_without_grid: "Ground in no grid",
    place_outside: "Places in no grid",
    place_unvisited: "Places not visited",
  },
  clear: {
    grid_without_lead: "Every grid has a lead.",
    area_without_grid: "All ground of every area lies in a grid.",
    place_outside: "Every place lies in a grid.",
    place_unvisited: "Somebody has been at every place with rental units.",
  },
  nothing: "No blind spots",
  checked: (grids, areas, places) => `Checked: ${grids} grids, ${areas} areas, ${places} places.`,
  unknown: (n) => `${n} more areas have no official boundary, so nobody can tell.`,
  ofAll: (n, all) => `${n} of ${all}`,
  window: "Not visited for",
  days: (n) => `${n} days`,
  since: (date) => `No inspection took place there since ${date}. Places without rental units cannot be judged and are left out.`,
  sorts: (parts) => parts.join(", "),
  sort: (what, n) => `${what}: ${n}`,
  outside: (measure, share) => `${measure} outside (${share})`,
  bare: (measure, share) => `${measure} without a grid (${share})`,
  whollyOutside: "wholly outside",
  all: (n) => `Show all ${n}`,
  few: "Show fewer",
  table: "Download as a table (CSV)",
};

const WORDS: Record<Language, CoverageWords> = { zh, en };

export function coverageWordsOf(language: Language): CoverageWords {
  return WORDS[language];
}
