/** Values of operations as they come from the server, of whatever kind, as words can use them. */

export const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
export const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
