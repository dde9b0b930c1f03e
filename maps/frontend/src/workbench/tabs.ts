/** The tabs of the workbench, in their order. */

import { disagreementsTab } from "./disagreements-tab.tsx";
import { doubtTab } from "./doubt-tab.tsx";
import { importsTab } from "./imports-tab.tsx";
import { namesTab } from "./names-tab.tsx";
import { placeTab } from "./place-tab.tsx";
import type { Tab } from "./tab.ts";

export const TABS: readonly Tab[] = [placeTab, doubtTab, namesTab, importsTab, disagreementsTab];
