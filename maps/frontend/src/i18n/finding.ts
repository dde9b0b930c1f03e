/** Words of the search: what is found, and what is asked about a coordinate. */

const zh = {
  search: "查网格、小区、负责人、问题编号、坐标",
  searchShort: "查找",
  searching: "正在查找",
  searchFailed: "没有查成。",
  searchOffline: "网络已断开，恢复后可以查找。",
  searchHelp: "用汉字、拼音、首字母、编号或坐标再试。",
  coordinateHelp: "像是坐标，但超出范围：经度在 ±180 以内，纬度在 ±90 以内；以米计的坐标两个数都要大于 180。",
  filterByThis: (n: string) => `只看这一类，未办结 ${n} 件`,
  foundCount: (n: number) => `${n} 条结果，上下键选择，回车打开`,
  foundKinds: { grid: "网格", area: "街道、社区", place: "地点", person: "人员", issue: "问题", unit: "出租房", category: "问题类别" },
  whichDatum: "坐标用的是哪种坐标系？",
  coordinate: (x: string, y: string, inDegrees: boolean) => (inDegrees ? `经度 ${x}　纬度 ${y}` : `东 ${x} 米　北 ${y} 米`),
  datums: {
    wgs84: "WGS 84（卫星定位）",
    cgcs2000: "CGCS2000（天地图）",
    gcj02: "GCJ-02（高德、腾讯）",
    bd09: "BD-09（百度）",
  } as Record<string, string>,
  metricDatum: (crs: string) => `${crs}（米）`,
  degreesOnly: (crs: string) => `数值是度，${crs} 以米计。`,
  metresOnly: (crs: string) => `数值是米，只有 ${crs} 以米计。`,
  outsideGrids: "此处不在您可见的网格内。",
};

const en: typeof zh = {
  search: "Grid, place, person, issue, coordinates",
  searchShort: "Find",
  searching: "Searching",
  searchFailed: "The search did not work.",
  searchOffline: "Connection lost. You can search again once it is back.",
  searchHelp: "Try Chinese, pinyin, initials, a code or a coordinate.",
  coordinateHelp: "This looks like a coordinate out of range: longitude is within ±180, latitude within ±90; in metres both numbers are over 180.",
  filterByThis: (n: string) => `only this category, ${n} open`,
  foundCount: (n: number) => `${n} found, arrow keys to choose, Enter to open`,
  foundKinds: { grid: "Grids", area: "Areas", place: "Places", person: "People", issue: "Issues", unit: "Rental units", category: "Issue categories" },
  whichDatum: "Which datum is this coordinate in?",
  coordinate: (x: string, y: string, inDegrees: boolean) => (inDegrees ? `lon ${x}, lat ${y}` : `east ${x} m, north ${y} m`),
  datums: {
    wgs84: "WGS 84 (GPS)",
    cgcs2000: "CGCS2000 (Tianditu)",
    gcj02: "GCJ-02 (AMap, Tencent)",
    bd09: "BD-09 (Baidu)",
  } as Record<string, string>,
  metricDatum: (crs: string) => `${crs} (metres)`,
  degreesOnly: (crs: string) => `These are degrees; ${crs} is in metres.`,
  metresOnly: (crs: string) => `These are metres; only ${crs} is in metres.`,
  outsideGrids: "This is in no grid that you may see.",
};

export const finding = { zh, en };
