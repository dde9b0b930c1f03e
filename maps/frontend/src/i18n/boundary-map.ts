/** Words on the map of a draft. */

import type { Tool } from "../boundaries/editing.ts";
import type { Language } from "../payloads.ts";

export interface BoundaryMapWords {
  /** The map's name for a screen reader. */
  label: string;
  shared(grids: number): string;
  node: string;
  newNode: string;
  /** What a pointer is drawn to. */
  snapsToNode(grids: number): string;
  snapsToEdge: string;
  zoomIn: string;
  /** How a tool is used. */
  howTo: Readonly<Partial<Record<Tool, string>>>;
  tooMany: string;
  deleteNode: string;
  typePlace: string;
  junction: string;
  swipe: string;
  /** Why a drawn line cannot be taken. */
  needsEdges: string;
  needsGrid: string;
}

const zh: BoundaryMapWords = {
  label: "草案地图",
  shared: (grids) => `共用节点，${grids} 个网格`,
  node: "节点",
  newNode: "新节点",
  snapsToNode: (grids) => (grids > 1 ? `对齐到共用节点，${grids} 个网格` : "对齐到节点"),
  snapsToEdge: "对齐到边界",
  zoomIn: "放大后可以编辑节点。",
  howTo: {
    reshape: "从边界画到边界，双击或按 Enter 结束。", split: "画一条线穿过网格，双击或按 Enter 结束。", transfer: "圈出要划走的地方，双击或按 Enter 结束。",
    merge: "点选要合并的网格。",
  },
  tooMany: "此处网格太多，放大后可以编辑。",
  deleteNode: "删除节点",
  typePlace: "输入坐标",
  junction: "几条边界在此相交，不能删除",
  swipe: "左侧为现行边界，右侧为草案",
  needsEdges: "新线要从边界开始，到边界结束。",
  needsGrid: "这条线没有穿过网格。",
};

const en: BoundaryMapWords = {
  label: "Map of the draft",
  shared: (grids) => `Shared node, ${grids} grids`,
  node: "Node",
  newNode: "New node",
  snapsToNode: (grids) => (grids > 1 ? `Snaps to a shared node, ${grids} grids` : "Snaps to a node"),
  snapsToEdge: "Snaps to a boundary",
  zoomIn: "Zoom in to edit nodes.",
  howTo: {
    reshape: "Draw from boundary to boundary. A double click or Enter ends it.",
    split: "Draw a line across the grid. A double click or Enter ends it.",
    transfer: "Draw round what is handed over. A double click or Enter ends it.",
    merge: "Click the grids to merge.",
  },
  tooMany: "Too many grids here. Zoom in to edit.",
  deleteNode: "Delete node",
  typePlace: "Type coordinates",
  junction: "Boundaries meet here, so this node stays",
  swipe: "In force on the left, the draft on the right",
  needsEdges: "The new line must begin and end on a boundary.",
  needsGrid: "The line does not cross a grid.",
};

const WORDS: Record<Language, BoundaryMapWords> = { zh, en };

export function boundaryMapWordsOf(language: Language): BoundaryMapWords {
  return WORDS[language];
}
